"""What a model takes and what it gives: its inputs and outputs, read off the document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pmml_pipeline.document import DataField, Document, Interval, MiningField
from pmml_pipeline.document.model_verification import ModelVerification, verification_of
from pmml_pipeline.errors import DocumentError

Kind = Literal["double", "integer", "boolean", "string"]

# How each PMML dataType travels: numbers as numbers, everything with a text form as text.
KINDS: dict[str, Kind] = {
    "double": "double",
    "float": "double",
    "integer": "integer",
    "boolean": "boolean",
    "string": "string",
    "date": "string",
    "time": "string",
    "dateTime": "string",
    "timeSeconds": "string",
    "dateDaysSince[0]": "string",
    "dateDaysSince[1960]": "string",
    "dateDaysSince[1970]": "string",
    "dateDaysSince[1980]": "string",
    "dateTimeSecondsSince[0]": "string",
    "dateTimeSecondsSince[1960]": "string",
    "dateTimeSecondsSince[1970]": "string",
    "dateTimeSecondsSince[1980]": "string",
}
TEMPORAL = frozenset({"date", "time", "dateTime"})

LEVELS_TOLD = 8
_KINDS_TOLD: dict[Kind, str] = {
    "double": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "string": "text",
}
# Types that travel as text and are no text to a person.
_TYPES = {
    "date": "a date in ISO 8601, such as 2012-02-13",
    "time": "a time in ISO 8601 without a time zone, such as 08:18:05",
    "dateTime": "a date and time in ISO 8601 without a time zone, such as 2012-02-13T08:18:05",
} | {
    name: f"a whole number of {'seconds' if 'Seconds' in name else 'days'} ({name})"
    for name in KINDS
    if name.endswith("]")
}


def treated(treatment: str | None, replacement: str | None) -> str:
    """What becomes of a missing or an invalid value, in a few words that a value can precede.

    Args:
        treatment: ``missingValueTreatment`` or ``invalidValueTreatment``; None where there is none.
        replacement: the value that is put in, if there is one.
    """
    if treatment == "returnInvalid":
        return "is a data error"
    if treatment == "asMissing":
        return "counts as missing"
    return "is taken as it is" if replacement is None else f"is taken for {replacement}"


def _one_of(values: tuple[str, ...]) -> str:
    return f"one of {_listed(values)}"


def _listed(values: tuple[str, ...]) -> str:
    more = f", … ({len(values)})" if len(values) > LEVELS_TOLD else ""
    return ", ".join(values[:LEVELS_TOLD]) + more


@dataclass(frozen=True, slots=True)
class InputField:
    """One field that a record brings.

    Attributes:
        name: the field's name, as in the record.
        data_type: PMML dataType (``double``, ``float``, ``integer``, ``string``, ...).
        optype: ``continuous``, ``categorical`` or ``ordinal``.
        required: whether a record without it is a data error.
        values: the levels that are valid, as text; empty when any value is.
        intervals: the ranges that are valid; empty when any number is. What is outside is a data
            error only where ``invalid_value_treatment`` says so.
        missing_values: values that stand for "missing", as text.
        invalid_values: values declared invalid, as text.
        missing_value_treatment, missing_value_replacement: what the model does with a missing one.
        invalid_value_treatment, invalid_value_replacement: what it does with an invalid one;
            ``returnInvalid`` means that such a record is a data error.
    """

    name: str
    data_type: str
    optype: str
    required: bool
    values: tuple[str, ...] = ()
    intervals: tuple[Interval, ...] = ()
    missing_values: tuple[str, ...] = ()
    invalid_values: tuple[str, ...] = ()
    missing_value_treatment: str | None = None
    missing_value_replacement: str | None = None
    invalid_value_treatment: str = "returnInvalid"
    invalid_value_replacement: str | None = None

    @property
    def kind(self) -> Kind:
        """How its values travel."""
        return KINDS[self.data_type]

    def describe(self) -> str:
        """What is admitted, for a person.

        A range or a set of levels is a condition only where what is outside is refused. Elsewhere
        it says how the model takes what is outside; a range that changes nothing is left out.
        """
        text = _TYPES.get(self.data_type) or _KINDS_TOLD[self.kind]
        treatment = self.invalid_value_treatment
        within = " in " + " or ".join(str(interval) for interval in self.intervals)
        if treatment == "returnInvalid":
            parts = [_one_of(self.values)] if self.values else []
            parts += [text + within] if self.intervals else []
            others = f" other than {_listed(self.invalid_values)}" if self.invalid_values else ""
            return " or ".join(parts) or text + others
        if self.intervals and treatment == "asIs":
            return text
        how = treated(treatment, self.invalid_value_replacement)
        if self.intervals:
            return f"{text}; any that is not{within} {how}"
        return f"{_one_of(self.values)}; any other {how}" if self.values else text


@dataclass(frozen=True, slots=True)
class OutputField:
    """One result: the target field, or an ``OutputField`` of the document.

    Attributes:
        name: the name in the result.
        data_type: PMML dataType.
        feature: ``predictedValue``, ``probability``, ``transformedValue``, ...
        value: the class that a probability is of.
        target: whether it is the target field itself.
        levels: the classes that the target can take, as text; empty for numbers.
    """

    name: str
    data_type: str
    feature: str = "predictedValue"
    value: str | None = None
    target: bool = False
    levels: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        """How its values travel."""
        return KINDS[self.data_type]


@dataclass(frozen=True, slots=True)
class Schema:
    """What can be said of a document without its elements.

    Attributes:
        inputs: what a record brings, in the order of the mining schema.
        outputs: what a result has: the target field, then every output field.
        supplementary: fields that a record may bring although the model does not use them.
        kind: the model's element, as ``MiningModel``.
        function: its mining function, as ``regression``.
        version: the PMML version, as ``4.4``.
        application: the producer, with its version.
        verification: records with the results that they should have, where it has some.
    """

    inputs: tuple[InputField, ...]
    outputs: tuple[OutputField, ...]
    supplementary: tuple[str, ...]
    kind: str
    function: str
    version: str
    application: str | None
    verification: ModelVerification | None = None


def schema_of(document: Document) -> Schema:
    """The schema of a document.

    Raises:
        DocumentError: as :func:`inputs_of` and :func:`outputs_of`.
    """
    return Schema(
        inputs=inputs_of(document),
        outputs=outputs_of(document),
        supplementary=document.model.supplementary,
        kind=document.model.kind,
        function=document.model.function,
        version=document.version,
        application=document.application,
        verification=verification_of(document.model.element),
    )


def inputs_of(document: Document) -> tuple[InputField, ...]:
    """The inputs of a document's model, in the order of its mining schema.

    Raises:
        DocumentError: a mining field is not in the data dictionary, or has an unknown type.
    """
    fields = []
    for mining in document.model.active_fields:
        data = document.data_fields.get(mining.name)
        if data is None:
            raise DocumentError(
                f"MiningField {mining.name!r} is not in the DataDictionary", "export it again"
            )
        fields.append(_input(data, mining))
    return tuple(fields)


def _input(data: DataField, mining: MiningField) -> InputField:
    _known_type(data.data_type, data.name)
    # Intervals of a categorical field have no meaning; a continuous field may have both intervals
    # and single values, and "the values define the valid ones" then (DataDictionary).
    optype = mining.optype or data.optype  # "overrides the value in the DataField" (MiningSchema)
    continuous = optype == "continuous"
    if continuous and data.intervals and KINDS[data.data_type] == "string":
        raise DocumentError(
            f"field {data.name!r} is a {data.data_type} and has an Interval, which is of numbers",
            "export it again",
        )
    return InputField(
        name=data.name,
        data_type=data.data_type,
        optype=optype,
        required=mining.missing_value_treatment == "returnInvalid",
        values=data.values_of("valid"),
        intervals=data.intervals if continuous else (),
        missing_values=data.values_of("missing"),
        invalid_values=data.values_of("invalid"),
        missing_value_treatment=mining.missing_value_treatment,
        missing_value_replacement=mining.missing_value_replacement,
        invalid_value_treatment=mining.invalid_value_treatment,
        invalid_value_replacement=mining.invalid_value_replacement,
    )


def outputs_of(document: Document) -> tuple[OutputField, ...]:
    """The results of a document's model: its targets, then its output fields.

    A model without a target (a clustering, say) and without output fields has one result, named
    ``predictedValue``.
    """
    model = document.model
    found: dict[str, OutputField] = {}
    for name in model.result_targets:
        data = document.data_fields.get(name)
        if data is None:
            continue
        _known_type(data.data_type, name)
        levels = data.values_of("valid") if data.optype != "continuous" else ()
        found[name] = OutputField(name, data.data_type, target=True, levels=levels)
    target = next(iter(found.values()), None)
    for output in model.output_fields:
        data_type = output.data_type or _output_type(output.feature, target)
        _known_type(data_type, output.name)
        labels = target.levels if target and output.feature == "predictedValue" else ()
        found.setdefault(
            output.name,
            OutputField(output.name, data_type, output.feature, output.value, levels=labels),
        )
    if not found:
        data_type = "double" if model.function == "regression" else "string"
        found["predictedValue"] = OutputField("predictedValue", data_type, target=True)
    return tuple(found.values())


def _output_type(feature: str, target: OutputField | None) -> str:
    """The type of an output field that declares none, by its feature."""
    if feature in ("predictedValue", "predictedDisplayValue", "decision") and target:
        return target.data_type
    numeric = {"probability", "residual", "standardError", "standardDeviation", "confidence"}
    numeric |= {"affinity", "clusterAffinity", "entityAffinity", "support", "lift", "leverage"}
    return "double" if feature in numeric else "string"


def _known_type(data_type: str, name: str) -> None:
    if data_type not in KINDS:
        raise DocumentError(
            f"field {name!r} has the unknown dataType {data_type!r}",
            f"use one of {', '.join(KINDS)}",
        )
