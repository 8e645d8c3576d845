"""``pmml-pipeline export``: trains, proves and publishes what export recipes describe."""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pmml_pipeline.cli import console

if TYPE_CHECKING:
    from pmml_pipeline.cli.recipes import Recipe

MAIN_METRICS = ("auc", "accuracy", "r2", "rmse")  # the first that a model has is shown


@dataclass(slots=True)
class _Outcome:
    """What became of one recipe."""

    name: str
    seconds: float
    published: list[Any] = field(default_factory=list)
    error: str | None = None


def export(
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL",
            help="Names of examples, or Python files with a function export(store).",
        ),
    ] = None,
    store: Annotated[
        str, typer.Option(metavar="FOLDER", help="Folder of all models.")
    ] = "artifacts",
    everything: Annotated[bool, typer.Option("--all", help="Every example.")] = False,
    converter: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What writes the documents: sklearn2pmml (default) or pmml-sklearn.",
        ),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="With tracebacks, and what the converter printed.")
    ] = False,
) -> None:
    """Train, prove and publish models.

    One that fails does not stop the others; the status is 1 then.
    """
    from pmml_pipeline.parity.reasons import losses
    from pmml_pipeline.store.publish import check_store

    recipes = _chosen(models or [], everything)
    check_store(store)  # before training is spent
    watch = console.Stopwatch()
    with console.warnings_as_lines():
        outcomes = [_export(recipe, store, converter, verbose) for recipe in recipes]
    rows = [row for outcome in outcomes for row in _rows(outcome)]
    headings = ("model", "version", "agreement", "certified engines", "metric", "time")
    console.show(console.table(*headings, rows=rows))
    for published in (p for outcome in outcomes for p in outcome.published):
        manifest = published.artifact.manifest
        for line in losses(manifest.certificate):
            console.note(f"{manifest.model}: {line}")
    failed = [o.name for o in outcomes if o.error is not None]
    published = sum(len(o.published) for o in outcomes)
    console.note(f"{published} published to {store} in {watch():.1f} s")
    if failed:
        console.error(f"not exported: {', '.join(failed)}.")
        raise typer.Exit(1)


def _chosen(names: list[str], everything: bool) -> list[Recipe]:
    from pmml_pipeline.cli.recipes import NONE_HERE, examples, find
    from pmml_pipeline.errors import PreflightError

    if everything and names:
        raise PreflightError("both --all and names are given", "give one of them")
    known = examples() if everything or not names else {}
    if not names and not (everything and known):
        listed = ", ".join(known) or f"{NONE_HERE}; give the path of a Python file"
        raise PreflightError(
            "there are no examples" if everything else "no model is named",
            f"name one or more, or --all (examples: {listed})",
        )
    return [find(name) for name in dict.fromkeys(names)] if names else list(known.values())


def _export(recipe: Recipe, store: str, converter: str | None, verbose: bool) -> _Outcome:
    """Runs a recipe; whatever it raises is its outcome."""
    watch = console.Stopwatch()
    outcome = _Outcome(recipe.name, 0.0)
    try:
        with _steps(recipe.name, converter):
            outcome.published = _published(recipe.load()(store))
    except Exception as error:  # noqa: BLE001 - recipes are anybody's code
        outcome.error = _sentence(error, recipe)
        console.error(f"{recipe.name}: {outcome.error}")
        if verbose:
            detail = getattr(error, "detail", "") or "".join(traceback.format_exception(error))
            sys.stderr.write(detail.rstrip() + "\n")
    outcome.seconds = watch()
    return outcome


@contextmanager
def _steps(name: str, converter: str | None) -> Iterator[None]:
    """Shows the steps of the exports inside as they pass, each with its time.

    Args:
        converter: what converts there; None leaves it to the recipe.
    """
    with _Steps(name) as steps:
        try:
            progress = importlib.import_module("converters.progress")
            programs = importlib.import_module("converters.programs")
        except ModuleNotFoundError as error:
            raise _not_installed(error) from error
        with progress.reported_to(steps), programs.converted_by(converter):
            yield


class _Steps:
    """Writes a line for every step that is done, and shows the one that is being done."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._step = ""
        self._watch = console.Stopwatch()
        self._meter: console.Meter | None = None

    def __call__(self, step: str) -> None:
        self._end()
        self._step = step
        self._watch = console.Stopwatch()
        self._meter = console.Meter(f"{self._name}: {step}").__enter__()

    def __enter__(self) -> _Steps:
        self("load and train")
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._end("" if kind is None else "stopped after ")

    def _end(self, how: str = "") -> None:
        if self._meter is not None:
            self._meter.__exit__()
            self._meter = None
            console.note(f"{self._name}: {self._step} ({how}{self._watch():.1f} s)")


def _published(result: Any) -> list[Any]:
    """What a recipe returned: one published version, or several."""
    from pmml_pipeline.errors import PreflightError

    found = list(result) if isinstance(result, list | tuple) else [result]
    if not found or not all(hasattr(one, "artifact") and hasattr(one, "proof") for one in found):
        raise PreflightError(
            "its export(store) did not return what converters.export returned",
            "end it with: return converters.export(...)",
        )
    return found


def _sentence(error: Exception, recipe: Recipe) -> str:
    from pmml_pipeline.errors import PmmlPipelineError

    if isinstance(error, PmmlPipelineError):
        return str(error)
    if isinstance(error, ModuleNotFoundError):
        return str(_not_installed(error))
    places = [f for f in traceback.extract_tb(error.__traceback__) if f.filename]
    own = [f for f in places if f.filename == str(recipe.path)] or places
    where = f" ({own[-1].filename}, line {own[-1].lineno})" if own else ""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}{where}."


def _not_installed(error: ModuleNotFoundError) -> Exception:
    from pmml_pipeline.cli.extras import EXTRAS, install_command
    from pmml_pipeline.errors import PreflightError

    module = (error.name or "").partition(".")[0]
    if module == "converters":  # part of this very distribution
        return PreflightError("the package converters is not there", "install pmml-pipeline again")
    fix = install_command(module) if module in EXTRAS else "install it, or correct the import"
    return PreflightError(f"the module {module!r} is not installed", fix)


def _rows(outcome: _Outcome) -> list[list[Any]]:
    time = f"{outcome.seconds:.1f} s"
    if outcome.error is not None:
        return [[outcome.name, None, "not exported", None, None, time]]
    rows = []
    for published in outcome.published:
        manifest = published.artifact.manifest
        certificate = manifest.certificate
        rows.append(
            [
                manifest.model,
                manifest.version,
                certificate.describe(),
                ", ".join(certificate.engines_certified),
                _metric(manifest.metrics),
                time,
            ]
        )
    return rows


def _metric(metrics: Any) -> str | None:
    names = [n for n in MAIN_METRICS if n in metrics] or list(metrics)
    return f"{names[0]} {metrics[names[0]]:.4g}" if names else None
