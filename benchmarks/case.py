"""A model that was made ready to be measured, as every peer reads it.

This file is read in the environments of the peers too, so it needs NumPy and nothing else.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

BUILD = Path(__file__).resolve().parents[1] / "build" / "bench"


class Rows:
    """Rows in each form that a peer may want.

    Args:
        columns: an array per field, float64 or objects (text).
    """

    def __init__(self, columns: Mapping[str, npt.NDArray[Any]]) -> None:
        self.columns = dict(columns)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def head(self, rows: int) -> Rows:
        """The first rows."""
        return Rows({name: column[:rows] for name, column in self.columns.items()})

    def repeated(self, times: int) -> Rows:
        """The rows over and over."""
        return Rows({name: np.tile(column, times) for name, column in self.columns.items()})

    def only(self, names: Sequence[str]) -> Rows:
        """Some of the columns, in that order."""
        return Rows({name: self.columns[name] for name in names})

    @property
    def numeric(self) -> bool:
        """Whether every column is one of numbers."""
        return all(column.dtype == np.float64 for column in self.columns.values())

    def matrix(self) -> npt.NDArray[np.float64]:
        """Float64, row by row, of shape (rows, columns)."""
        return np.ascontiguousarray(np.column_stack(list(self.columns.values())))

    def frame(self) -> Any:
        """A pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame(self.columns)

    def records(self, rows: int) -> list[dict[str, Any]]:
        """The first rows as dicts of Python's own numbers and texts."""
        some = [column[:rows].tolist() for column in self.columns.values()]
        return [dict(zip(self.columns, cells, strict=True)) for cells in zip(*some, strict=True)]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a case without opening the model; see :class:`benchmarks.models.Model`.

    Attributes:
        seconds: how long it took to train and export.
    """

    name: str
    title: str
    family: str
    trees: bool
    score: str
    seconds: float = 0.0


class Case:
    """The files of a model in a folder of its own.

    Args:
        folder: that ``benchmarks.prepare`` wrote.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.facts = Facts(**json.loads((folder / "case.json").read_text(encoding="utf-8")))

    @property
    def document(self) -> Path:
        """The PMML document."""
        return self.folder / "model.pmml"

    @property
    def booster(self) -> Path:
        """LightGBM's text or XGBoost's JSON; absent for the others."""
        return self.folder / {"lightgbm": "model.txt", "xgboost": "model.json"}[self.facts.family]

    def fitted(self) -> Any:
        """The trained model. The pickle is one that this machine wrote itself, into build/."""
        with (self.folder / "model.pickle").open("rb") as file:
            return pickle.load(file)

    def rows(self) -> Rows:
        """The rows to score."""
        with np.load(self.folder / "rows.npz") as file:
            columns = {name: file[name] for name in file.files}
        return Rows({n: c if c.dtype == float else c.astype(object) for n, c in columns.items()})

    def expected(self) -> npt.NDArray[Any]:
        """What the training library itself gives, in its own precision, of shape (rows,)."""
        found: npt.NDArray[Any] = np.load(self.folder / "expected.npy")
        return found


def write(folder: Path, facts: Facts, rows: Rows, expected: npt.NDArray[Any], fitted: Any) -> None:
    """Writes all of a case but the document and the booster. ``case.json`` comes last."""
    texts = {n: c if c.dtype == float else c.astype(str) for n, c in rows.columns.items()}
    np.savez(folder / "rows.npz", **texts)  # type: ignore[arg-type]
    np.save(folder / "expected.npy", expected)
    with (folder / "model.pickle").open("wb") as file:
        pickle.dump(fitted, file)
    (folder / "case.json").write_text(json.dumps(asdict(facts)), encoding="utf-8")
