"""Which steps convert, and what is to be used instead of those that do not?

The class mapping in the jars decides; the tables here hold what it does not say. Every row of them
was tried: `tests/converters/test_preflight.py` converts what is offered and what is refused.
"""

from __future__ import annotations

import copy
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any, Literal

from converters.programs import is_mapped, takes_subclasses
from converters.runner import class_path, jar_path, prepare
from converters.steps import Step, class_name, converted_class, walk_steps


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that stops the export, or that a person should know.

    Attributes:
        severity: an error stops the export, a warning does not.
        subject: path of the step, or what it is about (``field names``, ``target``, ...).
        cause: what is wrong, as a clause without a full stop.
        fix: what to do about it, as a clause without a full stop.
    """

    severity: Literal["error", "warning"]
    subject: str
    cause: str
    fix: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.cause}; {self.fix}."


# Classes (by name, whatever module) that are not mapped, and what comes closest and is.
ALTERNATIVES: dict[tuple[str, ...], tuple[str, ...]] = {
    ("KNNImputer", "IterativeImputer"): (
        "sklearn.impute.SimpleImputer",
        "lightgbm.LGBMClassifier",
        "lightgbm.LGBMRegressor",
    ),
    (
        "NMF",
        "MiniBatchNMF",
        "FastICA",
        "KernelPCA",
        "SparsePCA",
        "MiniBatchSparsePCA",
        "FactorAnalysis",
        "FeatureAgglomeration",
        "DictionaryLearning",
        "LatentDirichletAllocation",
        "GaussianRandomProjection",
        "SparseRandomProjection",
        "NeighborhoodComponentsAnalysis",
        "Isomap",
        "LocallyLinearEmbedding",
    ): ("sklearn.decomposition.PCA", "sklearn.decomposition.TruncatedSVD"),
    ("Nystroem", "RBFSampler", "AdditiveChi2Sampler", "PolynomialCountSketch"): (
        "sklearn.preprocessing.PolynomialFeatures",
    ),
    ("SplineTransformer",): ("sklearn.preprocessing.PolynomialFeatures",),
    ("FeatureHasher", "HashingVectorizer", "TfidfTransformer"): (
        "sklearn.feature_extraction.text.TfidfVectorizer",
    ),
    ("MultiLabelBinarizer",): ("sklearn.preprocessing.OneHotEncoder",),
    ("RandomTreesEmbedding",): ("sklearn2pmml.ensemble.GBDTLRClassifier",),
    ("OneVsOneClassifier", "OutputCodeClassifier"): ("sklearn.multiclass.OneVsRestClassifier",),
    ("GaussianProcessClassifier",): ("sklearn.svm.SVC",),
    ("GaussianProcessRegressor",): ("sklearn.svm.SVR", "sklearn.kernel_ridge.KernelRidge"),
    ("QuadraticDiscriminantAnalysis",): (
        "sklearn.discriminant_analysis.LinearDiscriminantAnalysis",
        "sklearn.naive_bayes.GaussianNB",
    ),
    ("PassiveAggressiveClassifier",): ("sklearn.linear_model.SGDClassifier",),
    ("PassiveAggressiveRegressor",): ("sklearn.linear_model.SGDRegressor",),
    ("RadiusNeighborsClassifier",): ("sklearn.neighbors.KNeighborsClassifier",),
    ("RadiusNeighborsRegressor",): ("sklearn.neighbors.KNeighborsRegressor",),
    ("RANSACRegressor",): ("sklearn.linear_model.HuberRegressor",),
    ("LassoLarsIC",): ("sklearn.linear_model.LassoLarsCV",),
    ("AgglomerativeClustering", "Birch", "BisectingKMeans", "DBSCAN", "HDBSCAN", "OPTICS"): (
        "sklearn.cluster.KMeans",
    ),
    ("GaussianMixture", "BayesianGaussianMixture", "MeanShift", "SpectralClustering"): (
        "sklearn.cluster.KMeans",
    ),
    ("EllipticEnvelope", "LocalOutlierFactor"): ("sklearn.ensemble.IsolationForest",),
    ("CatBoostClassifier",): ("lightgbm.LGBMClassifier", "xgboost.XGBClassifier"),
    ("CatBoostRegressor",): ("lightgbm.LGBMRegressor", "xgboost.XGBRegressor"),
}

# Mapped, and yet they fail: SciPy's splines no longer have the attributes that the jar reads, and
# terms are weighted in the vectorizer that counts them, not in a step of its own.
FAILS_THOUGH_MAPPED = frozenset({"SplineTransformer", "TfidfTransformer"})

# Parameters of which only some values convert.
ALLOWED_VALUES: dict[tuple[str, str], tuple[object, ...]] = {
    ("CalibratedClassifierCV", "method"): ("sigmoid", "isotonic"),
    ("CountVectorizer", "analyzer"): ("word",),
    ("TfidfVectorizer", "analyzer"): ("word",),
    ("FixedThresholdClassifier", "response_method"): ("predict_proba",),
    ("TunedThresholdClassifierCV", "response_method"): ("predict_proba",),
    ("KNeighborsClassifier", "metric"): ("minkowski", "euclidean", "manhattan"),
    ("KNeighborsRegressor", "metric"): ("minkowski", "euclidean", "manhattan"),
    ("SimpleImputer", "strategy"): ("mean", "median", "most_frequent", "constant"),
}


@dataclass(frozen=True, slots=True)
class Deviation:
    """A parameter with which a step converts, but to a document that computes something else.

    Attributes:
        same: the values with which the document computes the same.
        severity: an error where no engine can be certified with another value.
        cause, fix: as in :class:`Finding`; ``{}`` in the cause is the value.
    """

    same: tuple[object, ...]
    severity: Literal["error", "warning"]
    cause: str
    fix: str


_WITHOUT_CASE = Deviation(
    (True,),
    "warning",
    "with lowercase={} the document still counts words without regard to case",
    "use lowercase=True; only texts in a script without case give the same",
)
DEVIATIONS: dict[tuple[str, str], Deviation] = {
    ("TfidfVectorizer", "norm"): Deviation(
        (None,),
        "error",
        "with norm={} the document divides 0 by 0 for a text without a known word, and gives no"
        " score for it",
        "use norm=None",
    ),
    ("CountVectorizer", "lowercase"): _WITHOUT_CASE,
    ("TfidfVectorizer", "lowercase"): _WITHOUT_CASE,
    ("KBinsDiscretizer", "strategy"): Deviation(
        (),
        "warning",
        "the document adds 1e-8 + 1e-5 * |x| to a number before it looks for its bin, and"
        " scikit-learn does not, so a number just below an edge comes into the bin above",
        "write the bins as a formula with sklearn2pmml.preprocessing.ExpressionTransformer, for"
        ' example ExpressionTransformer("0 if X[0] < 1.5 else 1")',
    ),
}

_FORMULA = (
    "write it as a formula with sklearn2pmml.preprocessing.ExpressionTransformer, for example"
    ' ExpressionTransformer("X[0] / X[1]")'
)


def step_findings(estimator: object, jars: Sequence[Path] | None = None) -> Iterator[Finding]:
    """What speaks against each step of a fitted or unfitted estimator.

    Args:
        jars: those of the converter, by default of sklearn2pmml.
    """
    jars = class_path() if jars is None else jars
    for step in walk_steps(estimator):
        subject = step.path or type(step.estimator).__name__
        told = (*_class_rules(step, jars), *_function_rules(step), *_parameter_rules(step))
        for cause, fix in dict(told).items():
            yield Finding("error", subject, cause, fix)
        yield from _deviations(step.estimator, subject)
    yield from _head_rules(estimator, "")


def _class_rules(step: Step, jars: Sequence[Path]) -> Iterator[tuple[str, str]]:
    kind = type(step.estimator)
    if "<locals>" in kind.__qualname__:
        cause = f"the class {kind.__name__} is defined inside a function, and cannot be written out"
        yield cause, _instead(step.estimator)
    elif kind.__name__ in FAILS_THOUGH_MAPPED or not _is_mapped(step, jars):
        yield f"{class_name(step.estimator)} does not convert", _instead(step.estimator)


def _is_mapped(step: Step, jars: Sequence[Path]) -> bool:
    if is_mapped(converted_class(step), jars):
        return True
    if not step.prepared or not takes_subclasses(jars):
        return False
    # sklearn2pmml itself says which subclasses are as good as their base class.
    marked = prepare(copy.copy(step.estimator), deep=False)
    return is_mapped(str(getattr(marked, "pmml_base_class_", None)), jars)


def _instead(estimator: object) -> str:
    name = type(estimator).__name__
    for names, alternatives in ALTERNATIVES.items():
        if name in names:
            return f"use {' or '.join(alternatives)} instead"
    if hasattr(estimator, "best_estimator_") or name.startswith("Halving"):
        return "export its best_estimator_, or search with GridSearchCV or RandomizedSearchCV"
    if hasattr(estimator, "predict"):
        return "use an estimator that sklearn2pmml knows, such as LightGBM's or scikit-learn's own"
    return f"take a transformer that sklearn2pmml knows, or {_FORMULA}"


def _function_rules(step: Step) -> Iterator[tuple[str, str]]:
    """Functions among the parameters: those that cannot be pickled, and FunctionTransformer's."""
    estimator: Any = step.estimator
    parameters = estimator.get_params(deep=False) if hasattr(estimator, "get_params") else {}
    unnamed = {name for name, value in parameters.items() if _has_unnamed_function(value)}
    for name in sorted(unnamed):
        yield (
            f"'{name}' has a lambda or a function inside a function, which cannot be written out",
            {
                "func": _FORMULA,
                "transformers": "name the columns, or use sklearn.compose.make_column_selector",
            }.get(name, "take a function that is defined at the top of a module"),
        )
    if type(estimator).__name__ != "FunctionTransformer":
        return
    function = parameters["func"]
    if function is not None and "func" not in unnamed and not _is_known_ufunc(function):
        label = getattr(function, "__name__", repr(function))
        yield (
            f"the Python function '{label}' does not convert",
            f"{_FORMULA}, or use one of NumPy's own: {', '.join(convertible_ufuncs())}",
        )
    if parameters["kw_args"]:
        yield "'kw_args' is left out of the document, without a word", _FORMULA


def _has_unnamed_function(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_has_unnamed_function(item) for item in value)
    return isinstance(value, FunctionType) and (
        value.__name__ == "<lambda>" or "<locals>" in value.__qualname__
    )


def _is_known_ufunc(function: object) -> bool:
    import numpy as np

    name = getattr(function, "__name__", "")
    return name in convertible_ufuncs() and getattr(np, name) is function


@cache
def convertible_ufuncs() -> tuple[str, ...]:
    """Names of the NumPy functions of one argument that a FunctionTransformer may have.

    Source: ``META-INF/python2pmml.properties`` in the pmml-python jar, whose keys are patterns.
    """
    import numpy as np

    with zipfile.ZipFile(jar_path("pmml-python")) as jar:
        lines = jar.read("META-INF/python2pmml.properties").decode("utf-8").splitlines()
    rows = (line.split("=", 1) for line in lines if "=" in line)
    keys = [key.strip() for key, value in rows if value.strip() == "numpy.core.Function"]
    patterns = [re.compile(key.replace(".", r"\.")) for key in keys]
    ufuncs = (name for name in dir(np) if isinstance(getattr(np, name), np.ufunc))
    return tuple(
        name
        for name in ufuncs
        if getattr(np, name).nin == 1
        and getattr(np, name).__name__ == name
        and any(pattern.fullmatch(f"numpy.{name}") for pattern in patterns)
    )


def _parameter_rules(step: Step) -> Iterator[tuple[str, str]]:
    from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
    from sklearn.preprocessing import FunctionTransformer

    estimator: Any = step.estimator
    for (name, parameter), allowed in ALLOWED_VALUES.items():
        if type(estimator).__name__ == name and getattr(estimator, parameter) not in allowed:
            shown = " or ".join(f"{parameter}={value!r}" for value in allowed)
            yield (
                f"{name} does not convert with {parameter}={getattr(estimator, parameter)!r}",
                f"use {shown}",
            )
    if isinstance(estimator, ColumnTransformer):
        for name, _, columns in estimator.transformers:
            if isinstance(columns, slice):
                yield f"the columns of '{name}' are given as a slice", "give them as a list"
    if isinstance(estimator, TransformedTargetRegressor) and not isinstance(
        estimator.transformer, (type(None), FunctionTransformer)
    ):
        yield (
            f"the target is transformed by {type(estimator.transformer).__name__}",
            "give func and inverse_func as NumPy functions instead, such as log1p and expm1",
        )


def _deviations(estimator: Any, subject: str) -> Iterator[Finding]:
    """What converts and yet is not the same in the document."""
    for (name, parameter), rule in DEVIATIONS.items():
        if type(estimator).__name__ == name and getattr(estimator, parameter) not in rule.same:
            cause = rule.cause.format(repr(getattr(estimator, parameter)))
            yield Finding(rule.severity, subject, cause, rule.fix)
    # Known once it is fitted. An interval without width has no one value in PMML.
    if type(estimator).__name__ == "QuantileTransformer" and hasattr(estimator, "quantiles_"):
        widths = estimator.quantiles_[1:] - estimator.quantiles_[:-1]
        columns = [i for i in range(widths.shape[1]) if not widths[:, i].all()]
        if columns:
            names = getattr(estimator, "feature_names_in_", columns)
            shown = ", ".join(repr(names[i]) if names is not columns else str(i) for i in columns)
            yield Finding(
                "error",
                subject,
                f"quantiles of column {shown} repeat, and the document gives no score or another"
                " one for a number that they repeat",
                "use fewer n_quantiles, or another transformer for columns with few values",
            )


def _head_rules(estimator: Any, path: str) -> Iterator[Finding]:
    """The converter asks the first step what kind of columns come in; not every step knows."""
    from sklearn.feature_selection import SelectorMixin
    from sklearn.pipeline import FeatureUnion, Pipeline

    prefix = f"{path}." if path else ""
    if isinstance(estimator, Pipeline) and estimator.steps:
        name, first = estimator.steps[0]
        if first is None or first == "passthrough":
            cause = "the first step does nothing, which the converter refuses"
            yield Finding("error", prefix + name, cause, "take it out of the pipeline")
        else:
            yield from _head_rules(first, prefix + name)
    elif isinstance(estimator, FeatureUnion):
        for name, first in estimator.transformer_list:
            yield from _head_rules(first, prefix + name)
    elif isinstance(estimator, SelectorMixin):
        yield Finding(
            "error",
            path or type(estimator).__name__,
            "the first step selects columns without knowing what kind they are",
            "put sklearn2pmml.decoration.ContinuousDomain or an encoder before it",
        )
