"""Small documents that :mod:`benchmarks.fuzz` mutates, written by hand: every element somewhere."""

from __future__ import annotations

HEAD = (
    '<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"><Header/><DataDictionary>'
    '<DataField name="y" optype="{optype}" dataType="{kind}">{values}</DataField>'
    '<DataField name="x" optype="continuous" dataType="double">'
    '<Interval closure="closedOpen" leftMargin="-5" rightMargin="9.5"/>'
    '<Value value="-999" property="missing"/></DataField>'
    '<DataField name="z" optype="continuous" dataType="float"/>'
    '<DataField name="n" optype="ordinal" dataType="integer"><Value value="1"/><Value value="2"/>'
    '<Value value="3" displayValue="three"/></DataField>'
    '<DataField name="s" optype="categorical" dataType="string"><Value value="a"/>'
    '<Value value="b"/><Value value="c" property="invalid"/></DataField>'
    '<DataField name="b" optype="categorical" dataType="boolean"/>'
    '<DataField name="d" optype="continuous" dataType="date"/>'
    '<DataField name="t" optype="continuous" dataType="dateTime"/>'
    '<DataField name="k" optype="continuous" dataType="dateDaysSince[1970]"/></DataDictionary>'
)
NUMBER = HEAD.format(optype="continuous", kind="double", values="")
CLASS = HEAD.format(
    optype="categorical",
    kind="string",
    values='<Value value="no" displayValue="No"/><Value value="yes"/><Value value="so"/>',
)
SCHEMA = (
    '<MiningSchema><MiningField name="y" usageType="target"/>'
    '<MiningField name="x" outliers="asExtremeValues" lowValue="-3" highValue="8"'
    ' missingValueReplacement="0.5" missingValueTreatment="asMean"/>'
    '<MiningField name="z" invalidValueTreatment="asIs"/>'
    '<MiningField name="n" invalidValueTreatment="asMissing"/>'
    '<MiningField name="s" invalidValueTreatment="asValue" invalidValueReplacement="a"/>'
    '<MiningField name="b"/><MiningField name="d"/><MiningField name="t"/><MiningField name="k"/>'
    "</MiningSchema>"
)
PROBABILITIES = "".join(
    f'<OutputField name="p{v}" optype="continuous" dataType="double" feature="probability"'
    f' value="{v}"/>'
    for v in ("no", "yes", "so")
)
OUTPUT = (
    "<Output>" + PROBABILITIES + '<OutputField name="shown" optype="categorical"'
    ' dataType="string" feature="predictedDisplayValue"/><OutputField name="second"'
    ' optype="categorical" dataType="string" feature="predictedValue" rank="2"/></Output>'
)
X, Z, N, S, D, T, B = (f'<FieldRef field="{name}"/>' for name in "xznsdtb")


def _apply(function: str, *arguments: str, more: str = "") -> str:
    return f'<Apply function="{function}"{more}>{"".join(arguments)}</Apply>'


def _constant(value: object, kind: str = "double") -> str:
    return f'<Constant dataType="{kind}">{value}</Constant>'


def _derived(name: str, kind: str, expression: str) -> str:
    optype = "continuous" if kind in ("double", "integer", "float") else "categorical"
    head = f'<DerivedField name="{name}" optype="{optype}" dataType="{kind}">'
    return head + expression + "</DerivedField>"


ROWS = "".join(
    f"<row><a>{a}</a><m>{m}</m><out>{out}</out></row>"
    for a, m, out in (("a", 1, 1.5), ("a", 2, 2.5), ("b", 1, 3.5))
)
EXPRESSIONS = (
    _derived("e0", "double", _apply("+", X, _apply("*", Z, _constant(2)), more=' mapMissingTo="1"'))
    + _derived("e1", "double", _apply("if", _apply("lessThan", X, _constant(1)), Z, _constant(3)))
    + _derived("e2", "double", '<NormContinuous field="x" mapMissingTo="0.5" '
               'outliers="asMissingValues"><LinearNorm orig="-1" norm="0"/><LinearNorm orig="1" '
               'norm="2"/><LinearNorm orig="4" norm="1"/></NormContinuous>')
    + _derived("e3", "double", '<NormDiscrete field="s" value="a" mapMissingTo="0.25"/>')
    + _derived("e4", "string", '<Discretize field="x" mapMissingTo="none" defaultValue="rest">'
               '<DiscretizeBin binValue="low"><Interval closure="openClosed" rightMargin="0"/>'
               '</DiscretizeBin><DiscretizeBin binValue="high"><Interval closure="closedOpen" '
               'leftMargin="2" rightMargin="5"/></DiscretizeBin></Discretize>')
    + _derived("e5", "double", '<MapValues outputColumn="out" defaultValue="-1" mapMissingTo="-2"'
               ' dataType="double"><FieldColumnPair field="s" column="a"/><FieldColumnPair '
               f'field="n" column="m"/><InlineTable>{ROWS}</InlineTable></MapValues>')
    + _derived("e6", "double", _apply("twice", _apply("max", X, Z, N)))
    + _derived("e7", "double", _apply("median", *(_apply(f, Z) for f in
               ("ln", "exp", "sqrt", "abs", "floor", "round", "sin", "stdNormalCDF"))))
    + _derived("e8", "boolean", _apply("or", _apply("isIn", S, _constant("a", "string")),
               _apply("and", B, _apply("isNotMissing", X))))
    + _derived("e9", "double", _apply("pow", X, _apply("/", Z, _apply("-", N, _constant(2)))))
)  # fmt: skip
TEXTS = (
    _derived("u0", "string", _apply("concat", S, _constant("-", "string"), N))
    + _derived("u1", "string", _apply("substring", _apply("uppercase", S), N, _constant(1)))
    + _derived("u2", "integer", _apply("stringLength", _apply("trimBlanks", S)))
    + _derived("u3", "boolean", _apply("matches", S, _constant("^[ab]+$", "string")))
    + _derived("u4", "string", _apply("replace", S, _constant("(a)", "string"),
               _constant("$1$1", "string")))
    + _derived("u5", "string", _apply("formatNumber", X, _constant("%7.2f", "string")))
    + _derived("u6", "string", _apply("formatDatetime", D, _constant("%d.%m.%Y", "string")))
    + _derived("u7", "integer", _apply("dateDaysSinceYear", D, _constant(1960, "integer")))
    + _derived("u8", "integer", _apply("dateSecondsSinceMidnight", T))
)  # fmt: skip
FUNCTIONS = (
    '<DefineFunction name="twice" optype="continuous" dataType="double"><ParameterField name="p"'
    ' dataType="double" optype="continuous"/>'
    + _apply("*", '<FieldRef field="p"/>', _constant(2))
    + "</DefineFunction>"
)


def _simple(field: str, operator: str, value: object = "") -> str:
    return f'<SimplePredicate field="{field}" operator="{operator}" value="{value}"/>'


def _compound(operator: str, *parts: str) -> str:
    return f'<CompoundPredicate booleanOperator="{operator}">{"".join(parts)}</CompoundPredicate>'


SET = (
    '<SimpleSetPredicate field="s" booleanOperator="isIn"><Array n="2" type="string">a "b"</Array>'
    "</SimpleSetPredicate>"
)


def _node(name: str, score: object, predicate: str, counts: str = "3 4 5", inner: str = "") -> str:
    found = "".join(
        f'<ScoreDistribution value="{v}" recordCount="{n}"/>'
        for v, n in zip(("no", "yes", "so"), counts.split(), strict=True)
    )
    return (
        f'<Node id="{name}" score="{score}" recordCount="12" defaultChild="{name}0">{predicate}'
        f"{found}{inner}</Node>"
    )


def tree(strategy: str, classifies: bool, output: str = "") -> str:
    """A TreeModel with every kind of predicate."""
    a, b, c = ("no", "yes", "so") if classifies else ("1", "2.5", "-3")
    nodes = _node(
        "r", a, "<True/>", inner=(
            _node("r0", b, _compound("surrogate", _simple("x", "lessThan", 1), SET), inner=(
                _node("r00", a, _simple("z", "lessOrEqual", 0.1), "9 1 2")
                + _node("r01", c, _compound("xor", _simple("b", "equal", "true"),
                                            _simple("x", "isMissing")), "1 2 9")))
            + _node("r1", c, _compound("and", _simple("n", "notEqual", 2),
                                       _compound("or", SET, _simple("z", "greaterThan", 2))))
            + _node("r2", a, _simple("s", "isNotMissing"), "1 1 10"))
    )  # fmt: skip
    function = "classification" if classifies else "regression"
    return (
        f'<TreeModel functionName="{function}" missingValueStrategy="{strategy}" '
        'missingValuePenalty="0.9" noTrueChildStrategy="returnLastPrediction" '
        f'splitCharacteristic="multiSplit">{SCHEMA}{output}{nodes}</TreeModel>'
    )


def _regression(classifies: bool, output: str = "", local: str = "") -> str:
    function = "classification" if classifies else "regression"
    tables = "".join(
        f'<RegressionTable intercept="{at}.5" targetCategory="{name}"><NumericPredictor name="x" '
        'coefficient="0.25" exponent="2"/><CategoricalPredictor name="s" value="a" '
        'coefficient="1.5"/><PredictorTerm coefficient="2"><FieldRef field="x"/><FieldRef '
        'field="z"/></PredictorTerm></RegressionTable>'
        for at, name in enumerate(("no", "yes", "so") if classifies else ("no",))
    )
    if not classifies:
        tables = tables.replace(' targetCategory="no"', "")
    method = "softmax" if classifies else "none"
    return (
        f'<RegressionModel functionName="{function}" normalizationMethod="{method}">{SCHEMA}'
        f"{output}{local}{tables}</RegressionModel>"
    )


def _mining(method: str, classifies: bool, models: list[str], output: str = "") -> str:
    predicates = ("<True/>", _simple("x", "lessThan", 2), _compound("or", SET, "<False/>"))
    segments = "".join(
        f'<Segment id="s{at}" weight="{at + 1}">{predicate}{model}</Segment>'
        for at, (predicate, model) in enumerate(zip(predicates, models, strict=False))
    )
    function = "classification" if classifies else "regression"
    targets = (
        "<Targets><Target field='y'>" + (
            "<TargetValue value='yes' priorProbability='0.7'/>" if classifies
            else "<TargetValue defaultValue='3.5'/>") + "</Target></Targets>"
    )  # fmt: skip
    return (
        f'<MiningModel functionName="{function}">{SCHEMA}{output}{targets}<Segmentation '
        f'multipleModelMethod="{method}" missingPredictionTreatment="skipSegment" '
        f'missingThreshold="0.75">{segments}</Segmentation></MiningModel>'
    )


def _results(expressions: str) -> str:
    names = expressions.split('<DerivedField name="')[1:]
    fields = "".join(
        f'<OutputField name="o{n[:2]}" dataType="{n.split("dataType=")[1].split(chr(34))[1]}" '
        f'optype="categorical" feature="transformedValue"><FieldRef field="{n[:2]}"/></OutputField>'
        for n in names
    )
    return f"<Output>{fields}</Output>"


def _clustering() -> str:
    fields = "".join(f'<ClusteringField field="{name}" fieldWeight="2"/>' for name in "xzn")
    clusters = "".join(
        f'<Cluster id="c{at}"><Array n="3" type="real">{at} 0.5 {2 * at}</Array></Cluster>'
        for at in range(3)
    )
    outputs = "".join(
        f'<OutputField name="{f}{r}" optype="categorical" dataType="{t}" feature="{f}" rank="{r}"/>'
        for f, t in (("clusterId", "string"), ("affinity", "double"))
        for r in (1, 2)
    )
    schema = SCHEMA.replace('<MiningField name="y" usageType="target"/>', "")
    return (
        '<ClusteringModel functionName="clustering" modelClass="centerBased" numberOfClusters="3">'
        f'{schema}<Output>{outputs}</Output><ComparisonMeasure kind="distance"><euclidean/>'
        f"</ComparisonMeasure>{fields}<MissingValueWeights><Array n='3' type='real'>1 1 1</Array>"
        f"</MissingValueWeights>{clusters}</ClusteringModel>"
    )


def seeds() -> dict[str, bytes]:
    """The documents by name."""
    found: dict[str, str] = {}
    for strategy in ("none", "defaultChild", "weightedConfidence", "aggregateNodes"):
        found[f"tree-{strategy}"] = CLASS + tree(strategy, True, OUTPUT)
    found["tree-regression"] = NUMBER + tree("lastPrediction", False)
    for name, expressions in (("expressions", EXPRESSIONS), ("texts", TEXTS)):
        dictionary = f"<TransformationDictionary>{FUNCTIONS}</TransformationDictionary>"
        local = f"<LocalTransformations>{expressions}</LocalTransformations>"
        found[name] = NUMBER + dictionary + _regression(False, _results(expressions), local)
    found["logistic"] = CLASS + _regression(True, OUTPUT)
    for method in ("majorityVote", "weightedAverage", "max", "median"):
        models = [tree("none", True), _regression(True), tree("nullPrediction", True)]
        found[f"vote-{method}"] = CLASS + _mining(method, True, models, OUTPUT)
    for method in ("sum", "weightedMedian", "selectFirst", "modelChain"):
        models = [tree("none", False), _regression(False), tree("nullPrediction", False)]
        text = NUMBER + _mining(method, False, models)
        if method in ("selectFirst", "modelChain"):  # which ask for no share of the segments
            text = text.replace('missingThreshold="0.75"', "").replace("skipSegment", "continue")
        found[f"combine-{method}"] = text
    found["clustering"] = NUMBER + _clustering()
    return {name: (text + "</PMML>").encode() for name, text in found.items()}
