"""Trains and exports the models that are measured, once: they are kept in ``build/bench``.

Each is converted and sealed as an export does it, so the document has every check of the inputs. It
is made again when ``models.py``, the converters or a training library change.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from benchmarks import models
from benchmarks.case import BUILD, Case, Facts, Rows, write
from benchmarks.models import MODELS, Model
from converters import table
from converters.family import Request
from converters.oracle import Oracle, columns_of
from converters.runner import run_sklearn2pmml
from converters.seal import seal
from pmml_pipeline.engines.jvm.java import find_java

MADE_OF = ("scikit-learn", "lightgbm", "xgboost", "sklearn2pmml", "numpy", "pandas")
SAMPLE = 1_000  # rows that the converter and the sealing look at, as in an export
LARGEST = 10.0  # number that a record may bring where an engine is asked for a limit


def prepared(names: Sequence[str], small: bool) -> Iterator[Case]:
    """The cases of those names; says what it does when one has to be made.

    Args:
        names: of ``MODELS``.
        small: make small models, which say whether everything works.
    """
    key = _key()
    for name in names:
        folder = BUILD / ("cases-small" if small else "cases") / name
        stamp = folder / "made-of"
        if not stamp.is_file() or stamp.read_text(encoding="utf-8") != key:
            print(f"{MODELS[name].title}: train and export ...", flush=True)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            with threadpool_limits(1):  # two that wait for one another are slower on a busy machine
                _make(name, MODELS[name], folder, small)
            stamp.write_text(key, encoding="utf-8")
        yield Case(folder)


def _key() -> str:
    converter = sorted(Path(table.__file__).parent.glob("*.py"))
    source = b"".join(path.read_bytes() for path in (Path(models.__file__), *converter))
    versions = [f"{name} {metadata.version(name)}" for name in MADE_OF]
    return "\n".join([hashlib.sha256(source).hexdigest(), *versions])


def _make(name: str, model: Model, folder: Path, small: bool) -> None:
    start = time.monotonic()
    X, y = model.data(models.ROWS)
    training = model.training[small]
    fitted = model.fit(X.head(training), y.head(training), small)
    document = _document(fitted, X.head(training), y.head(training), model.limits)
    (folder / "model.pmml").write_bytes(document)
    if model.family == "lightgbm":
        fitted.booster_.save_model(folder / "model.txt")
    elif model.family == "xgboost":
        fitted.get_booster().save_model(folder / "model.json")
    columns = {str(n): X[n].to_numpy(dtype=_kind(X[n])) for n in X.columns}
    seconds = time.monotonic() - start
    expected = _expected(fitted, X, model)
    # Where the library takes minutes for all rows, the first ones are repeated.
    times = -(-len(X) // len(expected))
    rows = Rows({n: np.tile(c[: len(expected)], times) for n, c in columns.items()})
    facts = Facts(name, model.title, model.family, model.trees, model.score, seconds)
    write(folder, facts, rows, np.tile(expected, times), fitted)


def _document(fitted: Any, X: pd.DataFrame, y: pd.Series, limited: bool) -> bytes:
    """The document as ``converters.export`` makes it, checks of the inputs included.

    What is left out is the certificate, which takes minutes for the largest: the benchmark compares
    every row that it scores.
    """
    sample = X.head(SAMPLE)
    java = find_java()
    request = Request(sample, str(y.name), lambda o: run_sklearn2pmml(o, java_home=java.home))
    family = table.find(fitted)
    converted = family.convert(fitted, request)
    oracle = Oracle(family, fitted, request)
    limits = {str(n): (-LARGEST, LARGEST) for n in X.filter(like="number")} if limited else {}
    complete = [str(name) for name in X.columns]
    columns = columns_of(sample)
    return seal(converted, oracle, columns, complete, limits, hasattr(fitted, "steps"))[0]


def _expected(fitted: Any, X: pd.DataFrame, model: Model) -> npt.NDArray[Any]:
    rows = X.head(model.distinct)
    if hasattr(fitted, "predict_proba"):
        found: npt.NDArray[Any] = fitted.predict_proba(rows)[:, 1]
        return found
    return np.asarray(fitted.predict(rows))


def _kind(column: pd.Series) -> Any:
    return float if column.dtype == float else object
