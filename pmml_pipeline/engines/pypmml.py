"""The engine ``pypmml``: PMML4S, the Java library inside the pypmml package (Apache-2.0).

Its quirks end in this file:

- pypmml's own Python classes are not used: their default gateway starts a second process, and
  their DataFrame path goes through JSON that rounds every input to 10 decimals.
- Its method that takes an array reads a missing whole number as the smallest one and a missing
  truth value as false. So rows are made by ``Series.fromArray``, which keeps what is missing.
- With an ``Output`` element it leaves out the predicted label, unless asked for supplements (which
  fail on models without a target).
- A class that the reached leaf of a tree does not list has the probability NaN instead of 0.
- It computes in double where the document says ``float``. A comparison ``float32(x) <= t`` comes
  out right all the same when ``x`` is handed over as the double whose shortest decimal is that of
  the float32 value, since thresholds are written as such decimals. That is done for float fields
  that are only compared, never computed with.
- It answers None or NaN where other engines raise; the scorer turns those into data errors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pmml_pipeline.admission import Cell, Column
from pmml_pipeline.document import Document
from pmml_pipeline.engines.jvm.block import BlockModel
from pmml_pipeline.engines.jvm.runtime import java_class
from pmml_pipeline.engines.protocol import Engine, Result, Results
from pmml_pipeline.errors import UnsupportedDocumentError
from pmml_pipeline.schema import InputField, OutputField

MODEL = "org.pmml4s.model.Model"


def load(
    path: Path, document: Document, inputs: Sequence[InputField], outputs: Sequence[OutputField]
) -> Engine:
    """Loads a document; see :func:`pmml_pipeline.engines.open_engine`."""
    block_scorer = java_class("pmmlpipeline.blocks.BlockScorer")
    model_class = java_class(MODEL)
    try:
        model = model_class.fromFile(str(path))
        taken = [str(name) for name in model.inputNames()]
        given = [str(name) for name in model.outputNames()]
        if not {output.name for output in outputs} <= set(given):
            given = [str(name) for name in model.setSupplementOutput(True).outputNames()]
    except Exception as error:
        raise UnsupportedDocumentError(
            f"pypmml refuses the document ({error})", "use another engine"
        ) from error
    names = [field.name for field in inputs]
    computed = _computed_fields(document)
    kinds = "".join(
        "f" if f.data_type == "float" and f.name not in computed else f.kind[0] for f in inputs
    )
    scorer = block_scorer.ofArrays(
        model,
        MODEL,
        "predict",
        "org.pmml4s.data.Series",
        "fromArray",
        "asArray",
        [names.index(name) if name in names else -1 for name in taken],
        [_position(output, given, outputs) for output in outputs],
        kinds,
        [list(field.values) for field in inputs],
        "".join("s" if output.kind == "string" else "d" for output in outputs),
        [list(output.levels) for output in outputs],
    )
    return _Model(scorer, inputs, outputs)


class _Model(BlockModel):
    """Adds the zero probabilities that PMML4S leaves out."""

    def __init__(
        self, scorer: Any, inputs: Sequence[InputField], outputs: Sequence[OutputField]
    ) -> None:
        super().__init__(scorer, inputs, outputs)
        self._probabilities = [i for i, o in enumerate(outputs) if o.feature == "probability"]

    def score_record(self, cells: list[Cell]) -> Sequence[Result]:
        values = list(super().score_record(cells))
        if any(values[i] is None for i in self._probabilities):
            given = [values[i] for i in self._probabilities if values[i] is not None]
            if _is_whole(math.fsum(given)):  # type: ignore[arg-type]
                for i in self._probabilities:
                    values[i] = values[i] or 0.0
        return values

    def score_columns(self, columns: Sequence[Column], rows: int, threads: int = 1) -> Results:
        results = super().score_columns(columns, rows, threads)
        if len(self._probabilities) > 1:
            given = np.array([results.columns[i] for i in self._probabilities])
            whole = _is_whole(np.nansum(given, axis=0))
            for i in self._probabilities:
                values = results.columns[i]
                assert isinstance(values, np.ndarray)
                values[np.isnan(values) & whole] = 0.0
        return results


def _is_whole(total: Any) -> Any:
    """Whether probabilities that were given leave nothing for those that were not."""
    return abs(total - 1.0) < 1e-12


def _position(output: OutputField, given: Sequence[str], outputs: Sequence[OutputField]) -> int:
    """Where the engine's answer has a result: under its own name, or as a supplement."""
    names = [output.name]
    if output.target:
        names.append(f"predicted_{output.name}")
        # Where an output field repeats the prediction there is no supplement.
        names.extend(o.name for o in outputs if o.feature == "predictedValue")
    for name in names:
        if name in given:
            return given.index(name)
    if output.target and given:
        unnamed = [i for i, name in enumerate(given) if name.startswith("predicted")]
        if unnamed:
            return unnamed[0]
    raise UnsupportedDocumentError(
        f"pypmml gives no result {output.name!r} for this document (it gives {', '.join(given)})",
        "use another engine",
    )


def _computed_fields(document: Document) -> set[str]:
    """Fields that an expression or a model computes with, as opposed to only comparing them."""
    found = set()
    for element in document.root.walk():
        if element.tag == "FieldRef":
            found.add(element.get("field") or "")
        elif element.tag in ("NumericPredictor", "CategoricalPredictor", "PPCell"):
            found.add(element.get("name") or element.get("predictorName") or "")
        elif element.tag in ("FieldColumnPair", "ClusteringField", "KNNInput", "BayesInput"):
            found.add(element.get("field") or element.get("fieldName") or "")
    return found
