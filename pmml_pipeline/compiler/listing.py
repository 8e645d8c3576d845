"""A plan as text that a person reads: what will run, in which order, on which registers.

One line is one instruction. Tables are described, not printed: a forest by its trees, a table of
values by its length; numbers that a line has room for are written out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from pmml_pipeline.compiler.host import Call
from pmml_pipeline.compiler.program import Instruction, Plan, Program, Stage
from pmml_pipeline.compiler.terms import TermCall

_MOST_SHOWN = 8  # names or numbers in one line
_INFIX = {"ADD": "+", "SUB": "-", "MUL": "*", "DIV": "/", "EQ": "==", "NE": "!=", "LT": "<"}
_INFIX |= {"LE": "<=", "GT": ">", "GE": ">=", "AND": "and", "OR": "or"}


def listing(plan: Plan, inputs: Sequence[str], outputs: Sequence[str]) -> Iterator[str]:
    """The lines of a plan.

    Args:
        plan: to be printed.
        inputs: names of the inputs, by their column.
        outputs: names of the outputs, in order.
    """
    names = dict(enumerate(inputs))
    last = len(plan.stages) - 1
    for number, stage in enumerate(plan.stages):
        program = stage.program
        tables = program.ints.nbytes + program.doubles.nbytes
        yield (
            f"stage {number + 1} of {last + 1}: instructions {len(program.instructions):,}, "
            f"registers {program.n_registers:,}, tables {tables:,} bytes"
        )
        known = _names(stage, names)
        for instruction in program.instructions:
            yield f"  {_instruction(program, instruction, known)}"
        for place, (column, register) in enumerate(zip(stage.writes, program.outputs, strict=True)):
            name = outputs[place] if number == last else f"c{column}"
            yield f"  {name} <- {known(register)}"
        for call in stage.calls:
            yield f"  {_call(call, names)}"
    if plan.texts:
        yield f"texts {len(plan.texts):,}: {_some([repr(text) for text in plan.texts])}"


def _names(stage: Stage, columns: Mapping[int, str]) -> Callable[[int], str]:
    """What a register is called: a constant by its value, an input by its field."""
    constants, first = stage.program.constants.tolist(), len(stage.program.constants)

    def name(register: int) -> str:
        if register < first:
            return f"{constants[register]:.17g}"
        if register < first + stage.program.n_inputs:
            column = stage.reads[register - first]
            return columns.get(column, f"c{column}")
        return f"r{register}"

    return name


def _instruction(p: Program, i: Instruction, name: Callable[[int], str]) -> str:
    targets = _some([name(register) for register in i.targets])
    sources = [name(register) for register in i.sources]
    if i.op in _INFIX:
        return f"{targets} = {sources[0]} {_INFIX[i.op]} {sources[1]}"
    if i.op == "LINEAR":
        return f"{targets} = {_linear(p, i, sources)}"
    about = _TABLES.get(i.op, _plain)(p, i)
    return f"{targets} = {i.op}({_some(sources)}{'; ' if about else ''}{about})"


def _linear(p: Program, i: Instruction, sources: Sequence[str]) -> str:
    intercept, *factors = p.doubles[i.immediates[0] :][: len(sources) + 1].tolist()
    terms = [f"{c:.17g} * {s}" for c, s in zip(factors, sources, strict=True)]
    return f"{_some(terms, ' + ')} + {intercept:.17g}"


def _forest(p: Program, i: Instruction) -> str:
    """The header of a forest is described in ``kernels/src/forest.c``."""
    header = p.ints[i.immediates[0] :]
    columns, trees, values, flags = header[:4].tolist()
    kinds = [word for bit, word in ((1, "in float32"), (2, "numbers of leaves")) if flags & bit]
    every, whole = header[9:12].tolist(), header[12:15].tolist()
    again = [f"where nothing is missing {_ways(p, trees, whole)}"] if whole != every else []
    return ", ".join(
        [
            f"trees {trees:,}, columns of ranks {columns:,}, values of a leaf {values}",
            _ways(p, trees, every),
            *again,
            *kinds,
        ]
    )


def _ways(p: Program, trees: int, parts: Sequence[int]) -> str:
    walk, vectors, words = parts
    depths, nodes = p.ints[walk + trees : walk + 2 * trees].tolist(), int(p.ints[walk + 2 * trees])
    ways = f"walks and sets of {32 * words} leaves" if vectors else "walks"
    return f"nodes {nodes:,}, up to {max(depths, default=0)} deep, by {ways}"


def _numbers(p: Program, offset: int, count: int) -> str:
    return _some([f"{value:.17g}" for value in p.doubles[offset : offset + count].tolist()])


def _lut(p: Program, i: Instruction) -> str:
    offset, base, count = i.immediates
    rest = p.doubles[offset + count : offset + count + 2].tolist()
    return (
        f"from {base} on: {_numbers(p, offset, count)}; any other {rest[0]:.17g}, "
        f"missing {rest[1]:.17g}"
    )


def _find(p: Program, i: Instruction) -> str:
    offset, count = i.immediates
    rest = p.doubles[offset + 2 * count : offset + 2 * count + 2].tolist()
    return (
        f"of {_numbers(p, offset, count)}: {_numbers(p, offset + count, count)}; "
        f"any other {rest[0]:.17g}, missing {rest[1]:.17g}"
    )


def _bin(p: Program, i: Instruction) -> str:
    return f"between {_numbers(p, *i.immediates)}"


def _plain(_: Program, i: Instruction) -> str:
    return ", ".join(map(str, i.immediates))


_TABLES: Mapping[str, Callable[[Program, Instruction], str]] = {
    "FOREST": _forest,
    "LUT": _lut,
    "FIND": _find,
    "BIN": _bin,
}


def _call(call: Call | TermCall, names: Mapping[int, str]) -> str:
    sources = _some([names.get(c, f"c{c}") for c in call.sources])
    targets = _some([f"c{c}" for c in call.targets])
    if isinstance(call, TermCall):
        return f"{targets} = the weights of {len(call.targets):,} terms in {sources}, in Python"
    parameters = "".join(f", {p!r}" for p in call.parameters)
    return f"{targets} = {call.function}({sources}{parameters}), in Python"


def _some(words: Sequence[str], between: str = ", ") -> str:
    """The words, or the first few and how many there are."""
    if len(words) <= _MOST_SHOWN:
        return between.join(words)
    return f"{between.join(words[:_MOST_SHOWN])}{between}... ({len(words):,})"
