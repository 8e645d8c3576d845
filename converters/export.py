"""From a fitted model to a published, proven artifact: the whole way on one page."""

from __future__ import annotations

import io
import json
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from converters import preflight, programs, table
from converters.baseline import baseline
from converters.facts import training_facts
from converters.family import Family, Request, unwrapped
from converters.golden import golden_rows, to_json_lines
from converters.metrics import evaluate
from converters.oracle import Oracle, columns_of
from converters.progress import Progress, listener
from converters.refusal import not_certified
from converters.seal import seal
from converters.support import Finding
from pmml_pipeline.admission import FrameAdmission
from pmml_pipeline.document import Document, read
from pmml_pipeline.engines.jvm.java import find_java
from pmml_pipeline.errors import NotCertifiedError, PmmlPipelineWarning, PreflightError
from pmml_pipeline.parity.certify import TIME_LIMIT, OfflineRows, Proof, certify, proven_engine
from pmml_pipeline.parity.compare import TEN_DECIMALS
from pmml_pipeline.parity.reasons import losses
from pmml_pipeline.parity.report import write_report
from pmml_pipeline.parity.rows import Budget, Columns, build_rows
from pmml_pipeline.schema import InputField, OutputField, inputs_of, outputs_of
from pmml_pipeline.store.artifact import Artifact
from pmml_pipeline.store.fields import input_entry, output_entry
from pmml_pipeline.store.files import FileFact
from pmml_pipeline.store.manifest import Manifest, utc_now
from pmml_pipeline.store.publish import check_store, publish

SAMPLE_ROWS = 1_000  # how many training rows the converter and the sealing look at
BASELINE_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class Published:
    """What an export made.

    Attributes:
        artifact: the published version.
        proof: its certificate and the report behind it.
    """

    artifact: Artifact
    proof: Proof

    def __str__(self) -> str:
        certificate = self.proof.certificate
        names = ", ".join(certificate.engines_certified)
        first = f"{self.artifact.root}: {certificate.describe()} on {names}"
        return "\n".join([first, *losses(certificate)])


def export(
    fitted: Any,
    X: pd.DataFrame,
    y: pd.Series,
    *,
    model: str,
    store: Path | str = "artifacts",
    holdout: tuple[pd.DataFrame, pd.Series] | None = None,
    optional: Sequence[str] = (),
    limits: Mapping[str, tuple[float, float]] | None = None,
    tolerance: float = TEN_DECIMALS,
    engines: Sequence[str] | None = None,
    budget: Budget | None = None,
    time_limit: float = TIME_LIMIT,
    java_options: Sequence[str] = (),
    converter: str | None = None,
    progress: Progress | None = None,
) -> Published:
    """Converts a fitted model, proves it on every engine, and publishes it.

    Args:
        fitted: an estimator, pipeline or booster of a family in ``converters.table``.
        X: the rows it was trained on, shape (rows, columns), with the columns' own names.
        y: the target it was trained on, shape (rows,); its name becomes the target field.
        model: name to publish under.
        store: folder of all models.
        holdout: rows and target that it was not trained on. Without them the training rows stand
            in, and the certificate says so.
        optional: columns that a record may leave out although they were never missing in training.
            Every other such column is required (a record without it is a data error), unless the
            pipeline fills it in.
        limits: smallest and largest number that a record may bring, by column. A number outside is
            a data error.
        tolerance: absolute difference up to which two predictions agree. Wider than 1e-10 is shown
            wherever the model is shown.
        engines: which to prove; every installed one by default.
        budget: how many rows of each class.
        time_limit: seconds that each engine has to score them all.
        java_options: for the conversion, such as ``-Xmx8g``.
        converter: which program of ``converters.programs`` converts; ``sklearn2pmml`` by default.
        progress: told what is being done; by default the listener of ``converters.progress``.

    Returns:
        The published artifact and its proof.

    Raises:
        ModelNameError: the name is not admitted.
        PreflightError: the model will not convert; every reason at once. Or ``optional`` or
            ``limits`` name what is no input.
        EngineUnavailableError: ``engines`` has a name that is none.
        ConversionError: it did not convert, or the converter is not there.
        NotCertifiedError: no engine reproduces the training library; nothing is published, and the
            report is kept in a temporary folder that the error names.
        StoreError: the store cannot be written.
    """
    say = progress or listener()
    check_store(store, model)
    _check_frame(X, y)
    _check_names(optional, limits or {}, X)
    for name in engines or ():
        proven_engine(name)
    say("preflight")
    program = programs.find(converter)
    java = find_java()
    target = str(y.name)
    findings = preflight.check(
        fitted,
        list(X.columns),
        target,
        rows=X,
        java_version=java.version,
        converter=program.name,
    )
    for finding in findings:
        text = f"{finding.subject}: {finding.cause}; {finding.fix}"
        warnings.warn(text, PmmlPipelineWarning, stacklevel=2)
    family = table.find(fitted)

    def convert(wrapped: Any) -> bytes:
        return program.convert(wrapped, java_home=java.home, java_options=java_options)

    request = Request(sample=X.head(SAMPLE_ROWS), target=target, convert=convert)
    say("convert")
    converted = family.convert(fitted, request)
    oracle = Oracle(family, fitted, request)
    held_X, held_y = holdout if holdout is not None else (X, y)
    real = columns_of(held_X[list(X.columns)])
    say("seal the inputs")
    complete = [str(c) for c in X.columns if X[c].notna().all() and c not in optional]
    fills_in = hasattr(unwrapped(fitted), "steps")
    document, oracle.contract = seal(converted, oracle, real, complete, limits or {}, fills_in)

    with tempfile.TemporaryDirectory(prefix="pmml-export-") as folder:
        path = Path(folder, "model.pmml")
        path.write_bytes(document)
        parsed = read(path)
        inputs, outputs = inputs_of(parsed), outputs_of(parsed)
        say("ask the training library")
        offline = _offline(oracle, parsed, inputs, real, budget, held_out=holdout is not None)
        _check_results(offline, outputs)
        say("prove on every engine")
        proof = certify(
            path,
            outputs,
            offline,
            tolerance=tolerance,
            engines=engines,
            time_limit=time_limit,
            parsed=parsed,
            limited=frozenset(limits or ()),
        )
        proof.report["model"] = model
        proof.report["contract"] = oracle.contract.to_json()
        report = write_report(proof.report, document=parsed)
        if proof.certificate.preferred is None:
            raise not_certified(model, proof, report)
        say("publish")
        files: dict[str, bytes | Path] = {
            "model.pmml": path,
            "golden.jsonl": to_json_lines(golden_rows(offline)),
            "baseline.json": _json(_baseline(oracle, inputs, X)),
            **report,
        }
        metrics = _metrics(oracle, held_X[list(X.columns)], held_y, target, parsed)
        apart = len(holdout[0]) if holdout is not None else 0
        facts = training_facts(
            family.packages(fitted), program.versions(), len(X), apart, _device(fitted)
        )

        def manifest(version: int, written: Any) -> Manifest:
            return _manifest(
                model, version, written, parsed, inputs, outputs, offline, facts, metrics, proof
            )

        return Published(publish(store, model, files, manifest), proof)


def check(
    estimator: Any, X: pd.DataFrame, y: pd.Series, *, converter: str | None = None
) -> list[Finding]:
    """Looks for everything that would stop an export, before training is spent.

    Args:
        estimator: what is going to be fitted, or is.
        X, y: what it is going to be fitted on; names and columns of dates are looked at.
        converter: as in :func:`export`.

    Returns:
        What does not stop the export but should be known.

    Raises:
        PreflightError: every reason why it would not convert, at once.
    """
    _check_frame(X, y)
    java = find_java()
    columns = list(X.columns)
    return preflight.check(
        estimator,
        columns,
        str(y.name),
        rows=X,
        java_version=java.version,
        converter=converter,
    )


def _check_frame(X: Any, y: Any) -> None:
    if not isinstance(X, pd.DataFrame) or not len(X.columns) or not len(X):
        raise PreflightError(
            "X is not a DataFrame with rows and named columns",
            "pass the DataFrame that the model was fitted on",
        )
    if not isinstance(y, pd.Series) or len(y) != len(X):
        raise PreflightError(
            "y is not a Series with a value for every row of X",
            "pass the target as a named Series: pd.Series(y, name='...')",
        )


def _check_names(
    optional: Sequence[str], limits: Mapping[str, tuple[float, float]], X: pd.DataFrame
) -> None:
    """The arguments that name columns; whether the model takes numbers there, only it can say."""
    columns = {str(name) for name in X.columns}
    causes = []
    for argument, names in (("optional", optional), ("limits", limits)):
        unknown = [repr(name) for name in names if name not in columns]
        if unknown:
            causes.append(f"{argument} names {', '.join(unknown)}, which X has no column of")
    if causes:
        fix = f"give some of {', '.join(map(str, X.columns))}"
        raise PreflightError("; ".join(causes), fix)


def _offline(
    oracle: Oracle,
    document: Document,
    inputs: Sequence[InputField],
    real: Columns,
    budget: Budget | None,
    held_out: bool,
) -> list[OfflineRows]:
    found = []
    admission = FrameAdmission(inputs)

    def ask(columns: Mapping[str, list[Any]]) -> tuple[Mapping[str, Any], Any]:
        predictions = oracle.predict(dict(columns))
        return predictions.values, predictions.refused

    for rows in build_rows(document, inputs, real, budget, parquet=_through_parquet, ask=ask):
        if not held_out and rows.name == "held-out":
            rows.remarks.append("these are training rows; no held-out rows were given")
        _, refused = admission.columns(rows.online, len(rows))
        predictions = oracle.predict(rows.offline, suspects=refused)
        found.append(
            OfflineRows(
                rows,
                predictions.values,
                predictions.refused,
                predictions.reasons,
                predictions.by_contract,
            )
        )
    return found


def _through_parquet(columns: Columns) -> Columns:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    file.seek(0)
    return pq.read_table(file).to_pydict()  # type: ignore[no-any-return]


def _check_results(offline: Sequence[OfflineRows], outputs: Sequence[OutputField]) -> None:
    """The library must predict something that the document has a result for."""
    known = {output.name for output in outputs}
    predicted = {name for part in offline for name in part.predictions}
    if not predicted & known:
        raise NotCertifiedError(
            f"the training library gives {', '.join(sorted(predicted)) or 'nothing'} and the "
            f"document gives {', '.join(sorted(known))}, so there is nothing to compare",
            "export a model whose predictions the document has",
        )


def _baseline(oracle: Oracle, inputs: Sequence[InputField], X: pd.DataFrame) -> dict[str, Any]:
    rows = X if len(X) <= BASELINE_ROWS else X.sample(BASELINE_ROWS, random_state=0)
    training = columns_of(rows)
    return baseline(inputs, training, oracle.predict(training).values)


def _metrics(
    oracle: Oracle, X: pd.DataFrame, y: pd.Series, target: str, document: Document
) -> dict[str, float]:
    found = oracle.predict(columns_of(X))
    scored = ~found.refused & y.notna().to_numpy()
    values = {name: array[scored] for name, array in found.values.items()}
    return evaluate(y.to_numpy()[scored], values, target, document.model.function)


def _device(fitted: Any) -> str:
    """What the booster says it was trained on; scikit-learn knows only the CPU."""
    parameters = fitted.get_params() if hasattr(fitted, "get_params") else {}
    return str(parameters.get("device") or parameters.get("device_type") or "cpu")


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode("utf-8")


def _manifest(
    model: str,
    version: int,
    files: dict[str, FileFact],
    document: Document,
    inputs: Sequence[InputField],
    outputs: Sequence[OutputField],
    offline: Sequence[OfflineRows],
    facts: dict[str, Any],
    metrics: dict[str, float],
    proof: Proof,
) -> Manifest:
    single = {
        name
        for part in offline
        for name, values in part.predictions.items()
        if values.dtype == np.float32
    }
    return Manifest(
        model=model,
        version=version,
        created=utc_now(),
        files=files,
        pmml_version=document.version,
        producer=document.application,
        function=document.model.function,
        inputs=tuple(input_entry(f) for f in inputs),
        outputs=tuple(output_entry(o, o.name in single) for o in outputs),
        training=facts,
        metrics=metrics,
        certificate=proof.certificate,
        supplementary=document.model.supplementary,
    )


__all__ = ["Family", "Published", "check", "export"]
