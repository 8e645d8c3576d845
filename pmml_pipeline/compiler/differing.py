"""Characters that Python's ``re`` and the package ``regex`` take for different things."""

from __future__ import annotations

import functools
import re
import sys

import numpy as np
import numpy.typing as npt

# Of ASCII the others differ: in Python they are spaces.
_ALIKE = re.compile("[\x00-\x1b\x20-\x7f]*")


def differing_in(text: str, ignore_case: bool) -> str:
    """The first character of a text about which they differ, or nothing.

    Args:
        text: any.
        ignore_case: whether it is looked at so, somewhere.
    """
    if _ALIKE.fullmatch(text):
        return ""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    differing = codes[_table(ignore_case)[codes]]
    return chr(differing[0]) if differing.size else ""


@functools.cache
def _table(ignore_case: bool) -> npt.NDArray[np.bool_]:
    """By character, whether they differ. What a letter is in the other case they only differ about
    with the letters i of Turkish, and with letters that one of them does not know."""
    import regex

    every = "".join(map(chr, range(sys.maxunicode + 1)))
    differ = np.zeros(len(every), dtype=np.bool_)
    for name in (r"\d+", r"\w+", r"\s+"):
        one = np.zeros_like(differ)
        for module in (re, regex):
            for run in module.finditer(name, every):
                one[run.start() : run.end()] ^= True
        differ |= one
    differ[[0x130, 0x131]] |= ignore_case
    return differ
