"""Measures the online service over HTTP, one record a request: ``make bench-serve``.

``wrk`` and one server at a time share the processors, each server in turn, several rounds. Beside
the service there are an endpoint of the same server that parses the same JSON and answers a
constant, which is the most that any service of that kind can reach, and other people's services of
the same model. While a server is under load, golden rows are sent to it and their answers compared.
It needs ``wrk`` (Debian, Ubuntu: apt-get install wrk).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

import pmml_pipeline as pp
from benchmarks import wrk
from benchmarks.case import BUILD
from benchmarks.environments import OWN, SERVING, python_of
from benchmarks.results import show, table, verdict
from benchmarks.servers.constant import CONSTANT
from examples import credit
from pmml_pipeline.store import models

MODEL = "credit"
RECORDS = 200  # different ones, sent in turn
CONNECTIONS = 8
CHECKED_S = 0.05  # seconds between two answers that are compared
SHARE, SLOWER, MLSERVER, FLASK = 0.70, 1.3, 5.0, 20.0
_BOUND = {1: "at least", -1: "at most"}
SERVERS = Path(__file__).with_name("servers")


@dataclass
class Side:
    """A server, and what came of the load on it.

    Attributes:
        name: for people.
        command: starts it, with ``{port}`` for the port.
        environment: where its interpreter is.
        path: that requests are posted to.
        bodies: requests, the same records for every side.
        expected: what is to come out of each.
        found: of an answer, what is compared.
    """

    name: str
    command: Sequence[str]
    environment: str
    path: str
    bodies: Sequence[str]
    expected: Sequence[Any]
    found: Callable[[Any], Any]
    loads: list[wrk.Load] = field(default_factory=list)
    compared: int = 0

    @property
    def rate(self) -> float:
        """Answers in a second, the median of all rounds."""
        return statistics.median(load.rate for load in self.loads)

    def beside(self, other: Side, what: Callable[[wrk.Load], float]) -> float:
        """The median of the ratios of single rounds."""
        pairs = zip(self.loads, other.loads, strict=True)
        return statistics.median(what(mine) / what(theirs) for mine, theirs in pairs)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints, writes into the results; 1 when a figure is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--alone", action="store_true", help="nothing but the constant beside it")
    parser.add_argument("--store", type=Path, default=BUILD / "serving-store")
    given = parser.parse_args(arguments)
    if not wrk.available():
        parser.error("wrk is needed (Debian, Ubuntu: apt-get install wrk)")
    if MODEL not in (models(given.store) if given.store.is_dir() else ()):
        given.store.mkdir(parents=True, exist_ok=True)
        credit.export(str(given.store))
    with tempfile.TemporaryDirectory(prefix="pmml-bench-") as folder:
        sides = _sides(given.store, Path(folder), alone=given.alone)
        for number in range(given.rounds):
            for side in sides:
                print(f"{side.name}, round {number + 1} of {given.rounds} ...", flush=True)
                _measure(side, given.connections, given.seconds)
    lines, met = _told(sides, given.connections)
    show("serving", lines, keep=not given.alone and given.rounds >= 3)
    return 0 if met else 1


def _sides(store: Path, folder: Path, *, alone: bool) -> list[Side]:
    X, _ = credit.load()
    rows = X.dropna().sample(RECORDS, random_state=0)  # MLServer takes no null
    scorer = pp.load(store / MODEL, engine="compiled")
    records = [_plain(row) for row in rows.to_dict("records")]
    scores = [scorer.score(record) for record in records]
    bodies = [json.dumps({"instances": [record]}) for record in records]
    predict = f"/v1/models/{MODEL}:predict"
    command = ("-m", "pmml_pipeline.cli", "serve", "--artifacts", str(store), "--port", "{port}")
    first: Callable[[Any], Any] = lambda told: told["predictions"][0]  # noqa: E731
    service = Side("pmml-pipeline serve", command, OWN, predict, bodies, scores, first)
    constant = ("-m", "benchmarks.servers.constant", "--port", "{port}")
    sides = [
        service,
        Side("a constant", constant, OWN, predict, bodies, [CONSTANT] * RECORDS, lambda told: told),
    ]
    return sides if alone else sides + _others(store, folder, rows, bodies, scores)


def _others(
    store: Path, folder: Path, rows: Any, bodies: Sequence[str], scores: Sequence[Mapping[str, Any]]
) -> list[Side]:
    artifact = pp.load(store / MODEL).artifact
    assert artifact is not None
    flask = (str(SERVERS / "flask_pypmml.py"), str(artifact.document_path), "{port}")
    labels = [name for name in scores[0] if name.startswith("probability")]  # all it gives
    plain = Side(
        *("Flask and pypmml", flask, SERVING, "/predict", bodies),
        [[score[label] for label in labels] for score in scores],
        lambda told: [told["predictions"][0][label] for label in labels],
    )
    booster = _booster(rows, folder / MODEL)
    good = [score["probability(good)"] for score in scores]
    if any(abs(one - other) > 1e-10 for one, other in zip(booster, good, strict=True)):
        raise ValueError("LightGBM does not score the records as the artifact does")
    (folder / MODEL / "model-settings.json").write_text(
        json.dumps(
            {
                "name": MODEL,
                "implementation": "mlserver_lightgbm.LightGBMModel",
                "parameters": {"uri": "./model.txt"},
            }
        )
    )
    codes = rows.apply(lambda c: c.cat.codes if c.name in credit.CATEGORIES else c).astype(float)
    tensors = [
        json.dumps(
            {
                "inputs": [
                    {
                        **{"name": "x", "shape": [1, len(row)], "datatype": "FP64"},
                        "data": row,
                    }
                ]
            }
        )
        for row in codes.to_numpy().tolist()
    ]
    command = (str(SERVERS / "mlserver_light.py"), str(folder), "{port}")
    infer = f"/v2/models/{MODEL}/infer"
    return [
        plain,
        Side(
            *("MLServer and LightGBM", command, SERVING, infer, tensors, good),
            lambda told: told["outputs"][0]["data"][0],
        ),
    ]


def _booster(rows: Any, folder: Path) -> list[float]:
    """Trains the model anew, saves it for LightGBM, and scores the rows."""
    X, y = credit.load()
    X_train, _, y_train, _ = train_test_split(X, y, test_size=0.25, stratify=y, random_state=0)
    fitted = credit.fit(X_train, y_train)
    folder.mkdir()
    fitted.booster_.save_model(folder / "model.txt")
    scores: list[float] = np.asarray(fitted.booster_.predict(rows)).tolist()
    return scores


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: v.item() if hasattr(v, "item") else v for name, v in row.items()}


def _measure(side: Side, connections: int, seconds: float) -> None:
    with _running(side) as port:
        for number, body in enumerate(side.bodies):  # which warms it too
            _compare(side, number, _post(port, side.path, body))
        done = threading.Event()
        faults: list[Exception] = []

        def compare() -> None:
            number = 0
            try:
                while not done.wait(CHECKED_S):
                    number = (number + 1) % len(side.bodies)
                    _compare(side, number, _post(port, side.path, side.bodies[number]))
                    side.compared += 1
            except Exception as error:  # noqa: BLE001 - raised where it is seen
                faults.append(error)

        comparing = threading.Thread(target=compare)
        comparing.start()
        try:
            url = f"http://127.0.0.1:{port}{side.path}"
            side.loads.append(wrk.load(url, side.bodies, connections, seconds))
        finally:
            done.set()
            comparing.join()
        for fault in faults:
            raise fault
        if side.loads[-1].failed:
            raise ValueError(f"{side.loads[-1].failed} requests to {side.name} failed")


def _post(port: int, path: str, body: str) -> Any:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
        if response.status != 200:
            raise ValueError(f"{path} answered {response.status}: {text[:300]!r}")
        return json.loads(text)
    finally:
        connection.close()


def _compare(side: Side, number: int, told: Any) -> None:
    """Raises:
    ValueError: the answer is another one.
    """
    found, expected = side.found(told), side.expected[number]
    if found != expected and not _close(found, expected):
        raise ValueError(f"{side.name} answers {found!r} instead of {expected!r}")


def _close(found: Any, expected: Any) -> bool:
    """Whether another library's result is the same to 10 decimals."""
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(_close, found, expected))
    if isinstance(expected, float):
        return isinstance(found, float) and abs(found - expected) <= 1e-10
    return bool(found == expected)


@contextmanager
def _running(side: Side) -> Iterator[int]:
    """The port of a server that answers, which is ended afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(python_of(side.environment)), *side.command]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [part.replace("{port}", str(port)) for part in command],
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that its children end with it
        )
        try:
            _wait(side, port, process)
            yield port
        except BaseException:
            said.seek(0)
            print(said.read().decode("utf-8", "replace")[-2000:], file=sys.stderr)
            raise
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait(side: Side, port: int, process: subprocess.Popen[bytes], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            _post(port, side.path, side.bodies[0])
            return
        except (OSError, ValueError) as error:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{side.name} does not answer: {error}") from error
            time.sleep(0.1)


def _told(sides: Sequence[Side], connections: int) -> tuple[list[str], bool]:
    service = sides[0]
    rows = [
        [
            *(side.name, f"{side.rate:,.0f}"),
            *(f"{statistics.median(f(load) for load in side.loads):.2f}" for f in (_median, _high)),
            *(f"{service.beside(side, _rate):.2f}", f"{side.compared:,}"),
        ]
        for side in sides
    ]
    head = ["server", "requests/s", "median ms", "99th percentile ms", "the service, times"]
    lines = [
        f"Model `{MODEL}`, {RECORDS} different records, one a request, {connections} connections.",
        "",
        *table([*head, "answers compared under load"], rows),
        "",
    ]
    figures = [
        (
            "requests/s beside a constant",
            SHARE,
            service.beside(sides[1], _rate),
            1,
        ),
        ("99th percentile beside a constant", SLOWER, service.beside(sides[1], _high), -1),
    ]
    for side, wanted in zip(sides[2:], (FLASK, MLSERVER), strict=False):
        figures.append(
            (
                f"requests/s beside {side.name}",
                wanted,
                service.beside(side, _rate),
                1,
            )
        )
    met = [found >= wanted if sign > 0 else found <= wanted for _, wanted, found, sign in figures]
    lines += table(
        ["figure", "wanted", "found", ""],
        [
            [
                name,
                f"{_BOUND[sign]} {wanted:g}",
                f"{found:.2f}",
                verdict(ok),
            ]
            for (name, wanted, found, sign), ok in zip(figures, met, strict=True)
        ],
    )
    return lines, all(met)


def _rate(load: wrk.Load) -> float:
    return load.rate


def _median(load: wrk.Load) -> float:
    return load.median


def _high(load: wrk.Load) -> float:
    return load.high


if __name__ == "__main__":
    sys.exit(main())
