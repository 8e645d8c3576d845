"""``pmml-pipeline serving``: which versions the services of a store serve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pmml_pipeline.cli import console


def serving(
    path: Annotated[Path, typer.Argument(metavar="MODEL", help="The folder of a model.")],
    latest: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Serve the newest N versions.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Serve every version.")] = False,
    only: Annotated[
        list[int] | None,
        typer.Option(metavar="N", min=1, help="Serve this version; may be given again."),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=N", help="Let a label stand for a version."),
    ] = None,
    unlabel: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Take a label away.")
    ] = None,
) -> None:
    """Show or change which versions of a model are served, and what labels stand for.

    Running services follow within seconds; --only 3 is a rollback to version 3, and --latest 1 ends
    it.
    """
    from pmml_pipeline.errors import NotAVersionError
    from pmml_pipeline.store.artifact import versions
    from pmml_pipeline.store.serving import Serving, change_serving, read_serving

    if sum((latest is not None, every, bool(only))) > 1:
        raise typer.BadParameter("--latest, --all and --only exclude each other")
    published = versions(path)
    if not published:
        raise NotAVersionError(
            f"{path} holds no version", "name the folder of a model, as artifacts/credit"
        )
    policy = None
    if latest is not None or every or only:
        policy = Serving(latest, tuple(sorted(set(only or ()))))
    labels = {**_labels(label or ()), **dict.fromkeys(unlabel or (), None)}
    if policy is None and not labels:
        now = read_serving(path)
    else:
        now = change_serving(path, policy=policy, labels=labels)
    console.show(f"{path.resolve().name}: {now.describe()}")
    for version in sorted({*now.chosen(published), *now.labels.values()} & {*published}):
        names = [name for name, number in now.labels.items() if number == version]
        served = "" if version in now.chosen(published) else "for its label only"
        console.show("  ".join(filter(None, [f"  {version}", ", ".join(names), served])))


def _labels(given: list[str] | tuple[()]) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for text in given:
        name, _, number = text.partition("=")
        if not number.isascii() or not number.isdigit():
            raise typer.BadParameter(f"--label {text} has to be a name and a version: canary=4")
        found[name] = int(number)
    return found
