"""Each engine agrees with every recorded document that it is known to agree with.

The documents belong to other projects and lie outside of this repository; where they are absent,
the test is skipped.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks import conformance
from benchmarks.conformance import FOLDER, Verdict

# The columns of index.csv by engine, with the number of documents that they say agree.
KNOWN = {"pypmml": "pypmml_at_1e-10", "jpmml": "jpmml_evaluator_at_1e-10"}
# What is reached today; never less again.
REACHED = {"compiled": 191, "pypmml": 98, "jpmml": 173}
# The compiled engine is never wrong but where the document itself says something else than the
# training library did; what it cannot do it refuses.
OTHERWISE = {
    # The document declares its fields float; the second of its models was trained on doubles.
    "sklearn__SelectFirstIris",
    # scikit-learn stops one unit in the last place short of the limit that the document names.
    "sklearn__NormalQuantile",
}

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(
        not FOLDER.is_dir(), reason=f"the recorded documents are not here: no folder {FOLDER}"
    ),
]


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Future[list[Verdict]]]:
    """The verdicts on every document, two engines at once."""
    pool = ThreadPoolExecutor(2)
    found = {engine: pool.submit(conformance.run, engine) for engine in REACHED}
    pool.shutdown(wait=False)
    return found


@pytest.mark.parametrize("engine", REACHED)
def test_no_fewer_documents_agree_than_are_known_to(
    engine: str, verdicts: dict[str, Future[list[Verdict]]]
) -> None:
    found = {v.document: v for v in verdicts[engine].result()}
    with (FOLDER / "index.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert found.keys() == {row["document"] for row in rows}
    column = KNOWN.get(engine)
    known = {r["document"] for r in rows if column and r[column].startswith("agrees")}
    lost = {name: found[name].detail for name in known if found[name].status != "agrees"}
    assert not lost
    counts = Counter(v.status for v in found.values())
    assert counts["agrees"] >= max(len(known), REACHED[engine]), counts
    assert counts["timeout"] == 0


def test_the_compiled_engine_is_not_wrong(verdicts: dict[str, Future[list[Verdict]]]) -> None:
    found = {v.document: v for v in verdicts["compiled"].result()}
    assert {name for name, v in found.items() if v.status == "mismatch"} == OTHERWISE
    refused = [v.detail for v in found.values() if v.status == "error"]
    assert all("cannot be compiled" in text and "(line " in text for text in refused), refused


def test_a_document_that_hangs_or_crashes_costs_its_own_verdict(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (FOLDER / "index.csv").open(newline="") as file:
        agree = [row["document"] for row in csv.DictReader(file) if row[KNOWN["jpmml"]] == "agrees"]
    names = agree[:3]
    (tmp_path / "sitecustomize.py").write_text(
        "import os, time\n"
        "from pmml_pipeline import scorer\n"
        "real = scorer.Scorer.score_columns\n"
        "def score_columns(self, table, rows):\n"
        f"    if self.path.stem == {names[0]!r}: time.sleep(1000)\n"
        f"    if self.path.stem == {names[1]!r}: os._exit(1)\n"
        "    return real(self, table, rows)\n"
        "scorer.Scorer.score_columns = score_columns\n"
    )
    root = str(Path(__file__).resolve().parents[1])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), root]))
    monkeypatch.setattr(conformance, "TIME_LIMIT", 8.0)
    found = conformance.run("jpmml", names)
    expected = zip(names, ["timeout", "error", "agrees"], strict=True)
    assert [(v.document, v.status) for v in found] == list(expected)
