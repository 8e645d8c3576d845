"""Writes a version for a Java team, as a Maven project that runs as it is."""

from __future__ import annotations

import json
import math
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

from pmml_pipeline.errors import ManifestError, NotCertifiedError, StoreError
from pmml_pipeline.parity.golden import read_golden
from pmml_pipeline.schema import InputField, OutputField, Schema, schema_of
from pmml_pipeline.store.artifact import Artifact
from pmml_pipeline.store.files import explained


@dataclass(frozen=True, slots=True)
class Bridge:
    """The coordinates of the bridge, which are those of ``java_bridge/pom.xml``."""

    version: str = "0.1.0-SNAPSHOT"
    junit: str = "5.14.4"
    compiler_plugin: str = "3.15.0"
    surefire_plugin: str = "3.5.6"


@dataclass(frozen=True, slots=True)
class JavaEngine:
    """An engine that the bridge has: its Maven module, its maker's name for it, its licence."""

    module: str
    name: str
    licence: str
    note: str = ""


BRIDGE = Bridge()
INDEX = "META-INF/pmml-pipeline/artifacts"
# The one that asks nothing of those who take it comes first.
ENGINES = {
    "pypmml": JavaEngine("pmml-bridge-pmml4s", "PMML4S", "Apache-2.0"),
    "jpmml": JavaEngine(
        "pmml-bridge-jpmml",
        "JPMML-Evaluator",
        "AGPL-3.0",
        "\n## Licence\n\nJPMML-Evaluator is under the AGPL-3.0: whoever lets others use a service "
        "with it over a network\noffers them the service's source under the same licence, or has a "
        "commercial one from its maker.\n",
    ),
}


@dataclass(frozen=True, slots=True)
class Handoff:
    """What was written.

    Attributes:
        folder: the Maven project.
        engine: the engine that it scores with.
        jar: the resource jar, where one was asked for.
    """

    folder: Path
    engine: str
    jar: Path | None


def hand_off(artifact: Artifact, to: Path, engine: str | None = None, jar: bool = False) -> Handoff:
    """Writes a version for a Java team.

    Args:
        artifact: the version; its files are checked first.
        to: an empty folder, or one that is not there yet.
        engine: ``pypmml`` or ``jpmml``; else the first of them that is certified.
        jar: whether to pack the version as a resource jar, too.

    Raises:
        ValueError: there is no Java engine of that name.
        ChecksumError: a file is not the one that was published.
        NotCertifiedError: the engine, or every Java engine, is not certified.
        StoreError: the folder is not empty, or cannot be written to.
    """
    chosen = _engine(artifact, engine)
    artifact.verify()
    with explained(f"write to {to}"):
        if to.exists() and (not to.is_dir() or any(to.iterdir())):
            raise StoreError(f"{to} is not empty", "name a folder that is not there yet")
        to.mkdir(parents=True, exist_ok=True)
        manifest = artifact.manifest
        version = to / "artifacts" / manifest.model / str(manifest.version)
        version.mkdir(parents=True)
        names = [*manifest.files, "manifest.json"]
        for name in names:
            shutil.copyfile(artifact.root / name, version / name)
        for name, text in _pages(artifact, chosen):
            path = to / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        packed = to / f"{manifest.model}-{manifest.version}.jar" if jar else None
        if packed:
            _pack(packed, version, version.relative_to(to), names)
    return Handoff(to, chosen, packed)


def _engine(artifact: Artifact, asked: str | None) -> str:
    certificate = artifact.manifest.certificate
    if asked is not None and asked not in ENGINES:
        raise ValueError(f"{asked} is no Java engine; use one of {', '.join(ENGINES)}")
    for name in [asked] if asked else ENGINES:
        if name in certificate.engines_certified:
            return name
    reasons = []
    for name in [asked] if asked else ENGINES:
        result = certificate.engine(name)
        reasons.append(f"{name}: {result.reason if result else 'not tried'}")
    raise NotCertifiedError(
        f"{artifact.root} is certified on no {asked or 'Java engine'} ({'; '.join(reasons)})",
        "score it in Python, or export it so that a Java engine comes out the same",
    )


def _pack(jar: Path, version: Path, inside: Path, names: list[str]) -> None:
    """A jar with the version's files, which is the same whenever it is made."""
    contents = {
        "META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\n\n",
        # Folders of a class path cannot be listed, so each such jar says what it has.
        INDEX: f"{inside.parent.name}/{inside.name}\n".encode(),
    } | {(inside / name).as_posix(): (version / name).read_bytes() for name in names}
    with zipfile.ZipFile(jar, "w") as file:
        for name, data in contents.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, data)


def _pages(artifact: Artifact, engine: str) -> Iterator[tuple[str, str]]:
    """The files of the project, by name."""
    from pmml_pipeline.document import read

    manifest, java = artifact.manifest, ENGINES[engine]
    schema = schema_of(read(artifact.document_path.read_bytes(), trees=False))
    row = _example(artifact, schema)
    values = {
        "model": manifest.model,
        "version": str(manifest.version),
        "function": manifest.function,
        "agreement": manifest.certificate.describe(),
        "created": manifest.created,
        "engine": engine,
        "engine_name": java.name,
        "licence": java.licence,
        "licence_note": java.note,
        "module": java.module,
        "bridge": BRIDGE.version,
        "junit": BRIDGE.junit,
        "compiler_plugin": BRIDGE.compiler_plugin,
        "surefire_plugin": BRIDGE.surefire_plugin,
        "record": "\n".join(_put(name, value) for name, value in row["input"].items()),
        "results": "\n".join(_expected(row, artifact, schema)),
        "inputs": "\n".join(map(_input_row, schema.inputs)),
        "outputs": "\n".join(map(_output_row, schema.outputs)),
    }
    folder = resources.files(__package__)
    for name, path in (
        ("README.md", "README.md"),
        ("pom.xml", "pom.xml"),
        ("HandoffTest.java", "src/test/java/handoff/HandoffTest.java"),
    ):
        template = Template(folder.joinpath(f"{name}.tmpl").read_text("utf-8"))
        yield path, template.substitute(values)


def _example(artifact: Artifact, schema: Schema) -> Mapping[str, Any]:
    """The first golden row that is scored.

    Raises:
        ManifestError: there is none.
    """
    for row in read_golden(artifact):
        if "output" in row and any(o.name in row["output"] for o in schema.outputs):
            return row
    raise ManifestError(
        f"{artifact.golden_path} has no row that is scored", "export the model again"
    )


def _put(name: str, value: Any) -> str:
    return f"      record.put({_literal(name)}, {_literal(value)});"


def _expected(row: Mapping[str, Any], artifact: Artifact, schema: Schema) -> Iterator[str]:
    tolerance = artifact.manifest.certificate.tolerance
    single = {o["name"] for o in artifact.manifest.outputs if o.get("precision") == "float32"}
    for output in schema.outputs:
        if output.name not in row["output"]:
            continue
        value, found = row["output"][output.name], f"result.get({_literal(output.name)})"
        if value is None:
            yield f"      assertEquals(null, {found});"
        elif output.kind == "double":
            # Written with the digits of a float32, a number is known to its precision only.
            known = abs(float(value)) * 2.0**-23 if output.name in single else 0.0
            allowed = max(tolerance, known, 4 * math.ulp(float(value)))
            yield f"      assertEquals({_literal(float(value))}, (Double) {found}, {allowed!r});"
        else:
            yield f"      assertEquals({_literal(_typed(output, value))}, {found});"


def _typed(output: OutputField, value: Any) -> Any:
    """A label as a value of the declared type, whatever JSON has it as."""
    if output.kind == "integer":
        return int(value)
    if output.kind == "boolean":
        return str(value).lower() == "true"
    return str(value)


def _literal(value: Any) -> str:
    """A JSON value as Java writes it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value}L" if abs(value) < 2**63 else f'new java.math.BigInteger("{value}")'
    if isinstance(value, float):
        if math.isfinite(value):
            return repr(value)
        return "Double.NaN" if value != value else f"{'-' if value < 0 else ''}1.0 / 0.0"
    # JSON's escapes are Java's, and what is not ASCII is escaped.
    return json.dumps(str(value))


def _input_row(field: InputField) -> str:
    wanted = "" if field.required else " (may be missing)"
    return f"| `{field.name}` | {field.data_type} | {_cell(field.describe() + wanted)} |"


def _output_row(field: OutputField) -> str:
    what = "the prediction" if field.target else field.feature
    of = "" if field.value is None else f" of {field.value}"
    return f"| `{field.name}` | {field.data_type} | {_cell(what + of)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
