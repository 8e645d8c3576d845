"""``pmml-pipeline doctor``: will it work here, and if not, what is to be done?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pmml_pipeline.cli import console

if TYPE_CHECKING:
    from pmml_pipeline.cli.checks import Check


def doctor(
    store: Annotated[
        str, typer.Option(metavar="FOLDER", help="Folder of all models.")
    ] = "artifacts",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Check whether this machine can score and export.

    Python, Java, engines, versions, memory and folders, each with what to do when it will not do.
    The status is 1 when nothing can be scored here. What only exporting needs may be absent.
    """
    with console.Meter("looking") as meter:
        found = []
        for check in _all_checks(store):
            found.append(check)
            meter.update(0, check.name)
    scores = any(c.status == "ok" for c in found if c.name.startswith("engine "))
    if as_json:
        console.show_json({"can_score": scores, "checks": [asdict(check) for check in found]})
    else:
        rows = [[c.status, c.name, c.found, c.advice] for c in found]
        console.show(console.table("", "what", "found", "what to do", rows=rows))
    if not scores:
        console.error("nothing can be scored here; see the problems above.")
        raise typer.Exit(1)


def _all_checks(store: str) -> Iterator[Check]:
    from pmml_pipeline.cli import checks

    yield from checks.python()
    yield from checks.java()
    yield from checks.jpype()
    yield from checks.engines()
    yield from checks.exporting()
    yield from checks.optional()
    yield from checks.machine(store)
