"""Compiled documents are kept, come back the same, and are never taken where anything is off."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pmml_pipeline as pp
from pmml_pipeline.engines import compiled as engine
from pmml_pipeline.engines import compiled_cache
from pmml_pipeline.errors import DocumentError

from ..pmml import classifier, data_field, mining_field, simple

TREE = classifier(
    ["a", "b"],
    data_field("n", "integer", intervals=[("closedOpen", 0, 10)], missing=["-1"])
    + data_field("s", "string", "categorical", ["u", "v"]),
    mining_field("n", missingValueTreatment="asIs", invalidValueTreatment="returnInvalid")
    + mining_field("s", invalidValueTreatment="asIs"),
    (simple("n", "lessOrEqual", 3), "a", {"a": 2, "b": 1}),
    (simple("s", "equal", "u"), "b", {"b": 2}),
)
ROWS: list[dict[str, Any]] = [{"n": n, "s": s} for n in (0, 3, 4, 9) for s in ("u", "v", "w")]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PMML_PIPELINE_COMPILED_CACHE", str(tmp_path / "compiled"))
    return tmp_path / "compiled"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "document.pmml"
    path.write_bytes(TREE)
    return path


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The documents that were compiled."""
    found: list[bytes] = []
    true = engine._compiled

    def counted(data: bytes) -> Any:
        found.append(data)
        return true(data)

    monkeypatch.setattr(engine, "_compiled", counted)
    return found


def answers(scorer: pp.Scorer) -> list[Any]:
    found: list[Any] = []
    for row in ROWS:
        try:
            found.append(scorer.score(row))
        except pp.DataError as error:
            found.append(error.cause)
    return found


def test_a_document_is_compiled_once(folder: Path, path: Path, compilations: list[bytes]) -> None:
    first = pp.load(path, "compiled")
    second = pp.load(path, "compiled")
    assert compilations == [TREE]
    assert second.schema == first.schema
    assert answers(second) == answers(first)
    assert len(set(map(str, answers(first)))) > 2
    path.write_bytes(TREE.replace(b'value="3"', b'value="4"'))
    third = pp.load(path, "compiled")
    assert len(compilations) == 2
    assert answers(third) != answers(first)


def _flip(at: int) -> Any:
    def damage(file: Path) -> None:
        data = bytearray(file.read_bytes())
        data[at] ^= 1
        file.write_bytes(data)

    return damage


def _replaced_by_link(file: Path) -> None:
    other = file.with_name("other")
    file.rename(other)
    file.symlink_to(other)


def _replaced_by_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file, 0o600)


def _replaced_by_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(_flip(0), id="magic"),
        pytest.param(_flip(20), id="checksum"),
        pytest.param(_flip(50), id="length"),
        pytest.param(_flip(200), id="header"),
        pytest.param(_flip(-100), id="numbers"),
        pytest.param(lambda file: file.write_bytes(b""), id="empty"),
        pytest.param(lambda file: os.truncate(file, 100), id="cut short"),
        pytest.param(lambda file: os.truncate(file, file.stat().st_size - 1), id="one byte gone"),
        pytest.param(lambda file: os.truncate(file, file.stat().st_size + 1), id="one byte more"),
        pytest.param(lambda file: file.chmod(0o620), id="writable by the group"),
        pytest.param(lambda file: file.chmod(0o602), id="writable by all"),
        pytest.param(_replaced_by_link, id="link"),
        pytest.param(_replaced_by_pipe, id="pipe"),
        pytest.param(_replaced_by_folder, id="folder"),
    ],
)
def test_a_file_that_is_not_right_is_made_again(
    folder: Path, path: Path, compilations: list[bytes], harm: Any
) -> None:
    expected = answers(pp.load(path, "compiled"))
    (file,) = folder.iterdir()
    harm(file)
    assert answers(pp.load(path, "compiled")) == expected
    assert len(compilations) == 2
    if file.is_dir():
        return  # nothing can be renamed onto it, and nothing fails
    pp.load(path, "compiled")
    assert len(compilations) == 2, "and is right afterwards"
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_of_another_document_is_not_taken(
    folder: Path, path: Path, compilations: list[bytes]
) -> None:
    pp.load(path, "compiled")
    (own,) = folder.iterdir()
    path.write_bytes(TREE.replace(b'value="3"', b'value="4"'))
    pp.load(path, "compiled")
    (other,) = set(folder.iterdir()) - {own}
    own.replace(other)
    pp.load(path, "compiled")
    assert len(compilations) == 3


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_not_taken(
    folder: Path, path: Path, compilations: list[bytes]
) -> None:
    pp.load(path, "compiled")
    (file,) = folder.iterdir()
    os.chown(file, 12345, -1)
    pp.load(path, "compiled")
    assert len(compilations) == 2
    assert file.stat().st_uid == os.geteuid()


def test_other_code_is_another_file(
    folder: Path, path: Path, compilations: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    pp.load(path, "compiled")
    monkeypatch.setattr(compiled_cache, "_code", lambda: "of another version")
    pp.load(path, "compiled")
    assert len(compilations) == 2
    assert len(list(folder.iterdir())) == 2


def test_the_code_is_that_of_everything_that_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    true = compiled_cache._code.__wrapped__
    read: list[Path] = []
    read_bytes = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda self: (read.append(self), read_bytes(self))[1])
    first = true()
    names = {p.name for p in read}
    assert {"compile.py", "tree_model.py", "reader.py", "schema.py", "compiled_file.py"} <= names
    assert any(name.endswith(".so") for name in names)
    monkeypatch.setattr(np, "__version__", "0")
    assert true() != first
    monkeypatch.setattr(compiled_cache, "_SOURCES", ("absent/*.py",))
    assert true() is None


def test_without_a_place_there_is_no_cache(
    path: Path, compilations: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loaded() -> None:
        before = len(compilations)
        pp.load(path, "compiled")
        pp.load(path, "compiled")
        assert len(compilations) == before + 2

    for value in ("off", "/dev/null/cache", "/proc/1/cache", str(path)):
        monkeypatch.setenv("PMML_PIPELINE_COMPILED_CACHE", value)
        loaded()
    monkeypatch.setenv("PMML_PIPELINE_COMPILED_CACHE", str(tmp_path / "new"))
    monkeypatch.setattr(compiled_cache, "_code", lambda: None)
    loaded()
    assert not (tmp_path / "new").exists()
    monkeypatch.undo()
    monkeypatch.delenv("PMML_PIPELINE_COMPILED_CACHE", raising=False)

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(compiled_cache, "cache_folder", homeless)
    assert compiled_cache.folder() is None


def test_a_full_disk_leaves_nothing_behind(
    folder: Path, path: Path, compilations: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int, mode: str) -> Any:
        return Path("/dev/full").open(mode)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdopen", full)
        pp.load(path, "compiled")
    assert list(folder.iterdir()) == []
    pp.load(path, "compiled")
    assert len(list(folder.iterdir())) == 1
    assert len(compilations) == 2


def test_where_the_files_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PMML_PIPELINE_COMPILED_CACHE")
    monkeypatch.setenv("PMML_PIPELINE_CACHE", str(tmp_path))
    assert compiled_cache.folder() == tmp_path / "compiled"


def test_the_oldest_go(
    folder: Path, path: Path, compilations: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled_cache, "FILES", 3)
    documents = [TREE.replace(b'value="3"', f'value="{n}"'.encode()) for n in range(5)]
    folder.mkdir()
    dead, busy = folder / f"{'d' * 16}.part", folder / f"{'b' * 16}.part"
    others = [folder / name for name in ("note.txt", "movie.mkv.part", "a.part", "house.plan")]
    for file in (dead, busy, *others):
        file.touch()
    for file in (dead, *others):
        os.utime(file, (0, 0))
    for number, document in enumerate(documents[:3]):
        path.write_bytes(document)
        pp.load(path, "compiled")
        for file in folder.glob("*.plan"):
            if file not in others and time.time() - file.stat().st_mtime < 50:
                os.utime(file, (1000 + number, 1000 + number))
    path.write_bytes(documents[0])
    pp.load(path, "compiled")  # the oldest is used again
    for document in documents[3:]:
        path.write_bytes(document)
        pp.load(path, "compiled")
    assert len(compilations) == 5
    assert len(list(folder.glob("*.plan"))) == 3 + 1
    assert all(file.exists() for file in others), "they are not the cache's"
    assert busy.exists()
    assert not dead.exists()
    path.write_bytes(documents[0])
    pp.load(path, "compiled")
    assert len(compilations) == 5
    monkeypatch.setattr(compiled_cache, "SIZE", 3 * max(f.stat().st_size for f in folder.iterdir()))
    monkeypatch.setattr(compiled_cache, "FILES", 100)
    path.write_bytes(documents[1])
    pp.load(path, "compiled")
    assert len(list(folder.glob("*.plan"))) <= 3 + 1


def test_a_home_in_the_name_of_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PMML_PIPELINE_COMPILED_CACHE", "~/plans")
    assert compiled_cache.folder() == Path.home() / "plans"


def test_threads_and_processes_at_once(folder: Path, path: Path) -> None:
    expected = answers(pp.load(path, "compiled"))
    for file in folder.iterdir():
        file.unlink()
    found: list[Any] = []

    def work() -> None:
        for _ in range(10):
            found.append(answers(pp.load(path, "compiled")))
            for file in folder.glob("*.plan"):
                file.unlink(missing_ok=True)

    code = (
        "import sys, pmml_pipeline as pp\n"
        "for _ in range(10): pp.load(sys.argv[1], 'compiled').score({'n': 1, 's': 'u'})"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(path)])
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert child.wait(60) == 0
    assert found == [expected] * 30
    assert not list(folder.glob("*.part"))


def test_the_document_of_a_scorer_is_the_one_that_was_loaded(folder: Path, path: Path) -> None:
    pp.load(path, "compiled")
    scorer = pp.load(path, "compiled")
    assert scorer.document.model.kind == scorer.schema.kind == "TreeModel"
    scorer = pp.load(path, "compiled")
    path.write_bytes(TREE + b"\n")
    with pytest.raises(DocumentError, match="has changed since it was loaded"):
        _ = scorer.document


def test_the_compiler_is_not_imported_for_what_is_kept(folder: Path, path: Path) -> None:
    code = (
        "import sys, pmml_pipeline as pp\n"
        "pp.load(sys.argv[1], 'compiled').score({'n': 1, 's': 'u'})\n"
        "print('pmml_pipeline.compiler.compile' in sys.modules)"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
        ).stdout.strip()
        for _ in range(2)
    ]
    assert said == ["True", "False"]


def test_the_hash_is_that_of_the_bytes_that_are_compiled(
    folder: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(compiled_cache, "find", lambda sha256: asked.append(sha256))
    monkeypatch.setattr(compiled_cache, "keep", lambda sha256, *_: asked.append(sha256))
    pp.load(path, "compiled")
    assert asked == [hashlib.sha256(TREE).hexdigest()] * 2
