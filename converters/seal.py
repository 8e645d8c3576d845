"""Makes the document's inputs admit exactly what the model is to be asked.

The converter writes what the model does with good values. What the training library refuses - a
missing value, a number beyond float32 - it refuses in Python code that no converter sees; and some
libraries predict something for records that the model knows nothing about. So a contract is drawn
up, partly by asking the library, and written into the document, where every engine and every
reader finds it:

- a field that may not be missing gets ``missingValueTreatment="returnInvalid"``. That is one whose
  missing values the library refuses, and one that was never missing in training, unless the
  pipeline fills it in;
- a level that was never seen is refused in such a field too, where it would count as missing;
- a number that the library refuses from some size on gets an ``Interval``, in powers of ten; where
  it refuses only infinity, the margin is the largest finite number;
- a column that the model does not use becomes a ``supplementary`` field, so that a record may
  bring it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from converters.contract import Contract
from converters.markup import PMML, parse, serialise
from converters.oracle import Oracle
from pmml_pipeline.document import read
from pmml_pipeline.errors import PreflightError
from pmml_pipeline.parity.rows import Columns
from pmml_pipeline.schema import InputField, inputs_of

TRIES = 3  # real rows that are asked about; the library refuses when it refuses all of them
LARGEST_EXPONENT = 308
LARGEST_SINGLE = 3.4028234663852886e38


def seal(
    document: bytes,
    oracle: Oracle,
    real: Columns,
    never_missing: Sequence[str],
    limits: Mapping[str, tuple[float, float]],
    fills_in: bool = True,
) -> tuple[bytes, Contract]:
    """Draws up the contract of a document and writes it in.

    Args:
        document: as the converter wrote it.
        oracle: the library.
        real: real records as columns, good ones among the first.
        never_missing: columns that have to be there, unless the pipeline itself fills them in.
        limits: smallest and largest number, by field, that the exporter admits.
        fills_in: whether there are steps before the model that may fill in missing values. Without
            them a replacement in the document is a habit of the library (LightGBM takes a missing
            number for zero where it never saw one), not something that anybody decided.

    Raises:
        PreflightError: a limit is on a field that takes no numbers, or holds none.
    """
    inputs = inputs_of(read(document, trees=False))
    _check_limits(limits, inputs)
    good = _good_records(oracle, real)
    contract = Contract(
        required=frozenset(
            f.name for f in inputs if _is_required(f, oracle, good, never_missing, fills_in)
        ),
        bounds={
            f.name: bounds
            for f in inputs
            if f.name not in limits
            and _may_be_bounded(f)
            and (bounds := _bounds(oracle, good, f)) is not None
        }
        | {
            f.name: _ends(oracle, good, f, *map(float, limits[f.name]))
            for f in inputs
            if f.name in limits
        },
        single=frozenset(f.name for f in inputs if f.data_type == "float"),
    )
    contract.levels.update(
        {f.name: frozenset(f.values) for f in inputs if _refuses_unseen(f, contract)}
    )
    return _write(document, contract, real), contract


def _check_limits(limits: Mapping[str, tuple[float, float]], inputs: Sequence[InputField]) -> None:
    numeric = {f.name for f in inputs if f.optype == "continuous" and f.kind != "string"}
    causes = [
        f"limits of {name!r} are ({low}, {high}), and it is "
        + ("empty" if name in numeric else "no numeric input of the model")
        for name, (low, high) in limits.items()
        if name not in numeric or not low <= high
    ]
    if causes:
        fix = f"give (smallest, largest) for one of {', '.join(sorted(numeric))}"
        raise PreflightError("; ".join(causes), fix)


def _good_records(oracle: Oracle, real: Columns) -> list[dict[str, Any]]:
    """Some real records that the library predicts, complete ones first."""
    count = len(next(iter(real.values())))
    rows = sorted(range(min(count, 1000)), key=lambda r: sum(v[r] is None for v in real.values()))
    records = [{name: values[r] for name, values in real.items()} for r in rows[: 10 * TRIES]]
    good = []
    for record in records:
        if oracle.accepts(record):
            good.append(record)
        if len(good) == TRIES:
            break
    return good


def _is_required(
    f: InputField,
    oracle: Oracle,
    good: Sequence[Mapping[str, Any]],
    never_missing: Sequence[str],
    fills_in: bool,
) -> bool:
    filled = fills_in and f.missing_value_replacement is not None
    if f.required or (f.name in never_missing and not filled):
        return True
    return not any(oracle.accepts({**record, f.name: None}) for record in good)


def _refuses_unseen(f: InputField, contract: Contract) -> bool:
    """Whether a level that was never seen is refused.

    Where the document refuses it, that holds for the library too: XGBoost scores some unseen levels
    as their neighbour in the alphabet. Where it counts as missing, a required field refuses it.
    """
    if not f.values or f.intervals or f.kind == "boolean":
        return False
    if f.invalid_value_treatment == "asMissing":
        return f.name in contract.required
    return f.invalid_value_treatment == "returnInvalid"


def _may_be_bounded(f: InputField) -> bool:
    """A number without limits of its own; those of the training range, taken as is, are none."""
    declared = f.intervals and f.invalid_value_treatment == "returnInvalid"
    return f.optype == "continuous" and f.kind == "double" and not declared


def _bounds(
    oracle: Oracle, good: Sequence[Mapping[str, Any]], f: InputField
) -> tuple[float, float] | None:
    """The smallest and largest power of ten that the library admits; None when it admits all.

    A side on which it admits every finite number ends there, or is open where it admits infinity.
    """
    if not good:
        return None

    def exponent(sign: float) -> int:
        return _largest(lambda e: oracle.accepts({**good[0], f.name: sign * 10.0**e}))

    low, high = exponent(-1.0), exponent(1.0)
    if min(low, high) < 0:
        return None  # refusal is not a matter of size
    found = _ends(
        oracle,
        good,
        f,
        -math.inf if low == LARGEST_EXPONENT else -(10.0**low),
        math.inf if high == LARGEST_EXPONENT else 10.0**high,
    )
    return None if found == (-math.inf, math.inf) else found


def _ends(
    oracle: Oracle, good: Sequence[Mapping[str, Any]], f: InputField, low: float, high: float
) -> tuple[float, float]:
    """The bounds, with the largest finite number for an infinity that the library refuses."""
    # The margins of a float field are compared in float32, where the largest double is infinite.
    largest = LARGEST_SINGLE if f.data_type == "float" else sys.float_info.max
    refused = {
        end
        for end in (low, high)
        if math.isinf(end) and not any(oracle.accepts({**record, f.name: end}) for record in good)
    }
    return -largest if low in refused else low, largest if high in refused else high


def _largest(holds: Callable[[int], bool]) -> int:
    """The largest exponent that is admitted; -1 when even 10**0 is not."""
    if holds(LARGEST_EXPONENT):
        return LARGEST_EXPONENT
    low, high = -1, LARGEST_EXPONENT
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            low = middle
        else:
            high = middle
    return low


def _write(document: bytes, contract: Contract, real: Columns) -> bytes:
    root = parse(document)
    dictionary = root.find(f"{PMML}DataDictionary")
    schema = next(root.iter(f"{PMML}MiningSchema"))
    assert dictionary is not None  # the document has been read
    for mining in schema.findall(f"{PMML}MiningField"):
        name = mining.get("name") or ""
        if name in contract.required:
            mining.set("missingValueTreatment", "returnInvalid")
            mining.attrib.pop("missingValueReplacement", None)
        if name in contract.bounds or name in contract.levels:
            mining.set("invalidValueTreatment", "returnInvalid")
    for data in dictionary.findall(f"{PMML}DataField"):
        bounds = contract.bounds.get(data.get("name") or "")
        if bounds is not None:
            _set_interval(data, bounds)
    known = {data.get("name") for data in dictionary.findall(f"{PMML}DataField")}
    for name in (n for n in real if n not in known):
        types = {"optype": "categorical", "dataType": "string"}
        if all(isinstance(v, int | float) for v in real[name] if v is not None):
            types = {"optype": "continuous", "dataType": "double"}
        SubElement(dictionary, f"{PMML}DataField", {"name": name, **types})
        SubElement(schema, f"{PMML}MiningField", {"name": name, "usageType": "supplementary"})
    return serialise(root)


def _set_interval(data: Element, bounds: tuple[float, float]) -> None:
    for interval in data.findall(f"{PMML}Interval"):
        data.remove(interval)  # the range of the training rows, which the library does not ask
    sides = zip(("leftMargin", "rightMargin"), bounds, strict=True)
    margins = {side: repr(bound) for side, bound in sides if math.isfinite(bound)}
    if margins:
        data.insert(0, Element(f"{PMML}Interval", {"closure": "closedClosed", **margins}))
