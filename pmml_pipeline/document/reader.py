"""Reads a PMML document from a file or from bytes, and trusts nothing in it.

What is in the XML is for ``parse.py`` to find and to limit; this file reads what goes in and what
comes out off its elements.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pmml_pipeline.document.bind import number
from pmml_pipeline.document.model import (
    DataField,
    Document,
    Element,
    Interval,
    MiningField,
    Model,
    OutputField,
    Value,
)
from pmml_pipeline.document.parse import Limits, parse, too_large
from pmml_pipeline.errors import DocumentError

CLOSURES = ("openClosed", "openOpen", "closedOpen", "closedClosed")
PROPERTIES = ("valid", "invalid", "missing")
OPTYPES = ("continuous", "categorical", "ordinal")
USAGES = (
    *("active", "predicted", "target", "supplementary"),
    *("group", "order", "frequencyWeight", "analysisWeight"),
)
MISSING_TREATMENTS = ("asIs", "asMean", "asMode", "asMedian", "asValue", "returnInvalid")
INVALID_TREATMENTS = ("returnInvalid", "asIs", "asMissing", "asValue")

MODEL_ELEMENTS = frozenset(
    {
        "AnomalyDetectionModel",
        "AssociationModel",
        "BaselineModel",
        "BayesianNetworkModel",
        "ClusteringModel",
        "GaussianProcessModel",
        "GeneralRegressionModel",
        "MiningModel",
        "NaiveBayesModel",
        "NearestNeighborModel",
        "NeuralNetwork",
        "RegressionModel",
        "RuleSetModel",
        "Scorecard",
        "SequenceModel",
        "SupportVectorMachineModel",
        "TextModel",
        "TimeSeriesModel",
        "TreeModel",
    }
)

_PIECE = 1 << 24  # bytes


def read(
    source: Path | str | bytes, *, trees: bool = True, limits: Limits | None = None
) -> Document:
    """Reads a document.

    Args:
        source: a path, or the document itself as bytes.
        trees: whether to keep the nodes of decision trees; scoring with an engine that reads the
            file itself does without, which saves most of the time and memory.
        limits: sizes beyond which the document is refused.

    Raises:
        DocumentError: the file is absent, not XML, or not PMML.
        UnsafeDocumentError: it has a DTD or entities.
        DocumentTooLargeError: it exceeds a limit.
    """
    limits = limits or Limits()
    data = source if isinstance(source, bytes) else bytes_of(Path(source), limits)
    if len(data) > limits.size:
        raise too_large("size", f"{len(data)} bytes", f"{limits.size}")
    try:
        return _document(parse(data, limits, "" if trees else "Node"))
    except DocumentError as error:
        if isinstance(source, bytes):
            raise
        raise type(error)(f"{source}: {error.cause}", error.fix) from error


def bytes_of(path: Path, limits: Limits | None = None) -> bytes:
    """The bytes of a document, as :func:`read` takes them; one more than it may have at most.

    Raises:
        DocumentError: the file cannot be read.
    """
    limits = limits or Limits()
    try:
        if path.is_dir():
            raise DocumentError(f"{path} is a folder", "give the path of a PMML file")
        with path.open("rb") as file:
            # Piece by piece: to read so many bytes at once would make room for them all before.
            pieces, left = [], limits.size + 1
            while left > 0 and (piece := file.read(min(left, _PIECE))):
                pieces.append(piece)
                left -= len(piece)
            return b"".join(pieces)
    except (FileNotFoundError, ValueError):  # ValueError: a NUL in the path
        raise DocumentError(f"there is no file {path}", "check the path") from None
    except OSError as error:
        raise DocumentError(
            f"{path} cannot be read ({error.strerror})", "check the file"
        ) from error


def _document(root: Element) -> Document:
    dictionary = root.child("DataDictionary")
    if dictionary is None:
        raise DocumentError("the document has no DataDictionary", "export it again")
    model = next((c for c in root.children if c.tag in MODEL_ELEMENTS), None)
    if model is None:
        raise DocumentError("the document has no model", "export it again")
    header = root.child("Header")
    application = header.child("Application") if header is not None else None
    fields = [_data_field(e) for e in dictionary.all("DataField")]
    _once([f.name for f in fields], "DataField")
    return Document(
        version=root.get("version") or "",
        application=None
        if application is None
        else " ".join(filter(None, (application.get("name"), application.get("version")))),
        data_fields={f.name: f for f in fields},
        model=_model(model),
        root=root,
    )


def _model(element: Element) -> Model:
    mining_fields = _mining_fields(element)
    return Model(
        kind=element.tag,
        function=_required(element, "functionName"),
        name=element.get("modelName"),
        algorithm=element.get("algorithmName"),
        mining_fields=mining_fields,
        result_targets=_result_targets(element, mining_fields),
        output_fields=_output_fields(element),
        element=element,
    )


def _mining_fields(model: Element) -> tuple[MiningField, ...]:
    schema = model.child("MiningSchema")
    found = [] if schema is None else [_mining_field(e) for e in schema.all("MiningField")]
    _once([f.name for f in found], "MiningField")
    return tuple(found)


def _once(names: Sequence[str], tag: str) -> None:
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DocumentError(f"there are two {tag} elements named {twice!r}", "export it again")


def _targets(fields: tuple[MiningField, ...]) -> tuple[str, ...]:
    return tuple(f.name for f in fields if f.usage_type in ("target", "predicted"))


def _result_targets(model: Element, fields: tuple[MiningField, ...]) -> tuple[str, ...]:
    """The model's targets; of a model chain, those that its last segment predicts."""
    targets = _targets(fields)
    last = [_targets(_mining_fields(inner)) for inner in _chained_models(model, last_only=True)]
    chained = tuple(name for name in targets if any(name in names for names in last))
    return chained or targets


def _chained_models(model: Element, last_only: bool = False) -> list[Element]:
    """The models whose results are those of a chain.

    "modelChain: ... the result is that of the last model" (MultipleModels). JPMML's
    ``x-multiModelChain`` returns the results of every segment.
    """
    segmentation = model.child("Segmentation")
    if segmentation is None:
        return []
    segments = segmentation.all("Segment")
    method = segmentation.get("multipleModelMethod")
    if method == "modelChain":
        segments = segments[-1:]
    elif method != "x-multiModelChain" or last_only:
        return []
    return [inner for s in segments for inner in s.children if inner.tag in MODEL_ELEMENTS]


def _output_fields(model: Element) -> tuple[OutputField, ...]:
    """The model's own output fields, then those of the end of its chain."""
    output = model.child("Output")
    found = [] if output is None else [_output_field(e) for e in output.all("OutputField")]
    for inner in _chained_models(model):
        found.extend(_output_fields(inner))
    return tuple(f for f in found if f.is_final_result)


def _required(element: Element, name: str) -> str:
    value = element.get(name)
    if value is None:
        raise DocumentError(
            f"{element.tag} (line {element.line}) has no attribute {name!r}", "export it again"
        )
    return value


def _one_of(element: Element, name: str, allowed: Sequence[str]) -> str | None:
    """An attribute that has few values; a misspelt one would switch a check off unnoticed."""
    value = element.get(name)
    if value is None:
        return None
    value = value.removeprefix("x-")  # how JPMML marks what a version does not have yet
    if value not in allowed:
        raise DocumentError(
            f"{name}={value!r} of {element.tag} (line {element.line}) is unknown",
            f"use one of {', '.join(allowed)}",
        )
    return value


def _number(element: Element, name: str) -> float | None:
    value = element.get(name)
    if value is None:
        return None
    try:
        return number(value)
    except ValueError:
        raise DocumentError(
            f"{name}={value!r} of {element.tag} (line {element.line}) is not a number",
            "export it again",
        ) from None


def _data_field(element: Element) -> DataField:
    return DataField(
        name=_required(element, "name"),
        data_type=_required(element, "dataType"),
        optype=_one_of(element, "optype", OPTYPES) or _required(element, "optype"),
        values=tuple(
            Value(
                _required(v, "value"),
                _one_of(v, "property", PROPERTIES) or "valid",
                v.get("displayValue"),
            )
            for v in element.all("Value")
        ),
        intervals=tuple(
            Interval(
                _one_of(i, "closure", CLOSURES) or _required(i, "closure"),
                _number(i, "leftMargin"),
                _number(i, "rightMargin"),
            )
            for i in element.all("Interval")
        ),
    )


def _mining_field(element: Element) -> MiningField:
    return MiningField(
        name=_required(element, "name"),
        usage_type=_one_of(element, "usageType", USAGES) or "active",
        missing_value_treatment=_one_of(element, "missingValueTreatment", MISSING_TREATMENTS),
        missing_value_replacement=element.get("missingValueReplacement"),
        invalid_value_treatment=_one_of(element, "invalidValueTreatment", INVALID_TREATMENTS)
        or "returnInvalid",
        invalid_value_replacement=element.get("invalidValueReplacement"),
        importance=_number(element, "importance"),
        optype=_one_of(element, "optype", OPTYPES),
    )


def _output_field(element: Element) -> OutputField:
    return OutputField(
        name=_required(element, "name"),
        data_type=element.get("dataType"),
        optype=element.get("optype"),
        feature=element.get("feature") or "predictedValue",
        value=element.get("value"),
        target_field=element.get("targetField"),
        is_final_result=element.get("isFinalResult") not in ("false", "0"),
    )
