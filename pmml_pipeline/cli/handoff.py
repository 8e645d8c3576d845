"""``pmml-pipeline handoff``: a version for a Java team."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pmml_pipeline.cli import console


def handoff(
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="A model, a version, or a URL of either.")
    ],
    to: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write; it has to be new.")],
    engine: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="pypmml or jpmml; else the first that is certified."),
    ] = None,
    jar: Annotated[
        bool, typer.Option("--jar", help="Pack the version as a resource jar, too.")
    ] = False,
) -> None:
    """Write what a Java team needs: the version, a Maven project with a test of it, and a page.

    Only an engine that the certificate names is handed over.
    """
    from pmml_pipeline.handoff import hand_off
    from pmml_pipeline.store.artifact import open_artifact

    with console.Meter(f"reading {path}"), console.warnings_as_lines():
        try:
            done = hand_off(open_artifact(path), to, engine, jar)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
    console.show(f"{done.folder}: for {done.engine}; begin with README.md, then mvn test")
    if done.jar:
        console.show(f"{done.jar}: the version as a resource")
