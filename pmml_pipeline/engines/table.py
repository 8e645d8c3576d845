"""The one table of engines."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import cast

from pmml_pipeline.document import Document, read
from pmml_pipeline.engines.protocol import Engine, Opened
from pmml_pipeline.errors import EngineUnavailableError
from pmml_pipeline.schema import schema_of


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """What is known of an engine without loading it.

    Attributes:
        name: as in ``engine="pypmml"``.
        module: where its ``load(path, document, inputs, outputs) -> Engine`` is.
        distribution: the Python distribution that brings it.
        extra: the extra of this package that installs it; empty for the base install.
        licence: SPDX name.
        speed: rank when several are certified; the lowest is taken first.
        float32: whether it adds up in float32, term by term in the order of the training library,
            where a document says so (``x-mathContext="float"``).
        reads: whether it works on the document as this package reads it. Its module then has
            ``open_document(path) -> Opened`` instead of ``load``.
    """

    name: str
    module: str
    distribution: str
    extra: str
    licence: str
    speed: int
    float32: bool = False
    reads: bool = False

    @property
    def version(self) -> str | None:
        """The installed version, or None."""
        try:
            return metadata.version(self.distribution)
        except metadata.PackageNotFoundError:
            return None

    @property
    def available(self) -> bool:
        """Whether it is installed."""
        return self.version is not None

    def versions(self) -> dict[str, str]:
        """The versions that decide what it computes, by distribution."""
        version = self.version
        return {} if version is None else {self.distribution: version}


ENGINES: Mapping[str, EngineSpec] = {
    spec.name: spec
    for spec in (
        EngineSpec(
            "compiled",
            "pmml_pipeline.engines.compiled",
            "pmml-pipeline",
            "",
            "Apache-2.0",
            10,
            float32=True,
            reads=True,
        ),
        # Neither adds up in float32 as the library does: PMML4S sums in double, whatever the
        # document says, and JPMML adds the base score last instead of first. Both come out the
        # same on many rows and a digit off on others.
        EngineSpec("pypmml", "pmml_pipeline.engines.pypmml", "pypmml", "", "Apache-2.0", 20),
        EngineSpec(
            "jpmml", "pmml_pipeline.engines.jpmml", "jpmml-evaluator", "jpmml", "AGPL-3.0-only", 30
        ),
    )
}


def engine_spec(name: str) -> EngineSpec:
    """The engine of that name.

    Raises:
        EngineUnavailableError: there is none.
    """
    spec = ENGINES.get(name)
    if spec is None:
        raise EngineUnavailableError(
            f"there is no engine {name!r}", f"use one of auto, {', '.join(ENGINES)}"
        )
    return spec


def open_engine(name: str, path: Path, document: Document | None = None) -> Opened:
    """Opens a document on an engine.

    Args:
        name: of the engine.
        path: of the PMML file.
        document: the same file as read, where that was done already.

    Raises:
        EngineUnavailableError: the engine or the Java it needs is not installed.
        DocumentError: the document cannot be read.
        UnsupportedDocumentError: the engine refuses the document.
    """
    spec = engine_spec(name)
    if not spec.available:
        extra = f"pmml-pipeline[{spec.extra}]" if spec.extra else "pmml-pipeline"
        raise EngineUnavailableError(
            f"the engine {name!r} needs {spec.distribution}, which is not installed",
            f"pip install '{extra}'",
        )
    module = importlib.import_module(spec.module)
    if spec.reads:
        return cast(Opened, module.open_document(path))
    document = read(path, trees=False) if document is None else document
    schema = schema_of(document)
    engine = module.load(path, document, schema.inputs, schema.outputs)
    return Opened(schema, cast(Engine, engine), document)
