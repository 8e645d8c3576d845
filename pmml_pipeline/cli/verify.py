"""``pmml-pipeline verify``: is it what was published, and does it still come out the same here?"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pmml_pipeline.cli import console

if TYPE_CHECKING:
    from pmml_pipeline.parity.golden import Failure
    from pmml_pipeline.store.artifact import Artifact

FAILURES_SHOWN = 3


@dataclass(slots=True)
class _Replay:
    """One engine over the golden rows."""

    engine: str
    certified: bool
    verdict: str
    rows: int = 0
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0
    failed: bool = False


def verify(
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="A model, a version, or a URL of either.")
    ],
    engine: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="auto is the fastest certified engine; all is every one."
        ),
    ] = "auto",
) -> None:
    """Check the files of an artifact and score its golden rows.

    The status is 1 when a file is not the published one, or when an engine that was asked for does
    not give the published predictions. With --engine all, an engine that was never certified may
    differ: the certificate says so already.
    """
    from pmml_pipeline.store.artifact import open_artifact

    with console.Meter(f"checking {path}"), console.warnings_as_lines():
        artifact = open_artifact(path)
        artifact.verify()
    manifest = artifact.manifest
    console.note(f"{artifact.root}: {len(manifest.files)} files have the published SHA-256")
    replays = [_replay(artifact, n, by_name=engine != "all") for n in _engines(artifact, engine)]
    rows = [
        [
            r.engine,
            "yes" if r.certified else "no",
            r.rows or None,
            len(r.failures) if r.rows else None,
            f"{r.seconds:.2f} s" if r.rows else None,
            r.verdict,
        ]
        for r in replays
    ]
    headings = ("engine", "certified", "golden rows", "differ", "time", "result")
    title = f"{manifest.model} {manifest.version}: {manifest.certificate.describe()}"
    console.show(console.table(*headings, rows=rows, title=title))
    for replay in replays:
        _show_failures(replay)
    if any(r.failed for r in replays) or not any(r.rows for r in replays):
        raise typer.Exit(1)


def _engines(artifact: Artifact, asked: str) -> list[str]:
    """The engines to try.

    Raises:
        EngineUnavailableError: there is no engine of that name.
        NotCertifiedError: with ``auto``, no certified engine is installed.
    """
    from pmml_pipeline.engines import ENGINES, engine_spec
    from pmml_pipeline.loading import load

    if asked == "all":
        return list(ENGINES)
    if asked != "auto":
        return [engine_spec(asked).name]
    certified = [ENGINES[n] for n in artifact.manifest.certificate.engines_certified]
    usable = [spec for spec in certified if spec.available]
    if not usable:
        load(artifact.root)  # says which one to install
    return [min(usable, key=lambda spec: spec.speed).name]


def _replay(artifact: Artifact, engine: str, by_name: bool) -> _Replay:
    """Scores the golden rows.

    Args:
        artifact: with its files checked.
        engine: to use.
        by_name: whether it was asked for, so that it has to do; otherwise it may be absent, and
            may differ where the certificate says that it does.

    Raises:
        EngineUnavailableError: it was asked for and is not installed.
    """
    from pmml_pipeline.cli.opening import open_scorer
    from pmml_pipeline.engines import engine_spec
    from pmml_pipeline.errors import EngineError, EngineUnavailableError, GoldenRowError
    from pmml_pipeline.parity.golden import replay
    from pmml_pipeline.scorer import Scorer

    certified = engine in artifact.manifest.certificate.engines_certified
    found = _Replay(engine, certified, "")
    if not (by_name or engine_spec(engine).available):
        found.verdict = "not installed"
        return found
    try:
        scorer = open_scorer(str(artifact.root), engine)
    except GoldenRowError:  # which rows, is shown below
        scorer = Scorer(artifact.document_path, None, engine, artifact=artifact)
    except EngineUnavailableError:
        raise
    except EngineError as error:
        found.verdict, found.failed = str(error), certified or by_name
        return found
    seconds = console.Stopwatch()
    with console.Meter(f"golden rows on {engine}"):
        found.rows, found.failures = replay(scorer, artifact)
    found.seconds = seconds()
    found.verdict = "as published"
    if found.failures:
        found.failed = certified or by_name
        found.verdict = "differs" if found.failed else "differs, as the certificate says"
    return found


def _show_failures(found: _Replay) -> None:
    for failure in found.failures[:FAILURES_SHOWN]:
        console.show(f"  {found.engine}, line {failure.line} of golden.jsonl: {_told(failure)}")
    more = len(found.failures) - FAILURES_SHOWN
    if more > 0:
        console.show(f"  and {more:,} more")


def _told(failure: Failure) -> str:
    """What should have come out and what did, as far as the two differ."""
    expected, actual = failure.expected, failure.actual
    if isinstance(expected, dict) and isinstance(actual, dict):
        names = [n for n in expected if expected[n] != actual.get(n)]
        names.sort(key=lambda n: -_distance(expected[n], actual.get(n)))
        parts = [f"{n} should be {expected[n]!r}, is {actual.get(n)!r}" for n in names]
        return "; ".join(parts[:FAILURES_SHOWN])
    return f"should be {expected}, is {actual}"


def _distance(one: Any, other: Any) -> float:
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other)
    return math.inf
