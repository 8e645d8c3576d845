"""Tables in and out: pandas, polars and Arrow through one path (narwhals)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
from narwhals.exceptions import DuplicateError

from pmml_pipeline.admission import Repeated
from pmml_pipeline.engines.protocol import ResultColumn
from pmml_pipeline.errors import DataError, EngineUnavailableError, FieldError
from pmml_pipeline.kernels.telling import tell_apart
from pmml_pipeline.schema import OutputField

_DTYPES = {
    "double": nw.Float64,
    "integer": nw.Int64,
    "boolean": nw.Boolean,
    "string": nw.String,
}


def columns_of(frame: Any) -> tuple[dict[str, Sequence[Any] | npt.NDArray[Any]], int]:
    """The columns of a table by name, and the number of rows.

    Raises:
        TypeError: the object is no table that narwhals knows.
        DataError: two columns have the same name.
    """
    frame = _as_table(frame)
    try:
        table = nw.from_native(frame, eager_only=True)
        names = table.columns
    except DuplicateError as error:
        said = " ".join(str(error).split())
        raise DataError([FieldError("", "unknown_field", None, said)]) from None
    except TypeError:
        kind = type(frame).__qualname__
        raise TypeError(
            f"a {kind} is no table to score; give a pandas or polars DataFrame or a pyarrow Table "
            "(collect() a LazyFrame, to_frame() a Series), a dict of columns to score_columns, and "
            "a single record to score"
        ) from None
    if table.implementation.is_pandas():
        # The names may be anything. Those that are no text are no inputs, and need no values.
        columns = {n: _of_pandas(s) if isinstance(n, str) else () for n, s in frame.items()}
    else:
        columns = {n: _values(table[n]) for n in names}
    return columns, len(table)


def _as_table(frame: Any) -> Any:
    """A batch of Arrow's as the table that it is."""
    module = sys.modules.get("pyarrow")
    if module is not None and isinstance(frame, module.RecordBatch):
        return module.Table.from_batches([frame])
    return frame


def _of_pandas(series: Any) -> Sequence[Any] | npt.NDArray[Any]:
    """What :func:`_values` gives, without a wrapper, which costs more than the values here."""
    dtype = series.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "fiub":
        return series.to_numpy()  # type: ignore[no-any-return]
    if isinstance(dtype, sys.modules["pandas"].StringDtype):
        texts = _by_arrow(lambda arrow: arrow.array(series.array))
        if texts is not None:
            return texts
    return _values(nw.from_native(series, series_only=True))


def _values(series: Any) -> Sequence[Any] | npt.NDArray[Any]:
    """The values without loss: an array where that keeps them, otherwise a list.

    A whole number beside a null would become a double, and a time stamp an integer of some unit.
    """
    dtype = series.dtype
    if dtype in (nw.Int128, nw.UInt128):  # NumPy has no such numbers
        return series.to_list()  # type: ignore[no-any-return]
    whole = dtype.is_integer() or dtype == nw.Boolean
    if dtype.is_float() or (whole and not series.null_count()):
        return np.asarray(series.to_numpy())
    if dtype in (nw.String, nw.Categorical, nw.Enum):
        texts = _texts(series)
        if texts is not None:
            return texts
    return series.to_list()  # type: ignore[no-any-return]


def _texts(series: Any) -> Repeated | None:
    """A column of texts; None where Arrow does not take the values for texts, or is not there."""
    if str(getattr(series.to_native(), "dtype", "")) == "object":  # pandas: it may hold anything
        return None
    return _by_arrow(lambda _: series.to_arrow())


def _by_arrow(array_of: Callable[[Any], Any]) -> Repeated | None:
    """Texts by way of Arrow, which tells them apart faster than Python can.

    None where there is no Arrow, or where it does not take the values for texts.

    Args:
        array_of: given the module ``pyarrow``, the column as one of its arrays.
    """
    try:
        import pyarrow as pa
    except ImportError:
        return None
    try:
        array = array_of(pa)
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        if not pa.types.is_dictionary(array.type):
            found = _told_apart(array.cast(pa.large_string()))
            if found is not None:
                return found
            array = array.dictionary_encode()
    except (pa.ArrowException, ImportError):
        return None
    values = array.dictionary.to_pylist()
    if not all(type(value) is str for value in values):
        return None
    places = array.indices.cast(pa.int64()).fill_null(-1)
    return Repeated(values, places.to_numpy())


def _told_apart(array: Any) -> Repeated | None:
    """An Arrow array of large strings by way of the kernels, which are faster still and, unlike
    Arrow, as fast in each of several threads; None where they are not to be had or give up."""
    if not len(array):  # which need not have buffers
        return Repeated([], np.empty(0, dtype=np.int64))
    valid, offsets, data = array.buffers()
    first = array.offset
    try:
        found = tell_apart(
            data.address if data is not None else 0,
            offsets.address + 8 * first,
            valid.address if valid is not None else 0,
            first,
            len(array),
        )
    except EngineUnavailableError:
        return None
    if found is None:
        return None
    places, firsts = found
    return Repeated(array.take(firsts).to_pylist(), places)


def part(frame: Any, start: int, stop: int) -> Any:
    """Some rows of a table of many, of the kind that :func:`columns_of` takes."""
    if hasattr(frame, "iloc"):  # pandas; its columns may have any names
        return frame.iloc[start:stop]
    return _as_table(frame)[start:stop]


def length(frame: Any) -> int:
    """How many rows a table has; 0 for what is none."""
    try:
        return len(nw.from_native(_as_table(frame), eager_only=True))
    except (TypeError, DuplicateError):
        return 0


def like(
    frame: Any,
    columns: Mapping[str, ResultColumn],
    outputs: Sequence[OutputField],
    errors: npt.NDArray[np.object_],
    errors_name: str = "errors",
) -> Any:
    """Results as a table of the kind of ``frame``, with its index where it has one.

    Of a record batch it is a table.
    """
    namespace = nw.from_native(_as_table(frame), eager_only=True).implementation
    kinds = {output.name: output.kind for output in outputs}
    if namespace.is_pandas():
        return _pandas(frame, columns, kinds, {errors_name: errors})
    data = {name: _listed(values) for name, values in columns.items()}
    schema: dict[str, Any] = {name: _DTYPES[kinds[name]]() for name in columns}
    return nw.from_dict(
        {**data, errors_name: list(errors)},
        schema={**schema, errors_name: nw.String()},
        backend=namespace,
    ).to_native()


def _listed(values: ResultColumn) -> list[Any]:
    if isinstance(values, Repeated):
        return list(values.array())
    if values.dtype == np.float64:
        return [None if v != v else v for v in values.tolist()]
    return values.tolist()  # type: ignore[no-any-return]


def _pandas(
    frame: Any,
    columns: Mapping[str, ResultColumn],
    kinds: Mapping[str, str],
    errors: Mapping[str, npt.NDArray[np.object_]],
) -> Any:
    """pandas has an index to keep, and no whole-number type with nulls unless one is chosen."""
    import pandas as pd

    found: dict[str, Any] = {}
    for name, values in columns.items():
        if isinstance(values, Repeated):
            # The type that pandas gives to texts is found on the different ones.
            texts = pd.Series([*values.values, None], dtype=object).infer_objects().array
            found[name] = texts.take(values.places)
            continue
        if values.dtype != np.object_:
            found[name] = values
            continue
        series = pd.Series(values, index=frame.index, copy=False)
        # Beside a None, pandas would make doubles of whole numbers.
        as_it_is = kinds[name] == "double" or (kinds[name] == "integer" and series.isna().any())
        found[name] = series if as_it_is else series.infer_objects()
    for name, texts in errors.items():
        found[name] = pd.Series(texts, frame.index, dtype=object, copy=False)
    return pd.DataFrame(found, index=frame.index, copy=False)
