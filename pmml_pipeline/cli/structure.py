"""What a document's model is made of: nested models as a tree, with counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from pmml_pipeline.cli import console
from pmml_pipeline.document import Document, Element
from pmml_pipeline.document.reader import MODEL_ELEMENTS

if TYPE_CHECKING:
    from rich.tree import Tree

# What tells how large a model is, by its element: descendants to count, and their plural.
COUNTED: dict[str, dict[str, str]] = {
    "AssociationModel": {"Itemset": "itemsets", "AssociationRule": "rules"},
    "BayesianNetworkModel": {"DiscreteNode": "discrete nodes", "ContinuousNode": "nodes"},
    "ClusteringModel": {"Cluster": "clusters", "ClusteringField": "fields"},
    "GaussianProcessModel": {"InlineTable": "tables"},
    "GeneralRegressionModel": {"Parameter": "parameters", "PCell": "coefficients"},
    "NaiveBayesModel": {"BayesInput": "inputs"},
    "NearestNeighborModel": {"KNNInput": "inputs", "row": "rows"},
    "NeuralNetwork": {"NeuralLayer": "layers", "Neuron": "neurons", "Con": "weights"},
    "RegressionModel": {
        "RegressionTable": "tables",
        "NumericPredictor": "numeric predictors",
        "CategoricalPredictor": "categorical predictors",
        "PredictorTerm": "terms",
    },
    "RuleSetModel": {"SimpleRule": "rules", "CompoundRule": "compound rules"},
    "Scorecard": {"Characteristic": "characteristics", "Attribute": "attributes"},
    "SequenceModel": {"SequenceRule": "rules"},
    "SupportVectorMachineModel": {"SupportVector": "support vectors", "Coefficient": "weights"},
}


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are in one model, over models of the same shape.

    Attributes:
        total: in all of them.
        least, most: in one of them.
    """

    total: int
    least: int
    most: int

    def __add__(self, other: Count) -> Count:
        return Count(
            self.total + other.total, min(self.least, other.least), max(self.most, other.most)
        )

    def told(self, name: str) -> str:
        """As in "3,750 nodes (15 each)", for the plural name of what is counted."""
        if self.total == 1:
            return f"1 {name.removesuffix('s')}"
        text = f"{self.total:,} {name}"
        if self.total == self.least:  # of one model
            return text
        same = self.least == self.most
        return f"{text} ({self.least:,}{'' if same else f' to {self.most:,}'} each)"


@dataclass(frozen=True, slots=True)
class Shape:
    """A model, or several of the same shape that stand side by side.

    Attributes:
        kind: the element, as ``TreeModel``.
        function: ``regression``, ...
        algorithm: as the producer calls it.
        times: how many there are.
        counts: what it has, by plural name.
        depth: of the deepest tree, in splits; None for other models.
        method: how its parts become one result (``multipleModelMethod``).
        parts: models inside it.
    """

    kind: str
    function: str
    algorithm: str | None
    times: int = 1
    counts: dict[str, Count] = field(default_factory=dict)
    depth: int | None = None
    method: str | None = None
    parts: tuple[Shape, ...] = ()

    def like(self, other: Shape) -> bool:
        """Whether the two differ in nothing but counts."""
        return (
            (self.kind, self.function, self.algorithm, self.method)
            == (other.kind, other.function, other.algorithm, other.method)
            and self.counts.keys() == other.counts.keys()
            and [p.times for p in self.parts] == [p.times for p in other.parts]
            and all(a.like(b) for a, b in zip(self.parts, other.parts, strict=True))
        )

    def merged(self, other: Shape) -> Shape:
        """Both as one, when they are alike."""
        return replace(
            self,
            times=self.times + other.times,
            counts={name: count + other.counts[name] for name, count in self.counts.items()},
            depth=None if self.depth is None else max(self.depth, other.depth or 0),
            parts=tuple(
                # The parts of each are alike, so what is said of them is said once.
                replace(a.merged(b), times=a.times)
                for a, b in zip(self.parts, other.parts, strict=True)
            ),
        )

    def __str__(self) -> str:
        text = f"{self.times:,} x {self.kind}" if self.times > 1 else self.kind
        text += f", {self.function}"
        if self.algorithm:
            text += f" ({self.algorithm})"
        facts = [count.told(name) for name, count in self.counts.items()]
        if self.depth is not None:
            facts.append(f"depth up to {self.depth}")
        return text + (": " + ", ".join(facts) if facts else "")

    def to_json(self) -> dict[str, Any]:
        """The same for machines."""
        found: dict[str, Any] = {
            "kind": self.kind,
            "function": self.function,
            "algorithm": self.algorithm,
            "times": self.times,
            "counts": {
                name: {"total": c.total, "least": c.least, "most": c.most}
                for name, c in self.counts.items()
            },
        }
        if self.depth is not None:
            found["depth"] = self.depth
        if self.parts:
            found["method"] = self.method
            found["parts"] = [part.to_json() for part in self.parts]
        return found


def shape_of(document: Document, path: Path) -> Shape:
    """The shape of a document's model.

    Args:
        document: as read; the nodes of its trees are not needed.
        path: of the same file, in which they are counted without being kept.
    """
    sizes = tree_sizes(path)
    by_element = dict(
        zip((id(e) for e in document.root.walk() if e.tag == "TreeModel"), sizes, strict=True)
    )
    return _shape(document.model.element, by_element)


def _shape(element: Element, sizes: dict[int, tuple[int, int]]) -> Shape:
    method, inner = _inner_models(element)
    parts: list[Shape] = []
    for part in (_shape(e, sizes) for e in inner):
        if parts and parts[-1].like(part):
            parts[-1] = parts[-1].merged(part)
        else:
            parts.append(part)
    counts, depth = _counts(element), None
    if element.tag == "TreeModel":
        nodes, depth = sizes[id(element)]
        counts = {"nodes": Count(nodes, nodes, nodes)}
    return Shape(
        kind=element.tag,
        function=element.get("functionName") or "",
        algorithm=element.get("algorithmName"),
        counts=counts,
        depth=depth,
        method=method,
        parts=tuple(parts),
    )


def _inner_models(element: Element) -> tuple[str | None, list[Element]]:
    """The models directly inside, and how they become one."""
    direct = [c for c in element.children if c.tag in MODEL_ELEMENTS]  # AnomalyDetectionModel
    segmentation = element.child("Segmentation")
    if segmentation is None:
        return None, direct
    segments = [s for segment in segmentation.all("Segment") for s in segment.children]
    inner = [e for e in segments if e.tag in MODEL_ELEMENTS]
    return segmentation.get("multipleModelMethod"), direct + inner


def _counts(element: Element) -> dict[str, Count]:
    wanted = COUNTED.get(element.tag)
    if wanted is None:
        return {}
    totals = dict.fromkeys(wanted, 0)
    for descendant in element.walk():
        if descendant.tag in totals:
            totals[descendant.tag] += 1
    return {wanted[tag]: Count(n, n, n) for tag, n in totals.items() if n}


def tree_sizes(path: Path) -> list[tuple[int, int]]:
    """Nodes and depth of every TreeModel of a file that has been read, in document order."""
    parser = expat.ParserCreate(namespace_separator=" ")
    sizes: list[tuple[int, int]] = []
    nodes = depth = deepest = 0

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal nodes, depth, deepest
        tag = name.rpartition(" ")[2]
        if tag == "Node":
            nodes += 1
            depth += 1
            deepest = max(deepest, depth)
        elif tag == "TreeModel" and not depth:  # what is inside a node was not kept by the reader
            nodes = deepest = 0

    def end(name: str) -> None:
        nonlocal depth
        tag = name.rpartition(" ")[2]
        if tag == "Node":
            depth -= 1
        elif tag == "TreeModel" and not depth:
            sizes.append((nodes, max(deepest - 1, 0)))

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    with path.open("rb") as file:
        parser.ParseFile(file)
    return sizes


def totals(shape: Shape, times: int = 1) -> tuple[int, int]:
    """Trees and nodes of a model, those of nested models included.

    Args:
        shape: of the model.
        times: how many models hold it. Counts are sums over them already, ``times`` is not.
    """
    times *= shape.times
    nodes = shape.counts["nodes"].total if shape.kind == "TreeModel" else 0
    inner = [totals(part, times) for part in shape.parts]
    trees = times if shape.kind == "TreeModel" else 0
    return trees + sum(t for t, _ in inner), nodes + sum(n for _, n in inner)


def derived_fields(root: Element) -> int:
    """How many derived fields the transformations of a document make."""
    places = ("TransformationDictionary", "LocalTransformations")
    return sum(len(e.all("DerivedField")) for e in _find(root, places))


def _find(root: Element, tags: Sequence[str]) -> Iterator[Element]:
    return (e for e in root.walk() if e.tag in tags)


def as_tree(shape: Shape) -> Tree:
    """The shape for the terminal."""
    from rich.tree import Tree

    return _branch(Tree(_label(shape)), shape)


def _label(shape: Shape) -> str:
    return console.safe(str(shape))


def _branch(branch: Tree, shape: Shape) -> Tree:
    if not shape.parts:
        return branch
    count = sum(part.times for part in shape.parts)
    inner = branch.add(console.safe(f"{shape.method} of {count:,}")) if shape.method else branch
    for part in shape.parts:
        _branch(inner.add(_label(part)), part)
    return branch
