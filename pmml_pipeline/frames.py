"""Tables in and out: pandas, polars and Arrow through one path (narwhals)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
from narwhals.exceptions import DuplicateError

from pmml_pipeline.errors import DataError, FieldError
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
    try:
        table = nw.from_native(frame, eager_only=True)
        names = table.columns
    except DuplicateError as error:
        said = " ".join(str(error).split())
        raise DataError([FieldError("", "unknown_field", None, said)]) from None
    # pandas may have names that are no text. They are no inputs, and a number would be a position.
    return {n: _values(table[n]) if isinstance(n, str) else () for n in names}, len(table)


def _values(series: Any) -> Sequence[Any] | npt.NDArray[Any]:
    """The values without loss: an array where that keeps them, otherwise a list.

    A whole number beside a null would become a double, and a time stamp an integer of some unit.
    """
    dtype = series.dtype
    if dtype in (nw.Int128, nw.UInt128):  # NumPy has no such numbers
        return series.to_list()  # type: ignore[no-any-return]
    if dtype.is_float() or (dtype.is_integer() and not series.null_count()):
        return np.asarray(series.to_numpy())
    return series.to_list()  # type: ignore[no-any-return]


def like(
    frame: Any,
    columns: Mapping[str, npt.NDArray[Any]],
    outputs: Sequence[OutputField],
    errors: Sequence[str | None],
    errors_name: str = "errors",
) -> Any:
    """Results as a table of the kind of ``frame``, with its index where it has one."""
    namespace = nw.from_native(frame, eager_only=True).implementation
    kinds = {output.name: output.kind for output in outputs}
    if namespace.is_pandas():
        return _pandas(frame, columns, kinds, {errors_name: errors})
    data = {
        name: [None if v != v else v for v in values.tolist()]
        if values.dtype == np.float64
        else values.tolist()
        for name, values in columns.items()
    }
    schema: dict[str, Any] = {name: _DTYPES[kinds[name]]() for name in columns}
    return nw.from_dict(
        {**data, errors_name: list(errors)},
        schema={**schema, errors_name: nw.String()},
        backend=namespace,
    ).to_native()


def _pandas(
    frame: Any,
    columns: Mapping[str, npt.NDArray[Any]],
    kinds: Mapping[str, str],
    errors: Mapping[str, Sequence[str | None]],
) -> Any:
    """pandas has an index to keep, and no whole-number type with nulls unless one is chosen."""
    import pandas as pd

    found = {}
    for name, values in columns.items():
        series = pd.Series(values, index=frame.index)
        # Beside a None, pandas would make doubles of whole numbers.
        as_it_is = kinds[name] == "double" or (kinds[name] == "integer" and series.isna().any())
        found[name] = series if as_it_is else series.infer_objects()
    for name, texts in errors.items():
        found[name] = pd.Series(texts, index=frame.index, dtype=object)
    return pd.DataFrame(found, index=frame.index)
