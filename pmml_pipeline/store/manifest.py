"""manifest.json: what an artifact says of itself, read strictly.

The form is in ``manifest.schema.json`` and nowhere else; here are the Python names for it. Keys
that the schema does not list are ignored, so that a later release can add some within the format.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from pmml_pipeline.errors import ManifestError, NotAVersionError
from pmml_pipeline.store import names, shape
from pmml_pipeline.store.certificate import Certificate, ClassResult, EngineResult
from pmml_pipeline.store.files import FileFact

__all__ = [
    "FORMAT",
    "Certificate",
    "ClassResult",
    "EngineResult",
    "FileFact",
    "Manifest",
    "parse",
    "read",
    "schema",
    "utc_now",
]

FORMAT = 1
#: Bytes. A manifest lists fields and levels, never rows; more than this is not one.
LARGEST = 64 << 20

# Readers of any language hash the bytes in front of it, so none has to write JSON as Python does.
_CHECKSUM = re.compile(rb',\s*"sha256"\s*:\s*"([0-9a-f]{64})"\s*\}\s*\Z')
_REWRITE = "export the model again, or copy the whole version folder again"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of manifest.json.

    ``inputs``, ``outputs``, ``lookups`` and ``training`` are JSON objects with the keys of the
    schema.

    Attributes:
        model: the name that the document is published under.
        version: the number that it is published under, from 1.
        created: UTC time, ISO 8601 with ``Z``; see :func:`utc_now`.
        files: every file of the folder but the manifest, by name.
        pmml_version: as ``4.4``.
        producer: the application that wrote the document, with its version.
        function: PMML's functionName, as ``classification``.
        inputs: the fields that a record brings, in document order.
        outputs: the target, then every OutputField.
        training: Python, platform, device, packages, rows, source revision.
        metrics: evaluation on held-out rows, by name.
        certificate: which engines reproduced the training library.
        lookups: look-up tables that fill inputs before scoring.
        supplementary: names of fields that a record may bring although the model does not use them.
    """

    model: str
    version: int
    created: str
    files: Mapping[str, FileFact]
    pmml_version: str
    producer: str | None
    function: str
    inputs: tuple[Mapping[str, Any], ...]
    outputs: tuple[Mapping[str, Any], ...]
    training: Mapping[str, Any]
    metrics: Mapping[str, float]
    certificate: Certificate
    lookups: tuple[Mapping[str, Any], ...] = field(default=())
    supplementary: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """manifest.json, as it is published.

        Raises:
            ManifestError: the content has not the published form; names the key.
        """
        data = {
            "format": FORMAT,
            "model": self.model,
            "version": self.version,
            "created": self.created,
            "files": {n: {"sha256": f.sha256, "size": f.size} for n, f in self.files.items()},
            "pmml": {"version": self.pmml_version, "producer": self.producer},
            "function": self.function,
            "inputs": list(self.inputs),
            "supplementary": list(self.supplementary),
            "outputs": list(self.outputs),
            "lookups": list(self.lookups),
            "training": self.training,
            "metrics": self.metrics,
            "certificate": self.certificate.to_json(),
        }
        fix = "correct what the export says of the model"
        _check(data, "the manifest to be written", fix)
        try:
            text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
            return _with_checksum(text.encode())
        except (TypeError, ValueError) as error:
            raise ManifestError(f"the manifest to be written is not JSON: {error}", fix) from error


def parse(data: bytes, where: str = "manifest.json") -> Manifest:
    """Reads a manifest.

    Args:
        data: the content of the file.
        where: the file, for messages.

    Raises:
        ManifestError: the content is not a manifest, or is one of a format that is not known here.
    """
    content = _check(_load(data, where), where, _REWRITE)
    if "sha256" in content and not _is_as_published(data):
        raise ManifestError(f"{where} was changed after it was published", _REWRITE)
    return Manifest(
        model=content["model"],
        version=content["version"],
        created=content["created"],
        files={n: FileFact(f["sha256"], f["size"]) for n, f in content["files"].items()},
        pmml_version=content["pmml"]["version"],
        producer=content["pmml"]["producer"],
        function=content["function"],
        inputs=tuple(content["inputs"]),
        outputs=tuple(content["outputs"]),
        training=content["training"],
        metrics=content["metrics"],
        certificate=Certificate.from_json(content["certificate"]),
        lookups=tuple(content["lookups"]),
        supplementary=tuple(content.get("supplementary", ())),
    )


def read(path: Path) -> Manifest:
    """Reads the manifest.json at that path.

    Raises:
        NotAVersionError: there is no such file.
        ManifestError: it is not a manifest, or cannot be read.
    """
    try:
        # A pipe would keep this process waiting for whoever writes to it.
        if not stat.S_ISREG(path.stat().st_mode):
            raise ManifestError(f"{path} cannot be read: it is no file", _REWRITE)
        if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(path.parent)):
            raise ManifestError(
                f"{path} is a link that leads out of the folder",
                "copy the file itself into the version folder",
            )
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotAVersionError(
            f"{path.parent} has no {names.MANIFEST_NAME}, so it is not a published version",
            "name a version folder that was published whole",
        ) from error
    except OSError as error:
        raise ManifestError(
            f"{path} cannot be read: {error.strerror}", "check the file and its permissions"
        ) from error
    return parse(data, str(path))


def utc_now() -> str:
    """The time now, to the second, as manifests give it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@cache
def schema() -> Mapping[str, Any]:
    """The published JSON Schema of manifest.json."""
    text = resources.files(__package__).joinpath("manifest.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _load(data: bytes, where: str) -> Any:
    if len(data) > LARGEST:
        raise ManifestError(f"{where} has more than {LARGEST} bytes", _REWRITE)
    try:
        return json.loads(
            data.decode(), object_pairs_hook=_no_duplicates, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"{where} is not JSON: {error}", _REWRITE) from error


def _with_checksum(text: bytes) -> bytes:
    """The text of an object with the checksum of itself at its end."""
    rest = text.removesuffix(b"\n}")
    return rest + b',\n  "sha256": "%s"\n}\n' % hashlib.sha256(rest).hexdigest().encode()


def _is_as_published(data: bytes) -> bool:
    """Whether the bytes before the checksum at the end are those that it was made of."""
    found = _CHECKSUM.search(data)
    if found is None:
        return False
    return hashlib.sha256(data[: found.start()]).hexdigest().encode() == found[1]


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Readers differ on which of two equal keys counts, so a file with both says two things.
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError("a key occurs twice in one object")
    return result


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _check(data: Any, where: str, fix: str) -> Mapping[str, Any]:
    """The data, when it has the form of a manifest and its names can be files of one folder."""
    if not isinstance(data, Mapping) or not isinstance(data.get("format"), int):
        raise ManifestError(f"{where} is not a manifest: the key format is missing", fix)
    if data["format"] != FORMAT:
        raise ManifestError(
            f"{where} has format {data['format']}, and this release reads format {FORMAT}",
            "upgrade with pip install --upgrade pmml-pipeline",
        )
    try:
        shape.check(data, schema())
    except shape.ShapeError as error:
        raise ManifestError(f"{where}: {error}", fix) from error
    for path, name in [("model", data["model"]), *(("files", n) for n in data["files"])]:
        reason = names.fault(name)
        if reason or name == names.MANIFEST_NAME:
            raise ManifestError(f"{where}: {path} {name!r} {reason or 'lists itself'}", fix)
    for path in ("inputs", "outputs"):
        given = [f["name"] for f in data[path]]
        if len(set(given)) < len(given):
            raise ManifestError(f"{where}: {path} names a field twice", fix)
    for path, text in [
        ("created", data["created"]),
        ("certificate.created", data["certificate"]["created"]),
    ]:
        try:
            datetime.fromisoformat(text)
        except ValueError as error:
            raise ManifestError(f"{where}: {path} is no time: {error}", fix) from error
    return data
