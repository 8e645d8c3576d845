"""What the documents say holds: links, commands, code, and words that belong in no file."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "artifacts/README.md")
    for path in ROOT.glob(pattern)
)
READMES = [ROOT / "README.md", ROOT / "README.zh.md"]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")

# Hosts of package registries, and folders of one machine. Joined here, so that this file has none.
_HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("repo", "maven", "apache", "org"),
        ("repo1", "maven", "org"),
        ("registry", "npmjs", "org"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("deb", "debian", "org"),
        ("anaconda", "org"),
    )
]
_FOLDERS = ["/" + name for name in ("work", "root", "tmp/x")]
FORBIDDEN = re.compile(
    "|".join(
        [r"\b(?:" + "|".join(map(re.escape, _HOSTS)) + r")\b"]
        + [rf"(?<![\w.~*]){re.escape(folder)}(?![\w-])" for folder in _FOLDERS]
    )
)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(path: Path) -> str:
    """A document without its code blocks."""
    return _FENCE.sub("", path.read_text(encoding="utf-8"))


def blocks(path: Path, language: str) -> list[str]:
    return [code for lang, code in _FENCE.findall(path.read_text("utf-8")) if lang == language]


@cache
def anchors(path: Path) -> set[str]:
    """The headings of a document as links name them."""
    headings = re.findall(r"^#+ (.*)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


@cache
def kept_files() -> list[Path]:
    """What git tracks or would track."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip("not a git checkout")
    found = [ROOT / name for name in listing.stdout.decode("utf-8").split("\0") if name]
    return [path for path in found if path.is_file()]


def test_the_documents_are_found() -> None:
    assert len(DOCUMENTS) >= 10


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_links_lead_somewhere(path: Path) -> None:
    for link in _LINK.findall(prose(path)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), f"{link} leads nowhere"
        assert target.is_relative_to(ROOT), f"{link} leads out of the repository"
        if anchor:
            assert anchor in anchors(target), f"{link}: no such heading"


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_commands_and_files_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    told = re.findall(r"(?:^|`)make ((?:[a-z-]+ ?)+)", text, re.MULTILINE)
    assert {word for words in told for word in words.split()} <= targets
    # Files of the packages that are named in backticks, whole paths only.
    tops = "pmml_pipeline|converters|examples|benchmarks|tests|java_bridge"
    for name in re.findall(rf"`((?:{tops})/[\w./-]*)`", text):
        assert (ROOT / name).exists(), f"{name} does not exist"


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_python_compiles(path: Path) -> None:
    for number, code in enumerate(blocks(path, "python"), 1):
        compile(code, f"{named(path)}, block {number}", "exec")


def test_both_readmes_show_the_same_code() -> None:
    english, chinese = READMES
    for language in ("python", "sh"):
        assert blocks(english, language) == blocks(chinese, language)
    assert len(blocks(english, "python")) == 2


def test_the_readme_exports_a_model_as_it_says(tmp_path: Path) -> None:
    text = READMES[0].read_text(encoding="utf-8")
    code = next(c for c in blocks(READMES[0], "python") if "converters.export" in c)
    _, _, rest = text.partition(code)
    said = _FENCE.findall(rest.partition("```\n")[2])[0][1]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{code}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.stdout == said, done.stderr


def test_every_document_can_be_reached_from_the_readme() -> None:
    reached, todo = set(), [READMES[0]]
    while todo:
        path = todo.pop()
        if path in reached:
            continue
        reached.add(path)
        links = (link.partition("#")[0] for link in _LINK.findall(prose(path)))
        for target in ((path.parent / link).resolve() for link in links if link):
            inside = target.glob("*.md") if target.is_dir() else [target]
            todo += [p for p in inside if p.suffix == ".md" and p.exists()]
    assert set(DOCUMENTS) - {ROOT / "artifacts/README.md"} <= reached


def test_no_registry_and_no_folder_of_one_machine_is_named() -> None:
    found = []
    for path in kept_files():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # a jar
        found += [
            f"{named(path)}:{number}: {line.strip()[:100]}"
            for number, line in enumerate(lines, 1)
            if FORBIDDEN.search(line)
        ]
    assert not found, "\n".join(found)


def test_the_forbidden_words_are_recognised() -> None:
    """The test above would pass if its pattern matched nothing."""
    for text in ("index = https://" + _HOSTS[0] + "/simple", f"cd {_FOLDERS[0]}/main", _FOLDERS[1]):
        assert FORBIDDEN.search(text)
    for text in ("a/work/b", "../shared", _FOLDERS[1] + "s", "~" + _FOLDERS[0]):
        assert not FORBIDDEN.search(text)
