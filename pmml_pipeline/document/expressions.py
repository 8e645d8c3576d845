"""Expressions and the fields that are derived with them.

Source: PMML 4.4, Transformations and Functions.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Literal

from pmml_pipeline.document.model import Element

InvalidValueTreatment = Literal["returnInvalid", "asIs", "asMissing"]
OutlierTreatment = Literal["asIs", "asMissingValues", "asExtremeValues"]


@dataclass(frozen=True, slots=True)
class Constant:
    """``Constant``: a value, written as the element's text."""

    line: int
    content: str
    data_type: str | None = None
    missing: bool = False


@dataclass(frozen=True, slots=True)
class FieldRef:
    """``FieldRef``: the value of a field."""

    line: int
    field: str
    map_missing_to: str | None = None


@dataclass(frozen=True, slots=True)
class LinearNorm:
    """``LinearNorm``: one point (orig, norm) of a piecewise linear function."""

    orig: float
    norm: float


@dataclass(frozen=True, slots=True)
class NormContinuous:
    """``NormContinuous``: a piecewise linear function of a field."""

    line: int
    field: str
    points: tuple[LinearNorm, ...]
    map_missing_to: float | None = None
    outliers: OutlierTreatment = "asIs"


@dataclass(frozen=True, slots=True)
class NormDiscrete:
    """``NormDiscrete``: 1 where a field has a value, otherwise 0."""

    line: int
    field: str
    value: str
    method: Literal["indicator", "thermometer"] = "indicator"
    map_missing_to: float | None = None


@dataclass(frozen=True, slots=True)
class BinInterval:
    """``Interval`` of a bin."""

    closure: Literal["openClosed", "openOpen", "closedOpen", "closedClosed"]
    left_margin: float | None = None
    right_margin: float | None = None
    TAG = "Interval"


@dataclass(frozen=True, slots=True)
class DiscretizeBin:
    """``DiscretizeBin``: the value of an interval."""

    bin_value: str
    interval: BinInterval


@dataclass(frozen=True, slots=True)
class Discretize:
    """``Discretize``: a number to the value of the interval that it lies in."""

    line: int
    field: str
    bins: tuple[DiscretizeBin, ...]
    map_missing_to: str | None = None
    default_value: str | None = None
    data_type: str | None = None


@dataclass(frozen=True, slots=True)
class FieldColumnPair:
    """``FieldColumnPair``: a column that is compared with a field."""

    field: str
    column: str


@dataclass(frozen=True, slots=True)
class MapValues:
    """``MapValues``: a look-up in a table by the values of some fields."""

    line: int
    output_column: str
    pairs: tuple[FieldColumnPair, ...]
    inline_table: Element | None = field(default=None, metadata={"tag": "InlineTable"})
    map_missing_to: str | None = None
    default_value: str | None = None
    data_type: str | None = None


@dataclass(frozen=True, slots=True)
class Apply:
    """``Apply``: a function of expressions."""

    line: int
    function: str
    arguments: tuple[Expression, ...]
    map_missing_to: str | None = None
    default_value: str | None = None
    invalid_value_treatment: InvalidValueTreatment = "returnInvalid"
    x_math_context: Literal["float", "double"] | None = None


@dataclass(frozen=True, slots=True)
class TextIndexNormalization:
    """``TextIndexNormalization``: a table of what is replaced in a text before it is searched.

    What is None is as in the ``TextIndex``.
    """

    line: int
    inline_table: Element = field(metadata={"tag": "InlineTable"})
    in_field: str = "string"
    out_field: str = "stem"
    regex_field: str = "regex"
    recursive: bool = False
    is_case_sensitive: bool | None = None
    max_levenshtein_distance: int | None = None
    # Replacing works on the text as a whole, so how words are found makes no difference to it.
    IGNORED = ("wordSeparatorCharacterRE", "x-wordRE", "tokenize")


@dataclass(frozen=True, slots=True)
class TextIndex:
    """``TextIndex``: how often a term is in a text.

    ``x-wordRE`` is JPMML's extension: what a word is, instead of what is between words.
    """

    line: int
    text_field: str
    term: Expression
    normalizations: tuple[TextIndexNormalization, ...] = ()
    local_term_weights: Literal[
        "termFrequency", "binary", "logarithmic", "augmentedNormalizedTermFrequency"
    ] = "termFrequency"
    is_case_sensitive: bool = False
    max_levenshtein_distance: int = 0
    count_hits: Literal["allHits", "bestHits"] = "allHits"
    separator: str = field(default=r"\s+", metadata={"name": "wordSeparatorCharacterRE"})
    tokenize: bool = True
    word: str | None = field(default=None, metadata={"name": "x-wordRE"})


@dataclass(frozen=True, slots=True)
class Lag:
    """``Lag``: the value of a field in an earlier record."""

    line: int
    field: str
    n: int = 1
    aggregate: str = "none"
    blocks: tuple[Element, ...] = dataclasses.field(default=(), metadata={"tag": "BlockIndicator"})


@dataclass(frozen=True, slots=True)
class Aggregate:
    """``Aggregate``: a field summarised over several records."""

    line: int
    field: str
    function: Literal["count", "sum", "average", "min", "max", "multiset"]
    group_field: str | None = None
    sql_where: str | None = None


Expression = (
    Constant
    | FieldRef
    | NormContinuous
    | NormDiscrete
    | Discretize
    | MapValues
    | Apply
    | TextIndex
    | Lag
    | Aggregate
)


@dataclass(frozen=True, slots=True)
class FieldValue:
    """``Value`` of a derived field."""

    value: str
    property: Literal["valid", "invalid", "missing"] = "valid"
    display_value: str | None = None
    TAG = "Value"


@dataclass(frozen=True, slots=True)
class DerivedField:
    """``DerivedField``: a field that an expression computes."""

    line: int
    name: str
    optype: Literal["continuous", "categorical", "ordinal"]
    data_type: str
    expression: Expression
    values: tuple[FieldValue, ...] = ()
    display_name: str | None = None


@dataclass(frozen=True, slots=True)
class ParameterField:
    """``ParameterField``: a parameter of a function."""

    name: str
    optype: str | None = None
    data_type: str | None = None
    display_name: str | None = None


@dataclass(frozen=True, slots=True)
class DefineFunction:
    """``DefineFunction``: a function that the document defines."""

    line: int
    name: str
    optype: Literal["continuous", "categorical", "ordinal"]
    parameters: tuple[ParameterField, ...]
    expression: Expression
    data_type: str | None = None


@dataclass(frozen=True, slots=True)
class TransformationDictionary:
    """``TransformationDictionary``: functions and derived fields of the whole document."""

    functions: tuple[DefineFunction, ...] = ()
    fields: tuple[DerivedField, ...] = ()


@dataclass(frozen=True, slots=True)
class LocalTransformations:
    """``LocalTransformations``: derived fields of one model."""

    fields: tuple[DerivedField, ...] = ()
