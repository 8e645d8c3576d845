"""Replays the golden rows of an artifact on a loaded scorer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pmml_pipeline.errors import DataError, GoldenRowError, ManifestError
from pmml_pipeline.parity.compare import compare
from pmml_pipeline.schema import OutputField
from pmml_pipeline.scorer import Scorer
from pmml_pipeline.store.artifact import Artifact


@dataclass(frozen=True, slots=True)
class Failure:
    """A golden row that does not come out.

    Attributes:
        line: in golden.jsonl, from 1.
        expected, actual: outputs by name, or the text of a refusal.
    """

    line: int
    expected: Any
    actual: Any


def read_golden(artifact: Artifact) -> Iterator[dict[str, Any]]:
    """The rows of golden.jsonl.

    Raises:
        ManifestError: a line is not a golden row.
    """
    with artifact.golden_path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                row = json.loads(line)
                if ("output" in row) == ("error" in row):
                    raise KeyError("one of output and error")
                if not (isinstance(row["input"], dict) and isinstance(row.get("output", {}), dict)):
                    raise TypeError("input and output are objects")
            except (ValueError, KeyError, TypeError) as error:
                raise _no_golden_row(artifact, number, str(error)) from None
            except RecursionError:
                raise _no_golden_row(artifact, number, "it is nested too deeply") from None
            yield row


def _no_golden_row(artifact: Artifact, number: int, why: str) -> ManifestError:
    return ManifestError(
        f"line {number} of {artifact.golden_path} is no golden row ({why})",
        "export the model again",
    )


def _check_values(row: dict[str, Any], outputs: Sequence[OutputField]) -> None:
    """Refuses results that are not of their output's type.

    Raises:
        ValueError: names the first one.
    """
    for output in outputs:
        value = row.get("output", {}).get(output.name)
        right: tuple[type, ...] = (int, float) if output.kind == "double" else (str, int, float)
        fits = value is None or (
            isinstance(value, right) and not (output.kind == "double" and isinstance(value, bool))
        )
        if not fits or (isinstance(value, int) and abs(value) > 2**1000):
            raise ValueError(f"{output.name} is no {output.data_type}")


def replay(scorer: Scorer, artifact: Artifact) -> tuple[int, list[Failure]]:
    """Scores every golden row one by one, as a service would.

    Returns:
        How many rows there are, and those that do not come out.

    Raises:
        ManifestError: there is no row, or one that is no golden row.
    """
    tolerance = artifact.manifest.certificate.tolerance
    single = {o["name"] for o in artifact.manifest.outputs if o.get("precision") == "float32"}
    failures = []
    count = 0
    for count, row in enumerate(read_golden(artifact), 1):
        try:
            _check_values(row, scorer.outputs)
        except ValueError as error:
            raise _no_golden_row(artifact, count, str(error)) from None
        try:
            actual: Any = scorer.score(row["input"])
        except DataError as error:
            if "error" not in row:
                failures.append(Failure(count, row["output"], error.cause))
            continue
        if "error" in row:
            failures.append(Failure(count, f"refused: {row['error']}", actual))
        elif not _agree(scorer, row["output"], actual, single, tolerance):
            failures.append(Failure(count, row["output"], actual))
    if not count:
        raise ManifestError(
            f"{artifact.golden_path} has no rows, so it proves nothing", "export the model again"
        )
    return count, failures


def _agree(
    scorer: Scorer,
    expected: dict[str, Any],
    actual: dict[str, Any],
    single: set[str],
    tolerance: float,
) -> bool:
    offline = {}
    online = []
    for output in scorer.outputs:
        numeric = output.kind == "double"
        dtype: Any = object
        if numeric:
            dtype = np.float32 if output.name in single else np.float64
        if output.name in expected:
            offline[output.name] = np.array([expected[output.name]], dtype=dtype)
        online.append(np.array([actual[output.name]], dtype=np.float64 if numeric else object))
    nothing = np.zeros(1, dtype=bool)
    return not compare(offline, nothing, scorer.outputs, online, {}, tolerance).mismatches


def check_golden_rows(scorer: Scorer, artifact: Artifact) -> None:
    """Refuses a scorer that does not reproduce the golden rows.

    Raises:
        GoldenRowError: names the first row that does not come out.
    """
    count, failures = replay(scorer, artifact)
    if failures:
        first = failures[0]
        raise GoldenRowError(
            f"{len(failures)} of {count} golden rows of {artifact.root} do not come out on "
            f"{scorer.engine}: line {first.line} should give {first.expected} and gives "
            f"{first.actual}",
            "use another certified engine, or the package versions that the certificate names",
        )
