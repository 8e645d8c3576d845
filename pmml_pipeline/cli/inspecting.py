"""``pmml-pipeline inspect``: what an artifact or a PMML file says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pmml_pipeline.cli import console

if TYPE_CHECKING:
    from pmml_pipeline.schema import InputField
    from pmml_pipeline.store.artifact import Artifact
    from pmml_pipeline.store.certificate import Certificate

LEVELS_SHOWN = 6


def inspect(
    path: Annotated[
        str,
        typer.Argument(metavar="PATH", help="A model, a version, a URL of either, or a PMML file."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    program: Annotated[
        bool, typer.Option("--program", help="Show what the compiled engine will run instead.")
    ] = False,
) -> None:
    """Show what a model takes, gives and is made of, and its proof."""
    from pmml_pipeline.cli import structure

    if program:
        _show_program(path, as_json)
        return
    with console.Meter(f"reading {path}"), console.warnings_as_lines():
        facts, shape, certificate = _read(path)
    if as_json:
        console.show_json(facts)
        return
    trees, nodes = structure.totals(shape)
    heading = {"path": facts["path"]}
    if facts["model"] is not None:
        heading["model"] = f"{facts['model']}, version {facts['version']}"
        heading["created"] = facts["created"]
    heading["document"] = f"PMML {facts['pmml']['version']}, by {facts['pmml']['producer']}"
    heading["size"] = console.size(facts["document_size"])
    if trees:
        heading["trees"] = f"{trees:,}, with {nodes:,} nodes"
    heading["derived fields"] = f"{facts['derived_fields']:,}"
    if certificate is None:
        heading["agreement"] = "uncertified: a PMML file without a manifest"
    else:
        heading["agreement"] = certificate.describe()
    console.show(console.pairs(heading))
    console.show(_inputs_table(facts["inputs"]), _outputs_table(facts["outputs"]))
    console.show("structure", structure.as_tree(shape), "")
    if certificate is not None:
        _show_proof(facts, certificate)


def _show_program(path: str, as_json: bool) -> None:
    from pmml_pipeline.compiler.compile import compile_document
    from pmml_pipeline.compiler.listing import listing
    from pmml_pipeline.document import read
    from pmml_pipeline.schema import schema_of

    with console.Meter(f"compiling {path}"):
        where, artifact = _found(path)
        document = read(where if artifact is None else artifact.document_path)
        schema = schema_of(document)
        plan = compile_document(document, schema.inputs, schema.outputs)
    lines = list(listing(plan, [f.name for f in schema.inputs], [o.name for o in schema.outputs]))
    if as_json:
        console.show_json({"path": str(where), "program": lines})
    else:
        console.show("\n".join(lines))


def _found(path: str) -> tuple[Path, Artifact | None]:
    """Where the model is, and the artifact unless it is a bare document."""
    from pmml_pipeline.store.artifact import open_artifact
    from pmml_pipeline.store.cache import is_url, local

    where = local(path) if is_url(path) else Path(path)
    return where, None if where.is_file() else open_artifact(where)


def _read(path: str) -> tuple[dict[str, Any], Any, Certificate | None]:
    """Everything about the model, its shape, and its certificate."""
    from pmml_pipeline.cli import structure
    from pmml_pipeline.document import read
    from pmml_pipeline.schema import inputs_of, outputs_of

    where, artifact = _found(path)
    document_path = where if artifact is None else artifact.document_path
    document = read(document_path, trees=False)
    shape = structure.shape_of(document, document_path)
    facts: dict[str, Any] = {
        "path": str(where if artifact is None else artifact.root),
        "model": None,
        "version": None,
        "created": None,
        "pmml": {"version": document.version, "producer": document.application},
        "function": document.model.function,
        "document_size": document_path.stat().st_size,
        "derived_fields": structure.derived_fields(document.root),
        "inputs": [_input(f) for f in inputs_of(document)],
        "outputs": [
            {
                "name": o.name,
                "dataType": o.data_type,
                "feature": "target" if o.target else o.feature,
                "value": o.value,
                "levels": list(o.levels),
            }
            for o in outputs_of(document)
        ],
        "structure": shape.to_json(),
        "certificate": None,
    }
    if artifact is None:
        return facts, shape, None
    facts.update(_published(artifact))
    return facts, shape, artifact.manifest.certificate


def _input(f: InputField) -> dict[str, Any]:
    return {
        "name": f.name,
        "dataType": f.data_type,
        "optype": f.optype,
        "required": f.required,
        "values": list(f.values),
        "intervals": [str(interval) for interval in f.intervals],
        "missingValues": list(f.missing_values),
        "invalidValues": list(f.invalid_values),
        "missingValueTreatment": f.missing_value_treatment,
        "missingValueReplacement": f.missing_value_replacement,
        "invalidValueTreatment": f.invalid_value_treatment,
        "invalidValueReplacement": f.invalid_value_replacement,
    }


def _published(artifact: Artifact) -> dict[str, Any]:
    """What the manifest adds to the document."""
    manifest = artifact.manifest
    return {
        "model": manifest.model,
        "version": manifest.version,
        "created": manifest.created,
        "certificate": manifest.certificate.to_json(),
        "training": dict(manifest.training),
        "metrics": dict(manifest.metrics),
        "files": {n: {"size": f.size, "sha256": f.sha256} for n, f in manifest.files.items()},
        "checksums": _checksums(artifact),
    }


def _checksums(artifact: Artifact) -> str:
    from pmml_pipeline.errors import StoreError

    try:
        artifact.verify()
    except StoreError as error:
        return str(error)
    return "ok"


def _inputs_table(inputs: list[dict[str, Any]]) -> Any:
    rows = [
        [
            f["name"],
            f"{f['dataType']} {f['optype']}",
            f["required"],
            _valid(f),
            _treatment(f, "missing"),
            _treatment(f, "invalid"),
        ]
        for f in inputs
    ]
    headings = ("field", "type", "required", "declared values", "when missing", "any other")
    return console.table(*headings, rows=rows, title=f"{len(inputs)} inputs")


def _valid(f: dict[str, Any]) -> str:
    values = f["values"]
    shown = ", ".join(values[:LEVELS_SHOWN])
    if len(values) > LEVELS_SHOWN:
        shown += f", ... ({len(values)})"
    marks = {kind: ", ".join(f[f"{kind}Values"]) for kind in ("missing", "invalid")}
    parts = [shown, " or ".join(f["intervals"])]
    parts += [f"{kind}: {values}" for kind, values in marks.items() if values]
    return "; ".join(part for part in parts if part) or "any"


def _treatment(f: dict[str, Any], kind: str) -> str | None:
    """What becomes of a missing value, or of one that is not among those declared."""
    from pmml_pipeline.schema import treated

    treatment, replacement = f[f"{kind}ValueTreatment"], f[f"{kind}ValueReplacement"]
    if kind == "invalid" and not (f["values"] or f["intervals"] or f["invalidValues"]):
        return None
    if kind == "missing" and treatment != "returnInvalid" and replacement is None:
        return "stays missing"
    return treated(treatment, replacement).removeprefix("is ")


def _outputs_table(outputs: list[dict[str, Any]]) -> Any:
    rows = [[o["name"], o["dataType"], o["feature"], o["value"]] for o in outputs]
    return console.table(
        "result", "type", "feature", "of", rows=rows, title=f"{len(outputs)} results"
    )


def _show_proof(facts: dict[str, Any], certificate: Certificate) -> None:
    rows: list[list[Any]] = []
    for engine in certificate.engines:
        verdict = "certified" if engine.certified else f"not certified: {engine.reason}"
        if engine.engine == certificate.preferred:
            verdict += ", preferred"
        name = " ".join([engine.engine, *(str(v) for v in engine.versions.values())])
        rows.append([name, verdict, None, None, None, None, None])
        rows += [
            [None, None, c.name, c.rows, c.refused, c.mismatches, f"{c.worst:.3g}"]
            for c in engine.classes
        ]
    headings = ("engine", "verdict", "class of rows", "rows", "refused", "mismatches", "worst")
    console.show(
        console.table(*headings, rows=rows, title=f"certificate: {certificate.describe()}")
    )
    held_out = facts["training"].get("held_out_rows")
    training = {
        k: v for k, v in facts["training"].items() if k not in ("packages", "held_out_rows")
    }
    packages = facts["training"].get("packages", {})
    training["packages"] = ", ".join(f"{name} {version}" for name, version in packages.items())
    console.show(console.pairs(training, title="training"))
    # A manifest from before this was written down does not say.
    heading = "held-out metrics" if held_out else "metrics on the training rows"
    metrics = {k: repr(v) for k, v in facts["metrics"].items()}
    console.show(console.pairs(metrics, title="metrics" if held_out is None else heading))
    files = [[n, f["size"], f["sha256"]] for n, f in facts["files"].items()]
    damaged = facts["checksums"] != "ok"
    title = "files, not all as published" if damaged else "files, as published"
    console.show(console.table("file", "bytes", "SHA-256", rows=files, title=title))
    if damaged:
        console.warning(facts["checksums"])
