"""Dates and times as numbers: days or seconds since 1970, seconds of the day.

Source: PMML 4.4, DataDictionary (dataType) and Functions ("Date/time").
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

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


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
# "formatDatetime: the format follows POSIX strftime". Names are English, whatever the machine's
# language.
_DATE: dict[str, Callable[[datetime.datetime], str]] = {
    "Y": lambda m: f"{m.year:04}",
    "y": lambda m: f"{m.year % 100:02}",
    "C": lambda m: f"{m.year // 100:02}",
    "m": lambda m: f"{m.month:02}",
    "d": lambda m: f"{m.day:02}",
    "e": lambda m: f"{m.day:2}",
    "j": lambda m: f"{m.timetuple().tm_yday:03}",
    "u": lambda m: str(m.isoweekday()),
    "w": lambda m: str(m.isoweekday() % 7),
    "a": lambda m: _DAYS[m.weekday()][:3],
    "A": lambda m: _DAYS[m.weekday()],
    "b": lambda m: _MONTHS[m.month - 1][:3],
    "h": lambda m: _MONTHS[m.month - 1][:3],
    "B": lambda m: _MONTHS[m.month - 1],
    "D": lambda m: f"{m.month:02}/{m.day:02}/{m.year % 100:02}",
    "F": lambda m: f"{m.year:04}-{m.month:02}-{m.day:02}",
}
_TIME: dict[str, Callable[[datetime.datetime], str]] = {
    "H": lambda m: f"{m.hour:02}",
    "I": lambda m: f"{(m.hour + 11) % 12 + 1:02}",
    "M": lambda m: f"{m.minute:02}",
    "S": lambda m: f"{m.second:02}",
    "p": lambda m: "AM" if m.hour < 12 else "PM",
    "R": lambda m: f"{m.hour:02}:{m.minute:02}",
    "T": lambda m: f"{m.hour:02}:{m.minute:02}:{m.second:02}",
}
_PLAIN = {"%": "%", "n": "\n", "t": "\t"}
_DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)


def check_moment_format(pattern: str, data_type: str) -> None:
    """Refuses a format that is not known, or that asks a date for its time.

    Raises:
        ValueError: says what it is.
    """
    known = {**(_DATE if data_type != "time" else {}), **(_TIME if data_type != "date" else {})}
    for directive in _DIRECTIVE.findall(pattern):
        if directive not in known and directive not in _PLAIN:
            raise ValueError(f"the format {'%' + directive!r} of a {data_type} is not supported")


def formatted(number: float, data_type: str, pattern: str) -> str:
    """A date or time in the words of ``strftime``."""
    unit = DAY if data_type == "date" else 1
    moment = _EPOCH + datetime.timedelta(seconds=number * unit)
    known = {**_DATE, **_TIME}

    def part(found: re.Match[str]) -> str:
        name = found[1]
        return _PLAIN[name] if name in _PLAIN else known[name](moment)

    return _DIRECTIVE.sub(part, pattern)


def days_until(year: int) -> int:
    """Days from 1970 to the first of January of a year."""
    return datetime.date(year, 1, 1).toordinal() - _EPOCH.toordinal()
