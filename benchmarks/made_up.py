"""Documents of as many trees as wanted, made up without training."""

from __future__ import annotations

import random
from collections.abc import Iterator

FIELDS = [f"x{i}" for i in range(10)]
DEPTH = 4  # of every tree, so 16 leaves


def forest(trees: int) -> str:
    """A document that adds up trees, the same every time."""
    dice = random.Random(0)
    fields = "".join(
        f'<DataField name="{n}" optype="continuous" dataType="double"/>' for n in (*FIELDS, "y")
    )
    schema = "".join(f'<MiningField name="{n}"/>' for n in FIELDS)
    segments = "".join(
        f"<Segment><True/><TreeModel functionName='regression' splitCharacteristic='binarySplit'>"
        f"<MiningSchema>{schema}</MiningSchema>{''.join(_node(dice, '<True/>', DEPTH))}"
        f"</TreeModel></Segment>"
        for _ in range(trees)
    )
    return (
        '<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"><Header/>'
        f"<DataDictionary>{fields}</DataDictionary>"
        '<MiningModel functionName="regression">'
        f'<MiningSchema>{schema}<MiningField name="y" usageType="target"/></MiningSchema>'
        f'<Segmentation multipleModelMethod="sum">{segments}</Segmentation></MiningModel></PMML>'
    )


def _node(dice: random.Random, predicate: str, depth: int) -> Iterator[str]:
    if not depth:
        yield f'<Node score="{dice.uniform(-1, 1)!r}">{predicate}</Node>'
        return
    field, threshold = dice.choice(FIELDS), dice.gauss(0, 1)
    yield f"<Node>{predicate}"
    for operator in ("lessOrEqual", "greaterThan"):
        split = f'<SimplePredicate field="{field}" operator="{operator}" value="{threshold!r}"/>'
        yield from _node(dice, split, depth - 1)
    yield "</Node>"
