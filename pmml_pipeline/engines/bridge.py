"""An engine in a process of its own: a Java server of ``java_bridge/``, over HTTP.

So JPMML-Evaluator, its licence and its JVM stay out of this process. The server has the same
artifact, and what it says of its version is compared with the manifest here before it is asked for
a score. Records are checked on this side as for every engine, and once more on the other.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pmml_pipeline.admission import INTEGER_MISSING, Cell, Column
from pmml_pipeline.engines.protocol import Result, Results, RowError
from pmml_pipeline.errors import EngineError, EngineUnavailableError
from pmml_pipeline.schema import InputField, OutputField

TIMEOUT_S = 30.0
BATCH_ROWS, BATCH_CELLS = 2_000, 100_000  # of a request
_SHA256 = "X-Document-SHA256"
_TOO_LARGE = 413
_TRIES = 6  # while the server says that it is busy
_FIRST_WAIT_S = 0.05
_BUSY = (429, 503)
_FIX = "check that pmml-bridge-server runs there with the same store"


class BridgeModel:
    """A version at a server; see :class:`pmml_pipeline.engines.Engine`.

    Args:
        address: of the server, as ``http://127.0.0.1:8501``.
        model, version: what is scored there.
        sha256: of the document here, which has to be the one there.
        inputs, outputs: what it takes and gives, in order.

    Raises:
        ValueError: the address is none.
        EngineUnavailableError: there is no server, or it has not this version.
    """

    shares_rows = False  # most of the time passes in the other process

    def __init__(
        self,
        address: str,
        model: str,
        version: int,
        sha256: str,
        inputs: Sequence[InputField],
        outputs: Sequence[OutputField],
    ) -> None:
        parts = urllib.parse.urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise ValueError(f"{address!r} is no address; use one as 'http://127.0.0.1:8501'")
        self.address = address
        self._names = [field.name for field in inputs]
        self._booleans = [field.kind == "boolean" for field in inputs]
        self._outputs = tuple(outputs)
        self._target = f"{parts.path.rstrip('/')}/v1/models/{model}/versions/{version}"
        self._local = threading.local()
        secure = parts.scheme == "https"
        self._kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        self._place = (parts.hostname, parts.port or (443 if secure else 80))
        self._sha256 = sha256
        told = self._described()
        self.engine = str(told.get("engine"))
        hashes = told.get("sha256")
        if not isinstance(hashes, dict) or hashes.get("model.pmml") != sha256:
            raise self._another()

    def score_record(self, cells: list[Cell]) -> Sequence[Result]:
        """One record; see the protocol."""
        status, answer = self._ask([dict(zip(self._names, cells, strict=True))], partial=False)
        if status == 400 and answer.get("data_errors"):
            raise RowError(_said(answer["data_errors"][0]))
        (row,) = self._rows(status, answer, 1)
        if isinstance(row, _Refused):
            raise RowError(row.text)
        return row

    def score_columns(self, columns: Sequence[Column], rows: int, threads: int = 1) -> Results:
        """Many rows; see the protocol."""
        cells = [
            _cells(column, boolean) for column, boolean in zip(columns, self._booleans, strict=True)
        ]
        found: list[Sequence[Result] | None] = []
        errors: dict[int, str] = {}
        batch = max(1, min(BATCH_ROWS, BATCH_CELLS // max(1, len(cells))))
        for start in range(0, rows, batch):
            records = [
                {name: column[row] for name, column in zip(self._names, cells, strict=True)}
                for row in range(start, min(start + batch, rows))
            ]
            for row, results in enumerate(self._many(records), start):
                if isinstance(results, _Refused):
                    errors[row] = results.text
                    found.append(None)
                else:
                    found.append(results)
        nothing: Sequence[Result] = [None] * len(self._outputs)
        table = [nothing if row is None else row for row in found]
        return Results(
            [_column(o, [row[i] for row in table]) for i, o in enumerate(self._outputs)], errors
        )

    def _many(self, records: list[dict[str, Cell]]) -> list[list[Result] | _Refused]:
        """Some records, in as many requests as it takes: their texts may be long."""
        status, answer = self._ask(records, partial=True)
        if status == _TOO_LARGE and len(records) > 1:
            half = len(records) // 2
            return self._many(records[:half]) + self._many(records[half:])
        return self._rows(status, answer, len(records))

    def _another(self) -> EngineUnavailableError:
        return EngineUnavailableError(f"{self.address} has another document of this version", _FIX)

    def _described(self) -> Mapping[str, Any]:
        """What the server says of the version, in PMML's words."""
        status, answer = self._call("GET", "/metadata", None)
        if status != 200:
            raise EngineUnavailableError(
                f"{self.address} has no such version ({answer.get('error', status)})", _FIX
            )
        told = answer.get("metadata", {}).get("pmml")
        if not isinstance(told, dict):
            raise EngineUnavailableError(f"{self.address} is no pmml-bridge-server", _FIX)
        return told

    def _ask(self, records: list[dict[str, Cell]], partial: bool) -> tuple[int, dict[str, Any]]:
        body = json.dumps({"instances": records, "partial": partial}).encode()
        return self._call("POST", ":predict", body)

    def _rows(
        self, status: int, answer: Mapping[str, Any], count: int
    ) -> list[list[Result] | _Refused]:
        """The results of each record, in the order of the outputs."""
        predictions = answer.get("predictions")
        if status != 200 or not isinstance(predictions, list) or len(predictions) != count:
            raise EngineError(
                f"{self.address} answered {status} ({answer.get('error', 'no predictions')})", _FIX
            )
        return [self._row(prediction) for prediction in predictions]

    def _row(self, prediction: Any) -> list[Result] | _Refused:
        if isinstance(prediction, dict):
            names = [output.name for output in self._outputs]
            if len(names) > 1 and prediction.keys() == set(names):
                return [prediction[name] for name in names]
            return _Refused(_said(prediction["data_errors"][0]))
        return [prediction]

    def _call(self, method: str, verb: str, body: bytes | None) -> tuple[int, dict[str, Any]]:
        wait = _FIRST_WAIT_S
        for _ in range(_TRIES):
            status, answer = self._once(method, verb, body)
            if status not in _BUSY:
                break
            time.sleep(wait)
            wait *= 2
        return status, answer

    def _once(self, method: str, verb: str, body: bytes | None) -> tuple[int, dict[str, Any]]:
        """One request. A connection that was left open may have been closed meanwhile."""
        connection = getattr(self._local, "connection", None)
        kept = connection is not None
        if connection is None:
            connection = self._kind(*self._place, timeout=TIMEOUT_S)
        self._local.connection = None
        try:
            connection.request(method, self._target + verb, body)
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            if kept and not isinstance(error, TimeoutError):
                return self._once(method, verb, body)
            raise EngineUnavailableError(
                f"{self.address} does not answer ({error or type(error).__name__})", _FIX
            ) from None
        self._local.connection = connection
        # The server may have been started again with another store.
        told = response.headers.get(_SHA256)
        if body is not None and response.status in (200, 400) and told != self._sha256:
            raise self._another()
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        return response.status, answer if isinstance(answer, dict) else {}


class _Refused:
    """A record that the server has no score for."""

    def __init__(self, text: str) -> None:
        self.text = text


def _said(error: Mapping[str, Any]) -> str:
    """What is wrong with a record that was admitted here."""
    text = str(error.get("expected"))
    return text if error.get("code") == "unscorable" else f"{error.get('field')}: {text}"


def _cells(column: Column, boolean: bool) -> list[Any]:
    """As JSON has them."""
    if column.levels is not None:
        texts: list[str | None] = [*column.levels, None]  # which is where -1 finds it
        return [texts[place] for place in column.data.tolist()]
    if column.data.dtype == np.float64:
        return [None if value != value else value for value in column.data.tolist()]
    values = column.data.tolist()
    if boolean:
        return [None if value == INTEGER_MISSING else bool(value) for value in values]
    return [None if value == INTEGER_MISSING else value for value in values]


def _column(output: OutputField, values: list[Any]) -> Any:
    if output.kind == "double":
        return np.array([np.nan if v is None else v for v in values], dtype=np.float64)
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
