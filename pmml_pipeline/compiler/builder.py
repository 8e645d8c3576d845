"""Writes programs: gives out registers, computes constants at once and nothing twice.

While it is written every value has a number of its own. At the end what no output needs is left
out, and values that are never needed at the same time share a register.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pmml_pipeline.compiler.host import Call
from pmml_pipeline.compiler.interpret import MAPS
from pmml_pipeline.compiler.program import Instruction, Program, Stage
from pmml_pipeline.compiler.terms import TermCall, TermIndex, TextSettings

Register = int


@dataclass(frozen=True, slots=True)
class _Key:
    """What makes two instructions the same."""

    op: str
    sources: tuple[int, ...]
    immediates: tuple[int, ...]


class Builder:
    """A program in the making.

    Args:
        n_inputs: how many columns come in. They are the registers 0 to n_inputs - 1.
    """

    def __init__(self, n_inputs: int) -> None:
        self.n_inputs = n_inputs
        self._count = n_inputs
        self._constants: dict[bytes, Register] = {}  # by their bits: -0.0 is not 0.0
        self._values: dict[Register, float] = {}
        self._instructions: list[Instruction] = []
        self._known: dict[_Key, tuple[Register, ...]] = {}
        self._calls: dict[Register, Call] = {}
        self._called: dict[tuple[object, ...], Register] = {}
        self._terms: dict[tuple[TextSettings, Register], dict[str, Register]] = {}
        self._ints = _Pool(np.int32)
        self._doubles = _Pool(np.float64)

    def constant(self, value: float) -> Register:
        """The register of a constant."""
        bits = np.float64(value).tobytes()
        register = self._constants.get(bits)
        if register is None:
            register = self._constants[bits] = self._new()
            self._values[register] = float(value)
        return register

    def value(self, register: Register) -> float | None:
        """The constant that the register holds, or None."""
        return self._values.get(register)

    def op(self, name: str, *sources: Register, immediates: Sequence[int] = ()) -> Register:
        """The result of an operation."""
        if name in MAPS and all(s in self._values for s in sources):
            with np.errstate(all="ignore"):
                return self.constant(float(MAPS[name](*(self._array(s) for s in sources))[0]))
        return self.ops(name, 1, sources, immediates)[0]

    def ops(
        self, name: str, results: int, sources: Sequence[Register], immediates: Sequence[int] = ()
    ) -> tuple[Register, ...]:
        """The results of an operation that has several."""
        key = _Key(name, tuple(sources), tuple(immediates))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = tuple(self._new() for _ in range(results))
            self._instructions.append(Instruction(name, found, key.sources, key.immediates))
        return found

    def call(
        self,
        function: str,
        parameters: Sequence[str],
        sources: Sequence[Register],
        source_types: Sequence[str],
        target_type: str,
        forgiving: bool = False,
    ) -> Register:
        """The result of a function of texts, see :mod:`pmml_pipeline.compiler.host`."""
        types = tuple(source_types)
        key = (function, tuple(parameters), tuple(sources), types, target_type, forgiving)
        found = self._called.get(key)
        if found is None:
            found = self._called[key] = self._new()
            self._calls[found] = Call(*key[:4], found, target_type, forgiving)
        return found

    def term(self, settings: TextSettings, text: Register, term: str) -> Register:
        """The weight of a term in a text. All terms of a text are counted in one go."""
        terms = self._terms.setdefault((settings, text), {})
        if term not in terms:
            terms[term] = self._new()
        return terms[term]

    def doubles(self, values: Iterable[float] | npt.NDArray[np.float64]) -> int:
        """The offset of a table of numbers."""
        return self._doubles.add(values)

    def ints(self, values: Iterable[int] | npt.NDArray[np.int32]) -> int:
        """The offset of a table of whole numbers."""
        return self._ints.add(values)

    def finish(self, outputs: Sequence[Register]) -> tuple[Stage, ...]:
        """The stages that compute the outputs, which are what the last one writes.

        A value belongs to the stage in which it can first be computed: that of the sources, and one
        later behind a function of texts. Columns have the numbers of the values that they hold.
        """
        stage: dict[Register, int] = {}

        def stage_of(sources: Iterable[Register]) -> int:
            return max((stage.get(s, 0) for s in sources), default=0)

        items = self._in_order()
        for item in items:
            later = not isinstance(item, Instruction)
            stage.update(dict.fromkeys(item.targets, stage_of(item.sources) + later))
        needed, kept, calls = _needed(items, outputs)
        last = max((stage.get(r, 0) for r in needed), default=0)
        stages = []
        for level in range(last + 1):
            here = [i for i in kept if stage_of(i.targets) == level]
            made = {t for i in here for t in i.targets}
            following = [c for c in calls if stage_of(c.sources) == level]
            wanted = {s for i in kept if stage_of(i.targets) > level for s in i.sources}
            wanted |= {s for c in calls if stage_of(c.sources) >= level for s in c.sources}
            writes = sorted(made & (wanted | set(outputs)))
            writes += sorted({s for c in following for s in c.sources} & self._values.keys())
            if level == last:
                writes = list(outputs)
            reads = {s for i in here for s in i.sources} | set(writes)
            reads -= made | self._values.keys()
            order = sorted(reads)
            stages.append(
                Stage(
                    self._program(here, order, writes),
                    tuple(order),
                    tuple(writes),
                    tuple(following),
                )
            )
        return tuple(stages)

    def _in_order(self) -> list[Instruction | Call | TermCall]:
        """Instructions and calls, each after what it needs."""
        items: list[Instruction | Call | TermCall] = [*self._instructions, *self._calls.values()]
        # The terms of a text need the text only, which the first of them came after.
        items += [
            TermCall(TermIndex(settings, tuple(terms)), (text,), ("string",), tuple(terms.values()))
            for (settings, text), terms in self._terms.items()
        ]
        return sorted(items, key=lambda item: item.targets[0])

    def _program(
        self,
        instructions: Sequence[Instruction],
        reads: Sequence[Register],
        writes: Sequence[Register],
    ) -> Program:
        used = {s for i in instructions for s in i.sources} | set(writes)
        constants = [r for r in self._values if r in used]
        places = _allocate(instructions, constants, reads, writes)
        return Program(
            instructions=tuple(
                Instruction(
                    i.op,
                    tuple(places.of[t] for t in i.targets),
                    tuple(places.of[s] for s in i.sources),
                    i.immediates,
                )
                for i in instructions
            ),
            constants=np.array([self._values[r] for r in constants], dtype=np.float64),
            n_inputs=len(reads),
            n_registers=places.count,
            outputs=tuple(places.of[r] for r in writes),
            ints=self._ints.array(),
            doubles=self._doubles.array(),
        )

    def _new(self) -> Register:
        self._count += 1
        return self._count - 1

    def _array(self, register: Register) -> npt.NDArray[np.float64]:
        return np.array([self._values[register]])


class _Pool:
    """Tables one after the other; the same table is kept once."""

    def __init__(self, dtype: type[np.generic]) -> None:
        self._dtype = dtype
        self._parts: list[npt.NDArray[Any]] = []
        self._offsets: dict[bytes, int] = {}
        self._size = 0
        self._whole: npt.NDArray[Any] | None = None

    def add(self, values: Iterable[float] | npt.NDArray[Any]) -> int:
        part: npt.NDArray[Any] = np.array(
            values if isinstance(values, np.ndarray) else list(values), dtype=self._dtype
        )
        key = part.tobytes()
        offset = self._offsets.get(key)
        if offset is None:
            offset = self._offsets[key] = self._size
            self._parts.append(part)
            self._size += len(part)
            self._whole = None
        return offset

    def array(self) -> npt.NDArray[Any]:
        if self._whole is None:
            self._whole = np.concatenate([np.empty(0, dtype=self._dtype), *self._parts])
        return self._whole


def _needed(
    items: Sequence[Instruction | Call | TermCall], outputs: Sequence[Register]
) -> tuple[set[Register], list[Instruction], list[Call | TermCall]]:
    """What the outputs need: values, instructions, calls."""
    needed = set(outputs)
    kept: list[Instruction] = []
    calls: list[Call | TermCall] = []
    for item in reversed(items):
        if needed.intersection(item.targets):
            needed.update(item.sources)
            if isinstance(item, Instruction):
                kept.append(item)
            else:
                calls.append(item)
    return needed, kept[::-1], calls[::-1]


@dataclass(slots=True)
class _Places:
    of: dict[Register, int]
    count: int


def _allocate(
    instructions: Sequence[Instruction],
    constants: Sequence[Register],
    inputs: Sequence[Register],
    outputs: Sequence[Register],
) -> _Places:
    """A register of the machine for every value: constants, inputs, then whatever is free."""
    of = {register: place for place, register in enumerate((*constants, *inputs))}
    last = {s: at for at, i in enumerate(instructions) for s in (*i.sources, *i.targets)}
    for register in outputs:
        last[register] = len(instructions)
    fixed = set(of)
    count = len(of)
    free: list[int] = []
    for at, instruction in enumerate(instructions):
        # Targets get their places while the sources still have theirs: an operation with several
        # results may write one before it has read all sources.
        for target in instruction.targets:
            of[target] = free.pop() if free else count
            count = max(count, of[target] + 1)
        used = dict.fromkeys((*instruction.sources, *instruction.targets))
        free.extend(of[r] for r in used if last[r] == at and r not in fixed)
    return _Places(of, count)
