"""The scorer: a loaded model, from records to results."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pmml_pipeline.admission import FrameAdmission, RecordAdmission, Repeated
from pmml_pipeline.document import Document, bytes_of, read
from pmml_pipeline.engines import Engine, Opened, open_engine
from pmml_pipeline.engines.protocol import RecordRules, Result, ResultColumn, RowError, TakesRecords
from pmml_pipeline.errors import DataError, DocumentError, FieldError
from pmml_pipeline.schema import InputField, OutputField, Schema
from pmml_pipeline.sharing import Scored, in_parts, spans

Table = Mapping[str, Sequence[Any] | npt.NDArray[Any]]

if TYPE_CHECKING:
    from pmml_pipeline.store.artifact import Artifact
    from pmml_pipeline.store.manifest import Certificate


class Scorer:
    """A document on an engine. Get one from :func:`pmml_pipeline.load`.

    Safe to use from many threads at once.

    Attributes:
        inputs: what a record brings, in the order of the document's mining schema.
        outputs: what a result has: the target field, then every output field.
        engine: name of the engine.
        schema: what is known of the document: inputs, outputs, version, producer.
        artifact: the artifact it was loaded from; None for a bare PMML file.
        extra_fields, threads: as they were given to ``load``.
    """

    def __init__(
        self,
        path: Path,
        document: Document | None,
        engine: str,
        *,
        artifact: Artifact | None = None,
        extra_fields: str = "refuse",
        threads: int = 1,
        opened: Opened | None = None,
    ) -> None:
        self.path = path
        self.engine = engine
        self.extra_fields = extra_fields
        self.threads = threads
        self.artifact = artifact
        if opened is None:
            opened = open_engine(engine, path, document)
        self._engine: Engine = opened.engine
        self._document = opened.document
        self._sha256 = opened.sha256
        self.schema: Schema = opened.schema
        self.inputs: tuple[InputField, ...] = self.schema.inputs
        self.outputs: tuple[OutputField, ...] = self.schema.outputs
        supplementary = self.schema.supplementary
        self._records = RecordAdmission(self.inputs, supplementary, extra_fields)
        self._frames = FrameAdmission(self.inputs, supplementary, extra_fields)
        self._names = [output.name for output in self.outputs]
        # A prediction or a probability that is absent means that there is no score at all. Other
        # results (a reason code, a transformed value) may be absent by design, but not all of them.
        self._essential = [
            i
            for i, o in enumerate(self.outputs)
            if o.target or o.feature in ("predictedValue", "probability")
        ]
        self._shortcut = self._shortcut_json = None
        if isinstance(self._engine, TakesRecords):
            shortcut = self._engine.shortcut(
                RecordRules(
                    inputs=self.inputs,
                    supplementary=tuple(supplementary),
                    refuse_extra=extra_fields == "refuse",
                    outputs=self.outputs,
                    essential=frozenset(self._essential),
                )
            )
            if shortcut is not None:
                self._shortcut, self._shortcut_json = shortcut

    @property
    def bridge(self) -> str | None:
        """The address of the server that scores; None where the engine is in this process."""
        return getattr(self._engine, "address", None)

    @property
    def sha256(self) -> str:
        """Of the document's bytes, as they were loaded."""
        if not self._sha256:
            self._sha256 = hashlib.sha256(bytes_of(self.path)).hexdigest()
        return self._sha256

    @property
    def document(self) -> Document:
        """The document as read, without the nodes of its trees; read now if it was not before.

        Raises:
            DocumentError: it cannot be read, or is not the one that was loaded.
        """
        if self._document is None:
            data = bytes_of(self.path)
            if hashlib.sha256(data).hexdigest() != self._sha256:
                raise DocumentError(f"{self.path} has changed since it was loaded", "load it again")
            self._document = read(data, trees=False)
        return self._document

    @property
    def certificate(self) -> Certificate | None:
        """The proof that came with the artifact; None for a bare PMML file (uncertified)."""
        return None if self.artifact is None else self.artifact.manifest.certificate

    def score(self, record: Mapping[str, Any]) -> dict[str, Result]:
        """Scores one record.

        Args:
            record: field name to value. Text is parsed to the declared type; None and NaN are
                missing, and so is a field that is absent.

        Returns:
            The target field, then every output field, by name.

        Raises:
            DataError: the record is not one that the inputs admit, or the model has no score for
                it; with one entry per field.
            TypeError: the record is no mapping.
        """
        if self._shortcut is not None:
            results = self._shortcut(record)
            if results is not None:
                return results
        cells = self._records.cells(record)
        try:
            values = self._engine.score_record(cells)
        except RowError as error:
            raise DataError([_unscorable(str(error))]) from None
        for i in self._essential:
            value = values[i]
            if value is None or (type(value) is float and value - value != 0.0):
                raise DataError([_unscorable(_no_score(self._names[i]))])
        if not self._essential and all(v is None or v != v for v in values):
            raise DataError([_unscorable(_NO_RESULT)])
        return dict(zip(self._names, values, strict=True))

    def score_plain_json(self, text: bytes, start: int, stop: int, bare: bool) -> bytes | None:
        """Scores one record from JSON to JSON, where it is plain; for services.

        Plain is a record that the inputs admit and that is written as programs write it: for any
        other, and on an engine that knows no JSON, :meth:`score` has to decide.

        Args:
            text: bytes of which the record is a part.
            start: where it begins.
            stop: where it ends.
            bare: whether the value stands without its name, where there is a single output.

        Returns:
            What :meth:`score` gives for the record, in JSON; None where that has to decide.
        """
        if self._shortcut_json is None:
            return None
        return self._shortcut_json(text, start, stop, bare)

    def score_frame(self, frame: Any, *, errors: str = "errors") -> Any:
        """Scores a table.

        Args:
            frame: a pandas or polars DataFrame, or a pyarrow Table, with a column per input.
            errors: name of the column of errors.

        Returns:
            A table of the same kind (pandas: with the same index): a column for every output, then
            the errors, which are null in the rows that were scored and say what is wrong in the
            others, whose outputs are null.

        Raises:
            DataError: a required column is absent, there is a column that is no input, or two
                columns have the same name.
            TypeError: the frame is of another kind.
            ValueError: an output has the name of the column of errors.
        """
        from pmml_pipeline import frames

        if errors in self._names:
            raise ValueError(
                f"the model has an output {errors!r}; give the column of errors another name, as "
                f"score_frame(frame, errors='{errors}_of_rows')"
            )

        def score(start: int, stop: int) -> Scored:
            return self._score(*frames.columns_of(frames.part(frame, start, stop)))

        parts = self._parts(frames.length(frame))
        if len(parts) > 1:
            columns, found = in_parts(score, parts, self.threads)
            rows = parts[-1][1]
        else:
            table, rows = frames.columns_of(frame)
            columns, found = self._score(table, rows, self.threads)
        texts = np.empty(rows, dtype=object)  # of None, until there is an error
        for row, error in found.items():
            texts[row] = error.cause
        named = dict(zip(self._names, columns, strict=True))
        return frames.like(frame, named, self.outputs, texts, errors)

    def score_columns(
        self, table: Table, rows: int
    ) -> tuple[list[npt.NDArray[Any]], dict[int, DataError]]:
        """Scores columns; what :meth:`score_frame` stands on.

        Args:
            table: a value per row for every input, each of length ``rows``.
            rows: how many rows there are.

        Returns:
            An array per output, in their order (float64 with NaN for none, otherwise objects with
            None; int64 or bool can stand for them where there is none without a result), and the
            error of each row that has no score.

        Raises:
            DataError: a required column is absent or there is a column that is no input.
            TableError: a column has not one value per row.
        """
        parts = self._parts(rows)
        if len(parts) > 1 and all(_can_be_cut(column, rows) for column in table.values()):
            columns, errors = in_parts(partial(self._score_rows, table), parts, self.threads)
        else:
            columns, errors = self._score(table, rows, self.threads)
        return [c.array() if isinstance(c, Repeated) else c for c in columns], errors

    def _parts(self, rows: int) -> list[tuple[int, int]]:
        return spans(rows, self.threads) if self._engine.shares_rows else [(0, rows)]

    def _score_rows(self, table: Table, start: int, stop: int) -> Scored:
        some = {
            name: c.part(start, stop) if isinstance(c, Repeated) else c[start:stop]
            for name, c in table.items()
        }
        return self._score(some, stop - start)

    def _score(self, table: Table, rows: int, threads: int = 1) -> Scored:
        columns, refused = self._frames.columns(table, rows)
        results = self._engine.score_columns(columns, rows, threads)
        errors = {row: DataError(fields) for row, fields in refused.items()}
        for row, text in results.errors.items():
            errors.setdefault(row, DataError([_unscorable(text)]))
        for i in self._essential:
            text = _no_score(self._names[i])
            for absent in np.flatnonzero(_absent(results.columns[i])):
                errors.setdefault(int(absent), DataError([_unscorable(text)]))
        if not self._essential and results.columns:
            nothing = np.logical_and.reduce([_missing(values) for values in results.columns])
            for row in np.flatnonzero(nothing).tolist():
                errors.setdefault(row, DataError([_unscorable(_NO_RESULT)]))
        if errors:
            bad = np.fromiter(errors, dtype=np.int64, count=len(errors))
            return [without(values, bad) for values in results.columns], errors
        return list(results.columns), errors


def _can_be_cut(column: Any, rows: int) -> bool:
    """Whether a column has one value per row, and parts that are columns."""
    return isinstance(column, (list, tuple, np.ndarray, Repeated)) and len(column) == rows


def _absent(values: ResultColumn) -> npt.NDArray[np.bool_]:
    """Where there is no score: none, NaN, or infinite, which is an overflow on the way."""
    if isinstance(values, np.ndarray) and values.dtype == np.float64:
        absent: npt.NDArray[np.bool_] = ~np.isfinite(values)
        return absent
    return _missing(values)


def _missing(values: ResultColumn) -> npt.NDArray[np.bool_]:
    """Where there is none, or NaN."""
    if isinstance(values, Repeated):
        return values.places < 0
    if values.dtype == np.float64:
        return np.isnan(values)
    if values.dtype != object:
        return np.zeros(len(values), dtype=bool)
    return np.array([value is None for value in values], dtype=bool)


def without(values: ResultColumn, bad: npt.NDArray[np.int64]) -> Any:
    """The results, but none in some rows; the same array where that can hold none."""
    if not len(bad):
        return values
    if isinstance(values, Repeated):
        values.places[bad] = -1
        return values
    if values.dtype == np.float64:
        values[bad] = np.nan
        return values
    values = values.astype(object)
    values[bad] = None
    return values


_NO_RESULT = "the engine gives no result"


def _no_score(name: str) -> str:
    return f"the engine gives no finite {name}"


def _unscorable(text: str) -> FieldError:
    return FieldError("", "unscorable", None, text)
