"""Dates and times as numbers: days or seconds since 1970, seconds of the day.

Source: PMML 4.4, DataDictionary (dataType) and Functions ("Date/time").
"""

from __future__ import annotations

import datetime

DAY = 86_400
_EPOCH = datetime.datetime(1970, 1, 1)
TEMPORAL = ("date", "dateTime", "time")


def is_counted(data_type: str) -> bool:
    """Whether values of the type are numbers already: dateDaysSince[1970] and such."""
    return data_type.startswith(("dateDaysSince[", "dateTimeSecondsSince[", "timeSeconds"))


def number_of(text: str, data_type: str) -> float:
    """A date or time, written as ISO 8601, as a number.

    Raises:
        ValueError: the text is none.
    """
    if is_counted(data_type):
        return float(text)
    if data_type == "time":
        time = datetime.time.fromisoformat(text)
        return time.hour * 3600 + time.minute * 60 + time.second + time.microsecond / 1e6
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError(f"{text!r} has a time zone")
    seconds = (moment - _EPOCH).total_seconds()
    return float(seconds // DAY) if data_type == "date" else seconds


def text_of_moment(number: float, data_type: str) -> str:
    """The ISO 8601 text of a number; the opposite of :func:`number_of`."""
    if is_counted(data_type):
        return str(int(number))
    if data_type == "time":
        return (_EPOCH + datetime.timedelta(seconds=number)).time().isoformat()
    if data_type == "date":
        return (_EPOCH + datetime.timedelta(days=number)).date().isoformat()
    return (_EPOCH + datetime.timedelta(seconds=number)).isoformat()


def formatted(number: float, data_type: str, pattern: str) -> str:
    """A date or time in the words of ``strftime``."""
    unit = DAY if data_type == "date" else 1
    return (_EPOCH + datetime.timedelta(seconds=number * unit)).strftime(pattern)


def days_until(year: int) -> int:
    """Days from 1970 to the first of January of a year."""
    return datetime.date(year, 1, 1).toordinal() - _EPOCH.toordinal()
