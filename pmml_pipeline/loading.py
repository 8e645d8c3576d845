"""Loads a scorer: from an artifact with its proof checked, or from any PMML file."""

from __future__ import annotations

import copyreg
import itertools
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypedDict

from pmml_pipeline.document import read
from pmml_pipeline.engines import ENGINES, EngineSpec, Opened, engine_spec
from pmml_pipeline.errors import (
    DocumentError,
    EngineError,
    EngineUnavailableError,
    ManifestError,
    NotCertifiedError,
    PmmlPipelineWarning,
    UnsupportedDocumentError,
)
from pmml_pipeline.parity.golden import check_golden_rows
from pmml_pipeline.parity.verification import check_verification
from pmml_pipeline.schema import Schema, schema_of
from pmml_pipeline.scorer import Scorer
from pmml_pipeline.store.artifact import DOCUMENT, Artifact, open_artifact
from pmml_pipeline.store.cache import is_url, local
from pmml_pipeline.store.certificate import Certificate, EngineResult
from pmml_pipeline.store.files import explained
from pmml_pipeline.store.names import version_number

_MOST_THREADS = 256  # as the kernels have it


class _Options(TypedDict):
    extra_fields: str
    threads: int


def load(
    source: str | Path,
    engine: str = "auto",
    *,
    extra_fields: str = "refuse",
    threads: int | None = None,
    bridge: str | None = None,
) -> Scorer:
    """Loads a model for scoring.

    Args:
        source: ``artifacts/credit`` (the newest version), ``artifacts/credit/3`` (that version), an
            fsspec URL of either, or the path of any PMML file.
        engine: ``"auto"`` takes the fastest engine that the certificate names and that can be used
            here; an engine can also be asked for by name. A PMML file without a manifest is scored
            uncertified.
        extra_fields: what to do with a field that is no input: ``"refuse"`` or ``"ignore"``.
        threads: how many ``score_frame`` and ``score_columns`` may score on at a time; as many as
            the process may use of the processors where it is not given. Results do not depend on
            it. Only the compiled engine has threads of its own, and a record needs but one.
        bridge: the address of a pmml-bridge-server of the same store, as
            ``"http://127.0.0.1:8501"``. Then the engine, which is a Java one, runs there and not in
            this process.

    Raises:
        ValueError: an argument is none of the above.
        StoreError: there is no such version, or its files are not those that were published.
        DocumentError: the document cannot be read.
        NotCertifiedError: no certified engine is installed.
        GoldenRowError: the engine does not reproduce the golden rows on this machine.
        VerificationError: it does not reproduce the records of a PMML file's ModelVerification.
        EngineError: the engine cannot load the document.
    """
    if extra_fields not in ("refuse", "ignore"):
        raise ValueError(f"extra_fields is {extra_fields!r}; use 'refuse' or 'ignore'")
    if threads is None:
        threads = _processors()
    elif type(threads) is not int or not 0 < threads <= _MOST_THREADS:
        raise ValueError(f"threads is {threads!r}; use a whole number from 1 to {_MOST_THREADS}")
    options = _Options(extra_fields=extra_fields, threads=threads)
    if isinstance(source, str) and is_url(source):
        source = local(source)
    path = Path(source)
    with explained("open the path"):
        is_file = path.is_file()
    if bridge is not None:
        if is_file:
            raise ValueError("a bridge scores published versions; publish the document first")
        artifact = open_artifact(path)
        artifact.verify()
        return _bridged(artifact, engine, bridge, options)
    if is_file:
        names = _by_speed(ENGINES.values()) if engine == "auto" else [engine]
        # Another engine would take a document that this one refuses, but nothing says that it is
        # right about it.
        return _first_of(names, lambda name: _verified(path, name, options), EngineUnavailableError)
    artifact = open_artifact(path)
    artifact.verify()
    names = _fastest(artifact.manifest.certificate) if engine == "auto" else [engine]
    return _first_of(
        names,
        lambda name: _certified(artifact, name, options),
        EngineUnavailableError,
        UnsupportedDocumentError,
    )


def _pickled(scorer: Scorer) -> tuple[Any, ...]:
    """A copy in another process loads the same files again, with the same options.

    An engine is memory of this process. The files have to be there too, at the same path.
    """
    root = scorer.path if scorer.artifact is None else scorer.artifact.root
    options = (scorer.extra_fields, scorer.threads, scorer.bridge)
    return _load_again, (root.absolute(), scorer.engine, *options, scorer.sha256)


copyreg.pickle(Scorer, _pickled)


def _load_again(
    source: Path, engine: str, extra_fields: str, threads: int, bridge: str | None, sha256: str
) -> Scorer:
    """What a pickled scorer becomes.

    Raises:
        DocumentError: the document is another one than that of the scorer that was pickled.
        PmmlPipelineError: as :func:`load`.
    """
    scorer = load(source, engine, extra_fields=extra_fields, threads=threads, bridge=bridge)
    if scorer.sha256 != sha256:
        raise DocumentError(
            f"{scorer.path} is not the document of the scorer that was pickled", "load it again"
        )
    return scorer


def _verified(path: Path, engine: str, options: _Options) -> Scorer:
    """A bare document, whose own records have to come out where it has some."""
    scorer = Scorer(path, None, engine, **options)
    check_verification(scorer)
    return scorer


def _by_speed(specs: Iterable[EngineSpec]) -> list[str]:
    return [spec.name for spec in sorted(specs, key=lambda spec: spec.speed) if spec.available]


def _first_of(
    engines: Sequence[str], load: Callable[[str], Scorer], *errors: type[EngineError]
) -> Scorer:
    """The scorer on the first engine that can be used; a warning says why others cannot.

    Raises:
        EngineUnavailableError: there is none.
    """
    if not engines:
        raise EngineUnavailableError("no engine is installed", "pip install pmml-pipeline")
    for engine, other in itertools.pairwise(engines):
        try:
            return load(engine)
        except errors as error:
            _warn(f"engine {engine!r} cannot be used, {other!r} is taken: {error.cause}")
    return load(engines[-1])


def _processors() -> int:
    """How many the process may use, as far as the system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _certified(artifact: Artifact, engine: str, options: _Options) -> Scorer:
    spec = engine_spec(engine)
    result = _warned(artifact, engine)
    scorer = Scorer(artifact.document_path, None, engine, artifact=artifact, **options)
    _check_manifest(artifact, scorer.schema)
    if result is not None:
        installed = spec.versions()
        for package, version in result.versions.items():
            if installed.get(package) != version:
                _warn(
                    f"certified with {package} {version}, and {installed.get(package)} is installed"
                )
        check_golden_rows(scorer, artifact)
    return scorer


def _warned(artifact: Artifact, engine: str) -> EngineResult | None:
    """What the certificate says of the engine, if it is certified; warnings of what it is not."""
    certificate = artifact.manifest.certificate
    result = certificate.engine(engine)
    if result is None or not result.certified:
        reason = result.reason if result is not None else "it was not tried"
        _warn(f"engine {engine!r} is not certified for {artifact.manifest.model}: {reason}")
        result = None
    if not certificate.to_10_decimals:
        _warn(f"{artifact.manifest.model} is certified {certificate.describe()}")
    return result


def _bridged(artifact: Artifact, engine: str, address: str, options: _Options) -> Scorer:
    """On the engine of a server, which proves its version too before it serves it."""
    # Not at the top: most processes need no HTTP.
    from pmml_pipeline.engines.bridge import BridgeModel

    manifest = artifact.manifest
    document = read(artifact.document_path, trees=False)
    schema = schema_of(document)
    model = BridgeModel(
        address,
        manifest.model,
        manifest.version,
        manifest.files[DOCUMENT].sha256,
        schema.inputs,
        schema.outputs,
    )
    if engine not in ("auto", model.engine):
        raise EngineUnavailableError(
            f"the server at {address} has the engine {model.engine!r}, not {engine!r}",
            f"ask for {model.engine!r}, or start it with another engine",
        )
    scorer = Scorer(
        artifact.document_path,
        document,
        model.engine,
        artifact=artifact,
        opened=Opened(schema, model, document),
        **options,
    )
    _check_manifest(artifact, schema)
    if _warned(artifact, model.engine) is not None:
        check_golden_rows(scorer, artifact)
    return scorer


def _check_manifest(artifact: Artifact, schema: Schema) -> None:
    """Refuses a manifest that says something else than the document and the folder.

    Raises:
        ManifestError: the inputs or outputs are not those of the document, or the folder is that of
            another version. The model's name is left alone: a model may be handed over under
            another one.
    """
    manifest = artifact.manifest
    declared = {
        "inputs": [(f["name"], f["dataType"], f["required"]) for f in manifest.inputs],
        "outputs": [(o["name"], o["dataType"]) for o in manifest.outputs],
    }
    true = {
        "inputs": [(f.name, f.data_type, f.required) for f in schema.inputs],
        "outputs": [(o.name, o.data_type) for o in schema.outputs],
    }
    for what, fields in declared.items():
        if fields != true[what]:
            raise ManifestError(
                f"the manifest of {artifact.root} lists other {what} than the document has",
                "copy the version folder again from where it was published",
            )
    number = version_number(artifact.root.name)
    if number is not None and number != manifest.version:
        raise ManifestError(
            f"{artifact.root} holds version {manifest.version} by its manifest",
            f"name the folder {manifest.version}, or copy version {number} again",
        )


def _fastest(certificate: Certificate) -> list[str]:
    """The certified engines that are installed, the fastest first.

    Raises:
        NotCertifiedError: there is none.
    """
    certified = [ENGINES[n] for n in certificate.engines_certified if n in ENGINES]
    available = _by_speed(certified)
    if available:
        return available
    names = ", ".join(certificate.engines_certified) or "none"
    extras = sorted({spec.extra for spec in certified if spec.extra})
    raise NotCertifiedError(
        f"no certified engine is installed (certified: {names})",
        " or ".join(f"pip install 'pmml-pipeline[{extra}]'" for extra in extras)
        or "install one of them, or ask for an engine by name to score uncertified",
    )


def _warn(text: str) -> None:
    """A warning that names the line that called this module."""
    level = 2
    while sys._getframe(level - 1).f_code.co_filename == __file__:
        level += 1
    warnings.warn(text, PmmlPipelineWarning, stacklevel=level)
