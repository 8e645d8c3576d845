"""Functions and expressions one by one; where it answers, JPMML-Evaluator says the same."""

from __future__ import annotations

import datetime
import math
import time
from pathlib import Path
from typing import Any

import pytest

import pmml_pipeline as pp
from pmml_pipeline.compiler.host import FUNCTIONS, check_number_format
from pmml_pipeline.compiler.moments import check_moment_format, formatted, number_of
from pmml_pipeline.errors import DataError, UnsupportedDocumentError

from ..pmml import NAMESPACE, data_field, mining_field, pmml, tag

FIELDS = (
    data_field("x", intervals=[("closedClosed", 0, 10)])
    + data_field("z")
    + data_field("n", "integer")
    + data_field("s", "string", "categorical", ["a", "b", "c"])
    + data_field("d", "date", "categorical")
)
SCHEMA = "".join(mining_field(n, invalidValueTreatment="asIs") for n in "xznsd")
X, Z, N, S, D = (tag("FieldRef", {"field": name}) for name in "xznsd")
ENGINES = ("compiled", "jpmml")


def constant(value: object, data_type: str = "double") -> str:
    return tag("Constant", {"dataType": data_type}, str(value))


def apply(function: str, *arguments: str, **attributes: object) -> str:
    return tag("Apply", {"function": function, **attributes}, "".join(arguments))


def document(expression: str, data_type: str = "double", before: str = "") -> bytes:
    output = tag(
        "OutputField",
        {"name": "t", "feature": "transformedValue", "dataType": data_type,
         "optype": "continuous" if data_type in ("double", "integer") else "categorical"},
        expression,
    )  # fmt: skip
    model = tag(
        "RegressionModel",
        {"functionName": "regression"},
        tag("MiningSchema", {}, mining_field("y", usageType="target") + SCHEMA)
        + tag("Output", {}, output)
        + tag("RegressionTable", {"intercept": 1}),
    )
    return pmml(data_field("y") + FIELDS, model, before=before)


def value(data: bytes, folder: Path, engine: str = "compiled", **record: Any) -> Any:
    path = folder / "document.pmml"
    path.write_bytes(data)
    return pp.load(path, engine).score(record)["t"]


CASES: list[tuple[str, str, dict[str, Any], Any]] = [
    (apply("isValid", X), "boolean", {"x": 0.5}, True),
    (apply("isValid", X), "boolean", {"x": 11.0}, False),
    (apply("isValid", X), "boolean", {"x": None}, False),
    (apply("isNotValid", X), "boolean", {"x": 11.0}, True),
    (apply("isNotValid", X), "boolean", {"x": None}, False),
    (apply("isValid", S), "boolean", {"s": "new"}, False),
    (apply("isNotValid", Z), "boolean", {"z": 1e300}, False),
    (apply("normalCDF", X, constant(1), constant(2)), "double", {"x": 0.5}, 0.4012936743170763),
    (apply("normalPDF", X, constant(1), constant(2)), "double", {"x": 0.5}, 0.1933340584014246),
    (apply("normalIDF", X, constant(1), constant(2)), "double", {"x": 0.2}, -0.683242467145829),
    (apply("sum", X, Z), "double", {"x": 1.5, "z": None}, 1.5),
    (apply("sum", X, Z), "double", {"x": None, "z": 2.0}, 2.0),
    (apply("sum", X, Z), "double", {"x": 1.5, "z": 2.0}, 3.5),
    (apply("product", X, Z), "double", {"x": 1.5, "z": None}, 1.5),
    (apply("product", X, Z), "double", {"x": 1.5, "z": 2.0}, 3.0),
    (apply("avg", X, Z), "double", {"x": 1.5, "z": None}, 1.5),
    (apply("round", X), "double", {"x": 0.49999999999999994}, 0.0),
    (apply("round", X), "double", {"x": -2.5}, -2.0),
    (apply("round", X), "double", {"x": 2.0**52 + 1}, 2.0**52 + 1),
    (apply("modulo", X, constant(3)), "double", {"x": -2.5}, 0.5),
    (apply("x-ln1p", X), "double", {"x": 1.0}, math.log(2.0)),
    (apply("concat", S, constant("-", "string"), N), "string", {"s": "a", "n": 7}, "a-7"),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("expression", "data_type", "record", "expected"), CASES)
def test_a_function(
    expression: str, data_type: str, record: Any, expected: Any, engine: str, tmp_path: Path
) -> None:
    if engine == "jpmml" and ("x-ln1p" in expression or record.get("x", 0) == 2.0**52 + 1):
        pytest.skip("it knows the function without the mark, and rounds to 32 bits")
    found = value(document(expression, data_type), tmp_path, engine, **record)
    if isinstance(expected, float):
        assert found == pytest.approx(expected, abs=1e-10)
    else:
        assert found == expected


def test_the_median_leaves_out_what_is_missing(tmp_path: Path) -> None:
    data = document(apply("median", X, Z, constant(9), constant(2)))
    assert value(data, tmp_path, x=1.0, z=4.0) == 3.0
    assert value(data, tmp_path, x=1.0) == 2.0
    assert value(data, tmp_path) == 5.5


@pytest.mark.parametrize("function", ["normalCDF", "normalPDF", "normalIDF"])
def test_a_normal_distribution_without_a_width(function: str, tmp_path: Path) -> None:
    data = document(apply(function, X, constant(0), Z))
    assert value(data, tmp_path, x=0.5, z=0.0) is None
    assert value(data, tmp_path, x=0.5, z=-1.0) is None


# --- formats ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern", ["%Y-%m-%d", "%y%C", "%e %b %B %h", "%a %A %u %w", "%j", "%D %F", "100%% %n%t"]
)
@pytest.mark.parametrize("day", ["1999-12-31", "2004-02-29", "2026-01-05"])
def test_a_date_is_written_as_strftime_does(pattern: str, day: str) -> None:
    check_moment_format(pattern, "date")
    found = formatted(number_of(day, "date"), "date", pattern)
    assert found == datetime.date.fromisoformat(day).strftime(pattern)


@pytest.mark.parametrize("moment", ["1969-12-31T00:30:00", "2004-02-29T12:00:59"])
def test_a_time_is_written_as_strftime_does(moment: str) -> None:
    pattern = "%H:%M:%S %I %p %R %T"
    check_moment_format(pattern, "dateTime")
    found = formatted(number_of(moment, "dateTime"), "dateTime", pattern)
    assert found == datetime.datetime.fromisoformat(moment).strftime(pattern)


@pytest.mark.parametrize(
    ("pattern", "data_type"), [("%H", "date"), ("%Y", "time"), ("%Q", "date"), ("50%", "date")]
)
def test_a_format_of_moments_that_is_not_known(pattern: str, data_type: str) -> None:
    with pytest.raises(ValueError, match="is not supported"):
        check_moment_format(pattern, data_type)


@pytest.mark.parametrize("pattern", ["", "x", "%", "%s", "%d %d", "%c", "%999999999d", "%.500f"])
def test_a_format_of_numbers_that_is_not_known(pattern: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"is not supported|is too wide"):
        check_number_format(pattern)
    data = document(apply("formatNumber", X, constant(pattern, "string")), "string")
    if pattern:
        with pytest.raises(UnsupportedDocumentError, match=r"Apply \(line 1\): the format"):
            value(data, tmp_path)


def test_a_number_that_has_no_such_format_is_an_error_of_the_row(tmp_path: Path) -> None:
    data = document(apply("formatNumber", X, constant("%5d%%", "string")), "string")
    assert value(data, tmp_path, x=42.0) == "   42%"
    with pytest.raises(DataError, match="infinity"):
        value(data, tmp_path, x=math.inf)
    assert FUNCTIONS["formatNumber"](1234.5, "%+010.2f") == "+001234.50"


# --- expressions -----------------------------------------------------------------------------


def table(columns: str, rows: str, **attributes: object) -> str:
    pairs = "".join(
        tag("FieldColumnPair", {"field": f, "column": c})
        for f, c in (p.split("=") for p in columns.split())
    )
    return tag(
        "MapValues", {"outputColumn": "out", **attributes}, pairs + tag("InlineTable", {}, rows)
    )


ROWS = "".join(
    f"<row><s>{s}</s><n>{n}</n><out>{out}</out></row>"
    for s, n, out in (("a", 1, 10), ("a", 2, 20), ("b", 1, 30), ("a", 1, 99))
)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_table_of_two_columns(engine: str, tmp_path: Path) -> None:
    expression = table("s=s n=n", ROWS, dataType="double", defaultValue="-1", mapMissingTo="-2")
    found = [
        value(document(expression), tmp_path, engine, s=s, n=n)
        for s, n in (("a", 2), ("b", 1), ("b", 2), ("c", 1), ("a", None), (None, 1), (None, None))
    ]
    assert found == [20.0, 30.0, -1.0, -1.0, -2.0, -2.0, -2.0]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_table_without_defaults(engine: str, tmp_path: Path) -> None:
    data = document(table("n=n", ROWS.replace("<s>a</s>", ""), dataType="double"))
    assert value(data, tmp_path, engine, n=2) == 20.0
    assert value(data, tmp_path, engine, n=5) is None
    assert value(data, tmp_path, engine, n=None) is None


CLOSURES = ("openOpen", "openClosed", "closedOpen", "closedClosed")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("closure", CLOSURES)
def test_the_closures_of_a_bin(closure: str, engine: str, tmp_path: Path) -> None:
    inner = tag("Interval", {"closure": closure, "leftMargin": 1, "rightMargin": 2})
    expression = tag(
        "Discretize", {"field": "z", "dataType": "double", "defaultValue": 0, "mapMissingTo": 9},
        tag("DiscretizeBin", {"binValue": 1}, inner),
    )  # fmt: skip
    found = [
        value(document(expression), tmp_path, engine, z=z) for z in (0.5, 1.0, 1.5, 2.0, 2.5, None)
    ]
    left, right = closure.startswith("closed"), closure.endswith("Closed")
    assert found == [0.0, float(left), 1.0, float(right), 0.0, 9.0]


def nested_bins(count: int) -> str:
    """Intervals one inside the other, the innermost first: it is the first that fits."""
    return "".join(
        tag("DiscretizeBin", {"binValue": n},
            tag("Interval", {"closure": "closedClosed", "leftMargin": -n, "rightMargin": n}))
        for n in range(1, count + 1)
    )  # fmt: skip


def test_bins_inside_one_another(tmp_path: Path) -> None:
    """JPMML-Evaluator takes the last that fits, PMML4S as this one the first."""
    attributes = {"field": "z", "dataType": "double", "defaultValue": -1, "mapMissingTo": -2}
    data = document(tag("Discretize", attributes, nested_bins(4)))
    found = [value(data, tmp_path, z=z) for z in (0.0, -1.0, 1.5, -4.0, 4.5, None)]
    assert found == [1.0, 1.0, 2.0, 4.0, -1.0, -2.0]


def test_many_bins_inside_one_another_are_soon_read(tmp_path: Path) -> None:
    data = document(tag("Discretize", {"field": "z", "dataType": "double"}, nested_bins(20_000)))
    started = time.process_time()
    assert value(data, tmp_path, z=19_999.5) == 20_000.0
    assert time.process_time() - started < 5


@pytest.mark.parametrize("origs", [(1, 1, 2), (0, 2, 2), (0, 1, 0.5), (1,)])
def test_points_that_do_not_rise(origs: tuple[float, ...], tmp_path: Path) -> None:
    points = "".join(tag("LinearNorm", {"orig": o, "norm": n}) for n, o in enumerate(origs))
    expression = tag("NormContinuous", {"field": "x"}, points)
    with pytest.raises(
        UnsupportedDocumentError, match=r"NormContinuous \(line 1\): the LinearNorm"
    ):
        value(document(expression), tmp_path)


def test_constants_and_references(tmp_path: Path) -> None:
    missing = tag("Constant", {"missing": "true", "dataType": "double"}, "5")
    data = document(apply("isMissing", missing), "boolean")
    assert value(data, tmp_path) is True
    reference = tag("FieldRef", {"field": "z", "mapMissingTo": "2.5"})
    assert value(document(apply("+", reference, constant(1))), tmp_path) == 3.5


def define(name: str, body: str, **parameters: str) -> str:
    inner = "".join(
        tag("ParameterField", {"name": p, "dataType": t, "optype": "continuous"})
        for p, t in parameters.items()
    )
    return tag(
        "DefineFunction", {"name": name, "dataType": "double", "optype": "continuous"}, inner + body
    )


P, Q = (tag("FieldRef", {"field": name}) for name in "pq")


@pytest.mark.parametrize("engine", ENGINES)
def test_functions_of_the_document(engine: str, tmp_path: Path) -> None:
    dictionary = define("half", apply("/", P, constant(2)), p="double")
    dictionary += define("both", apply("+", apply("half", P), apply("half", Q)), p="double",
                         q="double")  # fmt: skip
    dictionary += define("whole", apply("*", P, constant(1)), p="integer")
    before = tag("TransformationDictionary", {}, dictionary)
    data = document(apply("both", X, apply("half", Z)), before=before)
    assert value(data, tmp_path, engine, x=3.0, z=8.0) == 3.5
    assert value(document(apply("whole", N), before=before), tmp_path, engine, n=4) == 4.0


@pytest.mark.parametrize(
    ("dictionary", "said"),
    [
        (define("f", apply("f", P), p="double"), r"'f' calls itself \(f -> f\)"),
        (define("f", apply("g", P), p="double") + define("g", apply("f", P), p="double"),
         r"calls itself \(f -> g -> f\)"),
        (define("f", apply("+", P, X), p="double"), "there is no field 'x'"),
        (define("f", P, p="double", q="double"), "takes 2 arguments, not 1"),
        ("".join(define(f"f{n}", apply("+", *[apply(f"f{n - 1}", P) if n else P] * 2), p="double")
                 for n in range(40)) + define("f", apply("f39", P), p="double"),
         "are more than 100000 expressions"),
    ],
)  # fmt: skip
def test_functions_that_cannot_be(dictionary: str, said: str, tmp_path: Path) -> None:
    before = tag("TransformationDictionary", {}, dictionary)
    with pytest.raises(UnsupportedDocumentError, match=said):
        value(document(apply("f", X), before=before), tmp_path)


@pytest.mark.parametrize(
    "body",
    [
        apply("sum", *[apply("+", P, constant(n)) for n in range(500)]),
        tag("Discretize", {"field": "p", "dataType": "double"}, nested_bins(1_000)),
        tag("NormContinuous", {"field": "p"},
            "".join(tag("LinearNorm", {"orig": n, "norm": n % 7}) for n in range(1_000))),
        tag("MapValues", {"outputColumn": "v", "dataType": "double"},
            tag("FieldColumnPair", {"field": "p", "column": "k"})
            + tag("InlineTable", {}, "".join(
                f"<row><k>{n}</k><v>{n}</v></row>" for n in range(1_000)))),
    ],
    ids=["terms", "bins", "points", "rows"],
)  # fmt: skip
def test_a_large_function_that_is_called_often(body: str, tmp_path: Path) -> None:
    before = tag("TransformationDictionary", {}, define("f", body, p="double"))
    calls = [apply("f", apply("+", X, constant(k))) for k in range(500)]
    started = time.process_time()
    with pytest.raises(UnsupportedDocumentError, match="are more than 100000 expressions"):
        value(document(apply("sum", *calls), before=before), tmp_path)
    assert time.process_time() - started < 15
    few = document(apply("sum", *calls[:20]), before=before)
    assert isinstance(value(few, tmp_path, x=1.0), float)


def derived(name: str, *fields: str) -> str:
    inner = "".join(tag("FieldRef", {"field": f}) for f in fields)
    attributes = {"name": name, "dataType": "double", "optype": "continuous"}
    return tag("DerivedField", attributes, tag("Apply", {"function": "sum"}, inner))


def test_a_cycle_of_derived_fields_and_a_long_chain(tmp_path: Path) -> None:
    cycle = "".join(derived(f"f{n}", f"f{(n + 1) % 500}") for n in range(500))
    before = tag("TransformationDictionary", {}, cycle)
    with pytest.raises(UnsupportedDocumentError, match="'f0' is computed from itself"):
        value(document(tag("FieldRef", {"field": "f0"}), before=before), tmp_path)
    chain = derived("f0", "z") + "".join(
        derived(f"f{n}", f"f{n - 1}", f"f{n - 1}") for n in range(1, 1000)
    )
    before = tag("TransformationDictionary", {}, chain)
    data = document(tag("FieldRef", {"field": "f999"}), before=before)
    assert value(data, tmp_path, z=1.0) == 2.0**999


def test_a_hundred_thousand_predicates_inside_one_another(tmp_path: Path) -> None:
    deep = "<CompoundPredicate booleanOperator='and'>" * 100_000
    path = tmp_path / "document.pmml"
    path.write_text(f"<PMML xmlns='{NAMESPACE}' version='4.4'>{deep}")
    with pytest.raises(pp.errors.DocumentTooLargeError, match="depth"):
        pp.load(path, "compiled")


@pytest.mark.parametrize("function", ["sum", "avg", "product"])
@pytest.mark.parametrize("order", [(X, Z, N), (N, Z, X), (Z, N, X)])
def test_what_is_no_number_is_missing_whatever_else_is_added(
    tmp_path: Path, function: str, order: tuple[str, ...]
) -> None:
    """ "Missing values are ignored" is for what comes in, not for infinity less infinity."""
    infinite = (math.inf, 0.0, 3) if function == "product" else (math.inf, -math.inf, 3)
    data = document(apply(function, *order))
    record = dict(zip("xzn", infinite, strict=True))
    assert value(data, tmp_path, **record) is None
    assert value(data, tmp_path) is None, "nothing came in"
