"""Do the columns of dates hold what the domains that read them declare?

A domain writes the type of its field into the document: ``DateDomain`` a date, ``DateTimeDomain`` a
date with a time. Neither has a time zone, in PMML nor in the domains.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from converters.steps import walk_steps
from converters.support import Finding

DOMAINS = ("DateDomain", "DateTimeDomain")


def date_findings(estimator: object, rows: pd.DataFrame) -> Iterator[Finding]:
    """What stops the export in columns of dates.

    Args:
        estimator: fitted or not.
        rows: what it is fitted on.
    """
    for name, domain in dict.fromkeys(_read_by_domains(estimator, [str(c) for c in rows.columns])):
        column = rows[name]
        if not isinstance(column, pd.Series) or not pd.api.types.is_datetime64_any_dtype(column):
            continue
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            yield Finding(
                "error",
                name,
                f"its dates have the time zone {column.dtype.tz}, and PMML has no time zones",
                f"convert them and leave the zone out: X[{name!r}].dt.tz_localize(None)",
            )
        elif domain == "DateDomain" and (column.dropna() != column.dropna().dt.normalize()).any():
            yield Finding(
                "error",
                name,
                "it holds times, and DateDomain declares dates without, which no record with a "
                "time would be admitted to",
                f"use DateTimeDomain, or cut the times off: X[{name!r}].dt.normalize()",
            )


def _read_by_domains(estimator: object, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Names of columns with the domain that reads them, as far as the steps say."""
    from sklearn.compose import ColumnTransformer

    divided = False
    for step in walk_steps(estimator):
        if isinstance(step.estimator, ColumnTransformer):
            divided = True
            for _, part, columns in step.estimator.transformers:
                for domain in _domains(part):
                    yield from ((name, domain) for name in _named(columns, names))
    if not divided:
        yield from ((name, domain) for domain in _domains(estimator) for name in names)


def _domains(part: object) -> list[str]:
    kinds = (type(step.estimator).__name__ for step in walk_steps(part))
    return [kind for kind in kinds if kind in DOMAINS]


def _named(columns: Any, names: Sequence[str]) -> list[str]:
    """The columns of a transformer that are given by name or by position."""
    listed = columns if isinstance(columns, list | tuple) else [columns]
    found = [names[c] if type(c) is int and -len(names) <= c < len(names) else c for c in listed]
    return [c for c in found if isinstance(c, str) and c in names]
