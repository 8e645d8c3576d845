"""ModelVerification: a bare document that brings records is only scored when they come out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import pmml_pipeline as pp
from pmml_pipeline.errors import DocumentError, VerificationError

from ..pmml import classifier, data_field, linear, mining_field, simple, tag

Rows = Sequence[dict[str, object]]


def verification(rows: Rows, **attributes: dict[str, object]) -> str:
    """The element; attributes of a field by its name."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    fields = "".join(
        tag(
            "VerificationField",
            {"field": n, "column": f"data:{n}", **attributes.get(n, {})},
        )
        for n in names
    )
    cells = "".join(
        tag("row", {}, "".join(tag(f"data:{n}", {}, str(v)) for n, v in row.items()))
        for row in rows
    )
    return tag(
        "ModelVerification",
        {"xmlns:data": "http://example.org/data", "recordCount": len(rows)},
        tag("VerificationFields", {}, fields) + tag("InlineTable", {}, cells),
    )


def written(folder: Path, document: bytes, element: str) -> Path:
    """The document with that element at the end of its model."""
    path = folder / "document.pmml"
    text = document.decode()
    end = text.rindex("</", 0, text.rindex("</PMML>"))
    path.write_text(text[:end] + element + text[end:], encoding="utf-8")
    return path


def regression(folder: Path, rows: Rows, **attributes: dict[str, object]) -> Path:
    """y = 2x."""
    document = linear(data_field("x"), mining_field("x"), {"x": 2.0})
    return written(folder, document, verification(rows, **attributes))


@pytest.mark.parametrize("engine", ["compiled", "jpmml", "pypmml", "auto"])
def test_records_that_come_out_are_no_hindrance(tmp_path: Path, engine: str) -> None:
    path = regression(tmp_path, [{"x": 1, "y": 2}, {"x": 0.5, "y": 1.0}])
    for _ in range(2):  # compiled, and from the cache
        assert pp.load(path, engine).score({"x": 4}) == {"y": 8.0}


@pytest.mark.parametrize("engine", ["compiled", "pypmml"])
def test_a_record_that_does_not_come_out_is_refused_each_time(tmp_path: Path, engine: str) -> None:
    path = regression(tmp_path, [{"x": 1, "y": 2}, {"x": 2, "y": 4.1}])
    for _ in range(2):
        with pytest.raises(
            VerificationError, match=r"record 2 should give \{'y': '4.1'\} and gives \{'y': 4.0\}"
        ):
            pp.load(path, engine)


@pytest.mark.parametrize(
    ("precision", "wanted", "passes"),
    [(None, 2.000001, True), (None, 2.00001, False), (1e-3, 2.001, True), (0, 2 + 9e-11, True)],
)
def test_the_precision_is_relative_and_ten_decimals_are_always_enough(
    tmp_path: Path, precision: float | None, wanted: float, passes: bool
) -> None:
    path = regression(tmp_path, [{"x": 1, "y": wanted}], y={"precision": precision})
    if passes:
        pp.load(path)
    else:
        with pytest.raises(VerificationError):
            pp.load(path)


def test_two_zeros_agree(tmp_path: Path) -> None:
    rows = [{"x": 1e-9, "y": -1e-8}]
    pp.load(regression(tmp_path, rows, y={"zeroThreshold": 1e-7}))
    with pytest.raises(VerificationError):
        pp.load(regression(tmp_path, rows))


def test_labels_and_what_is_refused(tmp_path: Path) -> None:
    document = classifier(
        ["yes", "no"],
        data_field("x", intervals=[("closedClosed", 0, 10)]),
        mining_field("x"),
        (simple("x", "lessOrEqual", 5), "yes", {"yes": 2, "no": 1}),
        (simple("x", "greaterThan", 5), "no", {"no": 1}),
    )
    name = pp.load(written(tmp_path, document, "")).outputs[0].name
    pp.load(written(tmp_path, document, verification([{"x": 1, name: "yes"}])))
    with pytest.raises(VerificationError, match=r"gives \{'.*': 'no'\}"):
        pp.load(written(tmp_path, document, verification([{"x": 6, name: "yes"}])))
    with pytest.raises(VerificationError, match="out of range"):
        pp.load(written(tmp_path, document, verification([{"x": 11, name: "no"}])))
    # Nothing is said of the result.
    pp.load(written(tmp_path, document, verification([{"x": 11, name: ""}, {"x": 1, name: "yes"}])))


@pytest.mark.parametrize(
    ("element", "said"),
    [
        (tag("ModelVerification", {}), "has no VerificationFields or no InlineTable"),
        (verification([{"x": 1, "y": 2}], y={"precision": "much"}), "has the precision 'much'"),
        (verification([{"x": 1, "y": 2}], y={"precision": "-1"}), "has the precision '-1'"),
        (verification([{"x": 1, "y": 2}], y={"field": ""}), "names no field"),
    ],
)
def test_what_is_none_is_refused_with_its_line(tmp_path: Path, element: str, said: str) -> None:
    document = linear(data_field("x"), mining_field("x"), {"x": 2.0})
    with pytest.raises(DocumentError, match=said) as caught:
        pp.load(written(tmp_path, document, element))
    assert "line 1" in str(caught.value)


def test_fields_that_are_neither_input_nor_result_are_passed_over(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"x": 1, "z": 7, "y": 2}]
    assert pp.load(regression(tmp_path, rows)).score({"x": 1}) == {"y": 2.0}
