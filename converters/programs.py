"""Which Java program converts: the one table of converters.

``sklearn2pmml`` is the program of the Python package, whose jar refuses to convert 360 days after
its build. ``pmml-sklearn`` is the Java library below it, which has no such clock; a small program
of this project calls it (``java_bridge/pmml-bridge-converter``). What is dumped, sealed and proven
is the same with both.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from converters import runner
from pmml_pipeline.errors import ConversionError, PreflightError

# The setting: a folder with the jars of pmml-sklearn, in place of those that Maven fetched.
JARS = "PMML_PIPELINE_CONVERTER_JARS"
DEFAULT = "sklearn2pmml"

_MODULE = Path(__file__).resolve().parents[1] / "java_bridge" / "pmml-bridge-converter"
_MAIN_CLASS = "pmmlpipeline.bridge.converter.Main"
_BUILD = (
    "build it in a checkout with: mvn -f java_bridge/pom.xml -pl pmml-bridge-converter package;"
    f" or set {JARS} to a folder that has it"
)
_PROPERTIES = ("META-INF/sklearn2pmml.properties", "META-INF/pmml-bridge-converter.properties")


@dataclass(frozen=True, slots=True)
class Program:
    """A Java program that reads a dump and writes a document.

    Attributes:
        name: what it is called on the command line.
        expires: whether it refuses to convert some day after its build.
        oldest_java: feature number of the oldest Java that runs it.
        class_path: its jars; raises ``ConversionError`` where they are not there.
        main: its main class and arguments, from its jars.
        libraries: the libraries that the manifest names with their versions.
    """

    name: str
    expires: bool
    oldest_java: Callable[[], int]
    class_path: Callable[[], list[Path]]
    main: Callable[[Sequence[Path]], list[str]]
    libraries: tuple[str, ...] = ()

    def convert(self, pipeline: object, *, java_home: Path, java_options: Sequence[str]) -> bytes:
        """The document of a fitted object, as :func:`converters.runner.run`."""
        jars = self.class_path()
        arguments = self.main(jars)
        return runner.run(pipeline, jars, arguments, java_home=java_home, java_options=java_options)

    def versions(self) -> dict[str, str]:
        """Versions of its libraries, read off the names of the jars."""
        jars = self.class_path() if self.libraries else []
        found = ((name, _version_of(name, jars)) for name in self.libraries)
        return {name: number for name, number in found if number is not None}

    def newest_scikit_learn(self) -> str | None:
        """As :func:`newest_scikit_learn`, of its jars."""
        return newest_scikit_learn(self.class_path())


def find(name: str | None) -> Program:
    """The program of that name; for ``None`` the one chosen in this context.

    Raises:
        PreflightError: there is none of that name.
    """
    name = name or _chosen.get()
    if name not in PROGRAMS:
        raise PreflightError(
            f"there is no converter {name!r}", f"choose one of {', '.join(PROGRAMS)}"
        )
    return PROGRAMS[name]


_chosen: ContextVar[str] = ContextVar("converter", default=DEFAULT)


@contextmanager
def converted_by(name: str | None) -> Iterator[None]:
    """Chooses the converter of every export inside that names none itself; ``None`` leaves it.

    Raises:
        PreflightError: there is no converter of that name.
    """
    token = _chosen.set(find(name).name)
    try:
        yield
    finally:
        _chosen.reset(token)


# --- pmml-sklearn ----------------------------------------------------------------------------


def _library_class_path() -> list[Path]:
    """This project's program, then the jars of the library.

    Raises:
        ConversionError: one of them is not there.
    """
    built = _MODULE / "target"
    setting = os.environ.get(JARS)
    folder = Path(setting).expanduser().absolute() if setting else built / "lib"
    # The package sklearn2pmml has the library among its jars, besides its own program.
    ours = (jar for jar in sorted(folder.glob("*.jar")) if "telemetry" not in jar.name)
    jars = [jar for jar in ours if not jar.name.startswith("sklearn2pmml-")]
    if _version_of("pmml-sklearn", jars) is None:
        what = (
            f"{JARS}={setting} has no pmml-sklearn jar" if setting else "pmml-sklearn is not here"
        )
        raise ConversionError(what, _BUILD)
    if _version_of("pmml-bridge-converter", jars) is None:
        program = sorted(built.glob("pmml-bridge-converter-*.jar"))
        if not program:
            raise ConversionError("the program pmml-bridge-converter is not here", _BUILD)
        jars.insert(0, program[-1])
    return jars


def _library_main(jars: Sequence[Path]) -> list[str]:
    """The main class and its arguments; with the newest scikit-learn that the library knows.

    The library compares every step with it, and refuses what is newer, whether it changed or not.
    Whether the document is right is for the certificate to say.
    """
    arguments = [_MAIN_CLASS, runner.DUMP, runner.DOCUMENT]
    newest = newest_scikit_learn(jars)
    if newest is not None and numbers(version("scikit-learn")) > numbers(newest):
        arguments.append(newest)
    return arguments


def newest_scikit_learn(jars: Sequence[Path]) -> str | None:
    """The newest scikit-learn that the library accepts, ``None`` when it does not say.

    Source: the only version number among the constants of ``sklearn/Step.class`` in the
    pmml-sklearn jar, with which every step is compared. A text constant of a class file is tag 1,
    its length in two bytes, and the text.
    """
    with zipfile.ZipFile(_library(jars)) as opened:
        constants = opened.read("sklearn/Step.class")
    found = [
        text.decode("ascii")
        for length, text in re.findall(rb"\x01\x00(.)(\d+(?:\.\d+)+)", constants, re.DOTALL)
        if length[0] == len(text)
    ]
    return found[0] if len(found) == 1 else None


def numbers(text: str) -> tuple[int, ...]:
    """A version as numbers that can be compared."""
    return tuple(int(number) for number in re.findall(r"\d+", text)[:3])


def is_mapped(name: str, jars: Sequence[Path]) -> bool:
    """Whether the jars have a Java class for a Python class.

    Source: the properties files that converters are registered with; their keys are patterns.
    """
    return any(pattern.fullmatch(name) for pattern in _patterns(tuple(jars)))


def takes_subclasses(jars: Sequence[Path]) -> bool:
    """Whether the library converts a plain subclass as the class that it extends.

    Source: the class of pmml-sklearn that stands for such objects; before it, they were unknown.
    """
    with zipfile.ZipFile(_library(jars)) as opened:
        return "org/jpmml/sklearn/ExtendedClassDict.class" in opened.namelist()


@cache
def _patterns(jars: tuple[Path, ...]) -> list[re.Pattern[str]]:
    lines = []
    for jar in jars:
        with zipfile.ZipFile(jar) as opened:
            for name in set(_PROPERTIES).intersection(opened.namelist()):
                lines += opened.read(name).decode("utf-8").splitlines()
    keys = (line.split("=", 1)[0].strip() for line in lines if "=" in line)
    return [re.compile(key.replace(".", r"\.")) for key in keys if not key.startswith("#")]


def _library(jars: Sequence[Path]) -> Path:
    return next(jar for jar in jars if _is_version_of("pmml-sklearn", jar))


def _is_version_of(name: str, jar: Path) -> bool:
    return re.fullmatch(re.escape(name) + r"-\d.*\.jar", jar.name) is not None


def _version_of(name: str, jars: Sequence[Path]) -> str | None:
    """The version in the name of a jar, ``None`` where there is no such jar."""
    return next((j.stem[len(name) + 1 :] for j in jars if _is_version_of(name, j)), None)


PROGRAMS: dict[str, Program] = {
    program.name: program
    for program in (
        Program(
            DEFAULT,
            expires=True,
            oldest_java=lambda: int(runner.jar_manifest()["Java-Version"]),
            class_path=lambda: runner.class_path(),
            main=lambda _: runner.main(),
        ),
        Program(
            "pmml-sklearn",
            expires=False,
            oldest_java=lambda: 17,  # maven.compiler.release of java_bridge/pom.xml
            class_path=_library_class_path,
            main=_library_main,
            libraries=("pmml-sklearn", "pmml-lightgbm", "pmml-xgboost"),
        ),
    )
}
