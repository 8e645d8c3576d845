"""One value of one field: read as the declared type, checked against the declared values.

What comes out is a *cell*: a float (NaN is missing), an int, a bool or a str (None is missing).
Behind this package nothing looks at a raw value again. A value of the wrong type is refused
whatever the document's invalidValueTreatment, because guessing at it would hide a fault upstream;
a value of the right type that is not a valid one is refused when the treatment is
``returnInvalid`` and handed to the engine otherwise.

Source: PMML 4.4, DataDictionary ("valid, invalid and missing values") and MiningSchema.
"""

from __future__ import annotations

import datetime
import numbers
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import numpy as np

from pmml_pipeline.document.model import Interval, to_float32
from pmml_pipeline.errors import DocumentError, FieldErrorCode
from pmml_pipeline.schema import TEMPORAL, InputField

Cell = float | int | bool | str | None
Reader = Callable[[Any], Cell]

# Stands for a missing whole number or truth value where cells are packed as 64-bit integers.
INTEGER_MISSING = int(np.iinfo(np.int64).min)
LARGEST = 2**63 - 1
_EXACT = 2**53  # whole numbers below it are doubles
_PRESENT_TYPES = frozenset({str, int, bool})
_MISSING_TYPES = frozenset({"NAType", "NaTType"})  # pandas' own marks, without importing pandas
_BOOLEANS = {"true": True, "false": False}
_ZONE = "PMML has no time zones: convert it to the zone of training, and leave the zone out"
NAN = float("nan")


class RefusedError(Exception):
    """One value that its field does not admit.

    Attributes:
        code: what is wrong.
        fix: what to do about this very value, where that is more than the field's description says.
    """

    def __init__(self, code: FieldErrorCode, fix: str | None = None) -> None:
        super().__init__(code)
        self.code: FieldErrorCode = code
        self.fix = fix


def is_missing(value: Any) -> bool:
    """Whether a value is None, NaN (a decimal one too), NumPy's NaT, or pandas' NA or NaT."""
    if value is None:
        return True
    if type(value) in _PRESENT_TYPES:
        return False
    if isinstance(value, float | np.floating):
        return bool(value != value)
    if isinstance(value, Decimal):
        return value.is_nan()
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    return type(value).__name__ in _MISSING_TYPES


def cell_reader(field: InputField) -> Reader:
    """The function that turns a raw value of the field into a cell.

    It raises :class:`RefusedError` with the code of what is wrong.
    """
    return _double_reader(field) if field.kind == "double" else _discrete_reader(field)


def _converter(field: InputField) -> Callable[[Any], Any]:
    """What turns a present value of any type into one of the field's type."""
    if field.kind == "double":
        return _as_double
    if field.kind == "integer":
        return _as_integer
    if field.kind == "boolean":
        return _as_boolean
    if field.data_type in TEMPORAL:
        return _temporal(field.data_type)
    return _as_text if field.data_type == "string" else _as_number_text


def _double_reader(field: InputField) -> Reader:
    required = field.required
    missing = missing_marks(field)
    refused = validity(field)

    def read(value: Any) -> Cell:
        number = value if type(value) is float else _as_double(value)
        if number != number or number in missing:
            if required:
                raise RefusedError("missing")
            return NAN
        if refused is not None:
            code = refused(number)
            if code is not None:
                raise RefusedError(code)
        return number

    return read


def _discrete_reader(field: InputField) -> Reader:
    required = field.required
    convert = _converter(field)
    missing = missing_marks(field)
    refused = validity(field)

    def read(value: Any) -> Cell:
        cell = None if is_missing(value) else convert(value)
        if cell is None or cell in missing:
            if required:
                raise RefusedError("missing")
            return None
        if refused is not None:
            code = refused(cell)
            if code is not None:
                raise RefusedError(code)
        return cell  # type: ignore[no-any-return]

    return read


def validity(field: InputField) -> Callable[[Any], FieldErrorCode | None] | None:
    """A check of a typed, present value: the code of what is wrong with it, or None.

    None instead of a check when the field admits every value of its type.
    """
    values, invalid, intervals = validity_sets(field)
    if not (values or invalid or intervals):
        return None
    single = field.data_type == "float"
    outside: FieldErrorCode = "out_of_range" if intervals else "unseen_level"

    def check(value: Any) -> FieldErrorCode | None:
        if value in values:
            return None
        if value in invalid:
            return outside
        if intervals:
            number = to_float32(value) if single else value
            return None if any(i.contains(number) for i in intervals) else outside
        return outside if values else None

    return check


def validity_sets(
    field: InputField,
) -> tuple[frozenset[Any], frozenset[Any], tuple[Interval, ...]]:
    """The values, typed, that are valid, those that are not, and the intervals of valid numbers.

    All are empty when the field admits every value of its type.
    """
    if field.invalid_value_treatment != "returnInvalid":
        return frozenset(), frozenset(), ()
    single = field.data_type == "float"
    intervals = tuple(i.as_float32() if single else i for i in field.intervals)
    return _declared(field, field.values), _declared(field, field.invalid_values), intervals


def missing_marks(field: InputField) -> frozenset[Any]:
    """The values, typed, that stand for a missing one besides None and NaN."""
    return _declared(field, field.missing_values)


def _declared(field: InputField, values: Iterable[str]) -> frozenset[Any]:
    """The values that the document declares, typed."""
    convert = _converter(field)
    found = set()
    for value in values:
        try:
            found.add(convert(value))
        except RefusedError:
            raise DocumentError(
                f"Value {value!r} of DataField {field.name!r} is no {field.data_type}",
                "export the document again",
            ) from None
    if field.data_type == "float":  # a record brings 0.1 as a double or as the float32
        found |= {to_float32(number) for number in found}
    return frozenset(found)


def _parse_double(text: str) -> float:
    if text.lower() in _BOOLEANS:
        return float(_BOOLEANS[text.lower()])
    try:
        # Python would take its own digit separator, and digits of any script.
        if "_" in text or not text.isascii():
            raise ValueError
        return float(text)
    except ValueError:
        raise RefusedError("wrong_type") from None


def _as_double(value: Any) -> float:
    if isinstance(value, str):
        return _parse_double(value)
    if type(value) is not int:  # which is by far the most frequent
        if is_missing(value):
            return NAN
        if isinstance(value, bool | np.bool_):
            return float(value)  # true is 1: what training libraries and PMML's casts make of it
        # To NumPy a span of time is an integer.
        if not isinstance(value, numbers.Real | Decimal) or isinstance(value, np.timedelta64):
            raise RefusedError("wrong_type")
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise RefusedError("wrong_type") from None


def _as_integer(value: Any) -> int:
    if type(value) is not int:
        if not isinstance(value, int | np.integer) or isinstance(value, np.timedelta64):
            number = _as_double(value)
            if not number.is_integer():
                raise RefusedError("wrong_type")
            if abs(number) < _EXACT:
                value = number
            elif isinstance(value, str):  # it has more digits than a double keeps
                value = Decimal(value)
        whole = int(value)
        if whole != value:
            raise RefusedError("wrong_type")
        value = whole
    if not -LARGEST <= value <= LARGEST:
        raise RefusedError("wrong_type")
    return value  # type: ignore[no-any-return]


def _as_boolean(value: Any) -> bool:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, str) and value.lower() in _BOOLEANS:
        return _BOOLEANS[value.lower()]
    raise RefusedError("wrong_type")


def _as_text(value: Any) -> str:
    if not isinstance(value, str):
        raise RefusedError("wrong_type")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:  # half of a surrogate pair, which JSON can bring, is no text
            raise RefusedError("wrong_type") from None
    return str.__str__(value)  # of an enumeration's member: the text, not the member's name


def _as_number_text(value: Any) -> str:
    """Days or seconds since an epoch: a number, handed over as text."""
    return repr(_as_integer(value))


def _temporal(data_type: str) -> Callable[[Any], str]:
    """A reader of dates and times into the one ISO 8601 form that engines parse."""
    convert = {"time": _time, "date": _date, "dateTime": _date_time}[data_type]

    def read(value: Any) -> str:
        try:
            return convert(str(value) if isinstance(value, np.datetime64) else value)
        except ValueError:
            raise RefusedError("wrong_type") from None

    return read


def _time(value: Any) -> str:
    if not isinstance(value, datetime.time):
        value = datetime.time.fromisoformat(_as_text(value))
    if value.tzinfo is not None:
        raise RefusedError("wrong_type", _ZONE)
    return str(value.isoformat())


def _date(value: Any) -> str:
    moment = _moment(value)
    if moment.time() != datetime.time():
        raise RefusedError("wrong_type")
    return moment.date().isoformat()


def _date_time(value: Any) -> str:
    return _moment(value).isoformat()


def _moment(value: Any) -> datetime.datetime:
    if not isinstance(value, datetime.date):
        value = datetime.datetime.fromisoformat(_as_text(value))
    if not isinstance(value, datetime.datetime):
        value = datetime.datetime(value.year, value.month, value.day)
    if value.tzinfo is not None:
        raise RefusedError("wrong_type", _ZONE)
    # Not the value itself: pandas' Timestamp has digits that ISO text has not.
    return datetime.datetime.combine(value.date(), value.time())
