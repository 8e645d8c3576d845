"""The preflight of versions: of the pair of packages, of the jar, of Java."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sklearn.base
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression

from converters import preflight as preflight_module
from converters.preflight import check, preflight
from converters.programs import find
from converters.runner import (
    JAR_WARNING_AGE,
    jar_expiry_date,
)
from pmml_pipeline.errors import ConversionError, PreflightError

from .test_preflight import BUILT, NAMES, convert, found

# --- versions --------------------------------------------------------------------------------


def test_the_clock_of_the_jar() -> None:
    def on(days: int) -> list[tuple[str, str]]:
        today = BUILT + timedelta(days=days)
        findings = preflight(LogisticRegression(), NAMES, "good", today=today)
        return [(finding.severity, finding.subject) for finding in findings]

    assert on(JAR_WARNING_AGE.days - 1) == []
    assert on(JAR_WARNING_AGE.days) == [("warning", "sklearn2pmml")]
    assert on(359) == [("warning", "sklearn2pmml")]
    assert on(360) == [("error", "sklearn2pmml")]
    late = BUILT + JAR_WARNING_AGE
    assert len(check(LogisticRegression(), NAMES, "good", today=late)) == 1
    with pytest.raises(PreflightError, match=str(jar_expiry_date())):
        check(LogisticRegression(), NAMES, "good", today=jar_expiry_date())


def test_the_pair_of_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    newest = find(None).newest_scikit_learn()
    assert newest is not None
    major, minor, patch = newest.split(".")
    later = f"{major}.{minor}.{int(patch) + 1}"
    monkeypatch.setattr(preflight_module, "version", lambda _: later)
    findings = found(LogisticRegression())
    assert [finding.subject for finding in findings] == ["scikit-learn"]
    assert later in findings[0].cause
    assert f"scikit-learn=={newest}" in findings[0].fix
    # The converter agrees.
    monkeypatch.setattr(sklearn.base, "__version__", later)
    with pytest.raises(ConversionError, match="Scikit-Learn version"):
        convert(LogisticRegression())


@pytest.mark.parametrize(("java", "word"), [(0, "there is none"), (8, "version 8 is too old")])
def test_java_that_will_not_do(java: int, word: str) -> None:
    findings = preflight(LogisticRegression(), NAMES, "good", today=BUILT, java_version=java)
    assert [finding.subject for finding in findings] == ["Java"]
    assert word in findings[0].cause
    assert "11" in findings[0].fix


def test_java_that_will_do() -> None:
    assert check(LogisticRegression(), NAMES, "good", today=BUILT, java_version=11) == []
