"""``pmml-pipeline score``: files of records in, files of results out, in bounded memory."""

from __future__ import annotations

import csv
import shlex
import sys
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pmml_pipeline.cli import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmml_pipeline.cli.records import Chunk
    from pmml_pipeline.scorer import Scorer

SOME_ROWS_HAD_ERRORS = 2
KINDS_SHOWN = 5
# Texts of a CSV cell with which other programs write "missing".
MISSING_BY_HABIT = ("NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "<NA>", "?")


class Form(StrEnum):
    """How records are written in a file."""

    csv = "csv"
    jsonl = "jsonl"
    parquet = "parquet"


class Extra(StrEnum):
    """What to do with columns that are no inputs."""

    refuse = "refuse"
    ignore = "ignore"


SUFFIXES = {
    ".csv": Form.csv,
    ".jsonl": Form.jsonl,
    ".ndjson": Form.jsonl,
    ".parquet": Form.parquet,
    ".pq": Form.parquet,
}


def score(
    path: Annotated[
        str,
        typer.Argument(metavar="PATH", help="A model, a version, a URL of either, or a PMML file."),
    ],
    source: Annotated[
        str,
        typer.Option(
            "--input",
            "-i",
            metavar="FILE",
            help="A .csv, .jsonl or .parquet file; - is standard input.",
        ),
    ] = "-",
    target: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="FILE", help="A file of these kinds; - is standard output."
        ),
    ] = "-",
    engine: Annotated[
        str,
        typer.Option(metavar="NAME", help="auto is the fastest engine that the certificate names."),
    ] = "auto",
    extra: Annotated[
        Extra, typer.Option(help="What to do with columns that are no inputs.")
    ] = Extra.refuse,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAMES", help="Columns to copy to the output, as id,name; may be given again."
        ),
    ] = None,
    missing: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TEXT",
            help="Text of a CSV cell that stands for missing; may be given again.",
            show_default="the empty cell",
        ),
    ] = None,
    input_format: Annotated[
        Form | None, typer.Option(help="Where the name does not tell.", show_default="csv")
    ] = None,
    output_format: Annotated[
        Form | None,
        typer.Option(help="Where the name does not tell.", show_default="that of the input"),
    ] = None,
) -> None:
    """Score a file of records.

    The output has a row for every row of the input, in its order: the columns to keep, the results,
    and errors, which says what is wrong with a row that has no score.

    The status is 0 when every row was scored, 2 when some rows had errors, 1 when it failed.
    """
    from pmml_pipeline.cli.opening import open_scorer
    from pmml_pipeline.cli.records import Wanted
    from pmml_pipeline.cli.sinks import open_sink
    from pmml_pipeline.cli.sources import open_source

    form = input_format or _form_of(source) or Form.csv
    default = form if target != "-" or form != Form.parquet else Form.csv
    output_form = output_format or _form_of(target) or default
    _check_ends(source, target, form, output_form, bool(missing))
    scorer = open_scorer(path, engine)
    wanted = Wanted(
        inputs=scorer.inputs,
        supplementary=scorer.schema.supplementary,
        keep=_names(keep or []),
        refuse_extra=extra is Extra.refuse,
        missing=tuple(missing) if missing is not None else ("",),
    )
    tally = _Tally(form)
    with (
        open_source(source, form, wanted) as opened,
        open_sink(target, output_form, wanted.keep, opened.kept_types, scorer.outputs) as sink,
        console.Meter("scoring", opened.total) as meter,
    ):
        for chunk in opened.chunks():
            sink.write(_scored(scorer, chunk, tally))
            meter.update(
                opened.done(), f"{console.count(tally.rows, 'row')}, {tally.rate():,.0f} rows/s"
            )
    console.note(tally.summary(scorer))
    if tally.errors:
        console.note(tally.reasons())
        raise typer.Exit(SOME_ROWS_HAD_ERRORS)


def _form_of(name: str) -> Form | None:
    """The form that a file's name tells.

    Raises:
        TableError: it tells none.
    """
    from pmml_pipeline.errors import TableError

    if name == "-":
        return None
    form = SUFFIXES.get(Path(name).suffix.lower())
    if form is None and Path(name).suffix:
        raise TableError(
            f"the name {name} does not tell how the records are written",
            f"use one of {', '.join(SUFFIXES)}, or give --input-format or --output-format",
        )
    return form


def _check_ends(source: str, target: str, form: Form, output_form: Form, csv_only: bool) -> None:
    """Refuses what could not end well, before anything is loaded.

    Raises:
        TableError: there is no input, or it would be overwritten, or the forms do not go.
    """
    from pmml_pipeline.errors import TableError

    if source == "-" and sys.stdin.isatty():
        raise TableError("there is no input", "give a file with --input")
    if source == "-" and form is Form.parquet:
        raise TableError("Parquet cannot be read from standard input", "give a file with --input")
    if target == "-" and output_form is Form.parquet and sys.stdout.isatty():
        raise TableError("Parquet is not for the terminal", "give a file with --output")
    if "-" not in (source, target):
        one, other = Path(source), Path(target)
        if one.is_file() and other.is_file() and one.samefile(other):
            raise TableError(f"{source} is both input and output", "give another --output")
    if csv_only and form is not Form.csv:
        raise TableError(f"--missing is for CSV and the input is {form}", "leave it out")


def _names(given: Sequence[str]) -> tuple[str, ...]:
    """Column names as CSV: a name with a comma can be quoted."""
    return tuple(dict.fromkeys(name for row in csv.reader(given) for name in row if name))


def _scored(scorer: Scorer, chunk: Chunk, tally: _Tally) -> dict[str, Any]:
    """The columns of the output for some rows."""
    import numpy as np

    from pmml_pipeline.errors import DataError
    from pmml_pipeline.scorer import without

    columns, errors = scorer.score_columns(chunk.columns, chunk.rows)
    texts: list[str | None] = [None] * chunk.rows
    for row, fields in chunk.unknown.items():
        known = errors[row].fields if row in errors else ()
        errors[row] = DataError([*known, *fields])
    for row, error in errors.items():
        texts[row] = error.cause
    for row, fault in chunk.faults.items():
        texts[row] = f"数据错误 (data error): {fault}"
    blank = np.array([row for row, text in enumerate(texts) if text is not None], dtype=np.int64)
    columns = [without(values, blank) for values in columns]
    tally.add(chunk.rows, [e.fields for r, e in errors.items() if r not in chunk.faults])
    tally.add_faults(len(chunk.faults))
    results = {o.name: values for o, values in zip(scorer.outputs, columns, strict=True)}
    return {**chunk.kept, **results, "errors": texts}


class _Tally:
    """Counts what has been scored, and what kept other rows from it."""

    def __init__(self, form: Form) -> None:
        self._csv = form is Form.csv
        self.rows = self.errors = 0
        self._kinds: Counter[str] = Counter()
        self._unknown: dict[str, None] = {}
        self._blanks: set[str] = set()
        self._seconds = console.Stopwatch()

    def add(self, rows: int, errors: Sequence[Sequence[Any]]) -> None:
        """Some rows, and for each that has no score what is wrong with its fields."""
        self.rows += rows
        self.errors += len(errors)
        for fields in errors:
            self._kinds.update({" ".join((f.field, f.code)).strip() for f in fields})
            self._blanks.update(
                f.value
                for f in fields
                if f.code in ("unseen_level", "wrong_type")
                and isinstance(f.value, str)
                and f.value in MISSING_BY_HABIT
            )
            self._unknown.update((f.field, None) for f in fields if f.code == "unknown_field")

    def add_faults(self, count: int) -> None:
        """Rows that are no records."""
        self.errors += count
        if count:
            self._kinds["no record"] += count

    def rate(self) -> float:
        """Rows per second."""
        return self.rows / max(self._seconds(), 1e-9)

    def summary(self, scorer: Scorer) -> str:
        """One line for the end."""
        certificate = scorer.certificate
        proof = "uncertified"
        if certificate is not None and scorer.engine in certificate.engines_certified:
            proof = f"certified {certificate.describe()}"
        return (
            f"{console.count(self.rows, 'row')}, {self.errors:,} with errors, "
            f"in {self._seconds():.1f} s "
            f"({self.rate():,.0f} rows/s); engine {scorer.engine}, {proof}"
        )

    def reasons(self) -> str:
        """The most frequent kinds of errors, and what to do about fields that are no inputs."""
        kinds = self._kinds.most_common()
        shown = ", ".join(f"{count:,} x {kind}" for kind, count in kinds[:KINDS_SHOWN])
        if len(kinds) > KINDS_SHOWN:
            shown += f", and {console.count(len(kinds) - KINDS_SHOWN, 'other kind')}"
        if self._unknown:
            names = ",".join(list(self._unknown)[:KINDS_SHOWN])
            shown += f"; copy such fields to the output with --keep {names}, or --extra ignore"
        if self._blanks and self._csv:
            texts = " ".join(f"--missing {shlex.quote(t)}" for t in ("", *sorted(self._blanks)))
            shown += f"; if {' and '.join(sorted(self._blanks))} stand for missing, add {texts}"
        return f"errors: {shown}"
