"""``pmml-pipeline list``: what a store holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pmml_pipeline.cli import console

if TYPE_CHECKING:
    from pmml_pipeline.store.manifest import Manifest


def list_versions(
    store: Annotated[
        str, typer.Argument(metavar="STORE", help="Folder of models, or of one model.")
    ] = "artifacts",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List the models and versions of a store.

    A version that cannot be read is listed with the reason, and the status is 1 then.
    """
    rows = entries(store)
    if as_json:
        console.show_json(rows)
    elif rows:
        console.show(
            console.table(
                "model",
                "version",
                "created (UTC)",
                "function",
                "agreement",
                "certified engines",
                "size",
                rows=[_row(entry) for entry in rows],
            )
        )
    else:
        console.note(f"{store} holds no models yet; publish one with pmml-pipeline export")
    broken = [entry for entry in rows if "error" in entry]
    for entry in broken:
        console.error(entry["error"])
    if broken:
        raise typer.Exit(1)


def entries(store: str) -> list[dict[str, Any]]:
    """Every version in a store, as JSON objects, by model and then by version.

    Raises:
        StoreError: there is no such folder, or it cannot be listed.
    """
    from pmml_pipeline.errors import PmmlPipelineError, StoreError
    from pmml_pipeline.store.artifact import models, open_artifact, versions
    from pmml_pipeline.store.cache import is_url

    if is_url(store):
        raise StoreError(
            f"{store} cannot be listed", "list a local folder; a model at a URL can be inspected"
        )
    root = Path(store)
    if not root.is_dir():
        raise StoreError(
            f"there is no folder {store}", "name a store, or publish with pmml-pipeline export"
        )
    folders = [root / name for name in models(root)] or [root]
    found = []
    for folder in folders:
        for version in versions(folder):
            try:
                found.append(_facts(open_artifact(folder / str(version)).manifest))
            except PmmlPipelineError as error:
                found.append({"model": folder.name, "version": version, "error": str(error)})
    return found


def _facts(manifest: Manifest) -> dict[str, Any]:
    certificate = manifest.certificate
    return {
        "model": manifest.model,
        "version": manifest.version,
        "created": manifest.created,
        "function": manifest.function,
        "agreement": certificate.describe(),
        "tolerance": certificate.tolerance,
        "engines": list(certificate.engines_certified),
        "preferred": certificate.preferred,
        "size": sum(fact.size for fact in manifest.files.values()),
    }


def _row(entry: dict[str, Any]) -> list[Any]:
    if "error" in entry:
        return [entry["model"], entry["version"], None, "cannot be read", None, None, None]
    return [
        entry["model"],
        entry["version"],
        entry["created"].replace("T", " ")[:16],
        entry["function"],
        entry["agreement"],
        ", ".join(entry["engines"]),
        console.size(entry["size"]),
    ]
