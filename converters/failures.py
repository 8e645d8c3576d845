"""What went wrong in a conversion, in one sentence, and what to do about it?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from converters.steps import class_name, converted_class, walk_steps

# What Java printed -> what to do about it; the first pattern that is found wins. `{0}` and so on
# are the groups of the pattern. The converter's own advice stands after the message.
FIXES: tuple[tuple[str, str], ...] = (
    (
        r"not a supported (?:Transformer|Estimator)|'pmml_base_class_' has an unsupported value",
        "replace the step by one that converts; a formula can be written as"
        " sklearn2pmml.preprocessing.ExpressionTransformer",
    ),
    (r"is not fitted", "fit the whole pipeline before it is exported"),
    (
        r"Attribute '(?:[\w.]+\.)?func' has an unsupported value|does not have a persistent state",
        "write the function as sklearn2pmml.preprocessing.ExpressionTransformer, for example"
        ' ExpressionTransformer("X[0] / X[1]")',
    ),
    (r"Attribute '(?:[\w.]+\.)?(\w+)' has an unsupported value.*\nsolution: (.+)", "{1} for '{0}'"),
    (
        r"Attribute '(?:[\w.]+\.)?(\w+)' has an unsupported value",
        "give '{0}' another value, one that is a plain string or number",
    ),
    (
        r"Attribute '(?:[\w.]+\.)?(\w+)' not set",
        "the installed library no longer writes '{0}', which the converter reads; replace the step,"
        " or install the library version that the converter was made for",
    ),
    (
        r"Expected (?:\d+|one|two) features?, got \d+",
        "make the step give the same columns as in training; SimpleImputer(add_indicator=True) on"
        " columns without missing values and predictors used as transformers are known causes",
    ),
    (
        r"Expected an? [\w -]+ feature, got|feature type information",
        "state what kind the columns are before this step, with"
        " sklearn2pmml.decoration.ContinuousDomain or CategoricalDomain",
    ),
    (r"label, got multi label", "train on one target; export several targets one by one"),
    (
        r"expression '.*' is invalid|is not defined or not supported",
        "use only arithmetic, comparisons, conditionals and those functions of math and numpy that"
        " sklearn2pmml knows",
    ),
    (r"Field '(.+)' is already defined", "rename one of the two fields named '{0}'"),
    (
        r"package has expired",
        "install a newer sklearn2pmml, or take the converter pmml-sklearn; the jar of sklearn2pmml"
        " stops working 360 days after its build",
    ),
    (
        r"Scikit-Learn version .* is not supported",
        "install a newer sklearn2pmml, or train again with a scikit-learn that this one supports",
    ),
    (r"OutOfMemoryError", "give Java more memory, for example java_options=['-Xmx8g']"),
    (r"StackOverflowError", "give Java a larger stack, for example java_options=['-Xss64m']"),
    (r"UnsupportedClassVersionError", "use Java 11 or later"),
    (r"No space left on device", "free some disk space, or set TMPDIR to a folder that has some"),
    (r"Could not create the Java Virtual Machine", "correct the Java options"),
)
GENERAL_FIX = (
    "no fix is known for this message; convert with fewer steps to find the one at fault, and read"
    " the converter's output with --verbose"
)


@dataclass(frozen=True, slots=True)
class _Thrown:
    """One Java exception of a chain."""

    kind: str
    message: str
    solution: str
    context: str


_HEADER = re.compile(
    r'^(?:Exception in thread "[^"]*" |Caused by: )?((?:[\w$]+\.)+[\w$]*(?:Exception|Error))'
    r"(?:: (.*))?$",
    re.MULTILINE,
)


def explain(output: str, pipeline: object) -> tuple[str, str]:
    """Cause and fix, each one clause, from what Java printed.

    Args:
        output: standard output and error of the Java process.
        pipeline: the object that was converted; the step at fault is named by its path in it.
    """
    chain = list(_chain(output))
    if not chain:
        lines = [line.strip() for line in output.splitlines() if line.strip()]
        lines = [line for line in lines if not line.startswith("Picked up ")]
        cause = f"Java failed: {lines[0]}" if lines else "Java failed without a word"
        return cause.rstrip("."), _fix(output, "")
    useful = _useful(chain)
    said = useful.message
    if useful.kind.startswith("java.") or said.startswith("Failed to convert"):
        said = f"{chain[-1].kind.rpartition('.')[2]}: {chain[-1].message}".rstrip(": ")
    step = _step_name([useful, *reversed(chain)], pipeline)
    cause = f"{step} was not converted: {said}" if step else f"the conversion failed: {said}"
    return cause.rstrip("."), _fix(f"{useful.kind}: {said}", useful.solution)


def _chain(output: str) -> Iterator[_Thrown]:
    """The exceptions from the outermost to the innermost."""
    found = list(_HEADER.finditer(output))
    ends = [match.start() for match in found[1:]] + [len(output)]
    for match, end in zip(found, ends, strict=False):
        block = output[match.end() : end]
        sections = dict(re.findall(r"^(Solution|Context):\s*\n\t(.*)$", block, re.MULTILINE))
        yield _Thrown(
            match[1],
            (match[2] or "").strip(),
            sections.get("Solution", ""),
            sections.get("Context", ""),
        )


def _useful(chain: Sequence[_Thrown]) -> _Thrown:
    """The exception that speaks of the step.

    It is the innermost one of the converter: below it come Java's own (a cast, an index). What an
    unfitted step lacks is said by the exception around it.
    """
    for thrown in chain:
        if "is not fitted" in thrown.message:
            return thrown
    return next((t for t in reversed(chain) if not t.kind.startswith("java.")), chain[-1])


def _step_name(chain: Sequence[_Thrown], pipeline: Any) -> str:
    """The first step of ``pipeline`` that the exceptions speak of, or the class they name."""
    paths: dict[str, list[str]] = {}
    if class_name(pipeline) == "sklearn2pmml.pipeline.PMMLPipeline" and len(pipeline.steps) == 1:
        pipeline = pipeline.steps[0][1]  # a wrapper; its step is what the user wrote
    for step in walk_steps(pipeline):
        if step.path or not hasattr(step.estimator, "steps"):  # not the whole pipeline
            paths.setdefault(converted_class(step), []).append(step.path)
    for thrown in chain:
        # Earlier versions of the library name the class before the attribute.
        named = re.findall(r"Attribute '([\w.]+)\.\w+'", thrown.message)
        named += re.findall(r"Python class ([\w.]+)", thrown.message)
        for name in (*named, thrown.context):
            if name in paths:
                where = " or ".join(repr(path) for path in paths[name] if path)
                short = name.rpartition(".")[2]
                return f"step {where} ({short})" if where else short
    return ""


def _fix(said: str, solution: str) -> str:
    text = f"{said}\nsolution: {solution[:1].lower()}{solution[1:]}" if solution else said
    for pattern, fix in FIXES:
        match = re.search(pattern, text)
        if match:
            return fix.format(*match.groups())
    return f"sklearn2pmml advises: {solution}" if solution else GENERAL_FIX
