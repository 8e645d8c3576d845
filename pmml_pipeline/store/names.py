"""Which names may stand for models, versions and files in a store."""

from __future__ import annotations

import re

from pmml_pipeline.errors import ModelNameError

MANIFEST_NAME = "manifest.json"

_LONGEST = 128
_ALLOWED = re.compile(r"[A-Za-z0-9_.-]*")
_FIRST = re.compile(r"[A-Za-z0-9]")
# Device names that Windows takes for itself in every folder, with any extension. Artifacts are
# copied to such machines even when they are never published from one.
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
# 18 digits always fit a signed 64-bit integer, which is what Java readers hold a version in.
_VERSION = re.compile(r"[1-9][0-9]{0,17}")


def fault(name: str) -> str | None:
    """Why the name cannot be one folder or file in every store; ``None`` when it can."""
    if not name:
        return "is empty"
    if len(name) > _LONGEST:
        return f"has {len(name)} characters, more than {_LONGEST}"
    if not name.isascii():
        return (
            "has a character that is not ASCII, which file systems and URLs do not all spell alike"
        )
    if "/" in name or "\\" in name:
        return "has a slash and could leave the store"
    if name.startswith("."):
        return "begins with a dot, which marks unpublished folders"
    if not _ALLOWED.fullmatch(name):
        return "has a character other than letters, digits, '_', '.' and '-'"
    if not _FIRST.match(name):
        return "does not begin with a letter or a digit"
    if name.endswith("."):
        return "ends with a dot, which Windows drops"
    if _RESERVED.fullmatch(name):
        return "is a device name on Windows"
    return None


def check_model_name(name: str) -> str:
    """The name itself, when a model can be published under it.

    A name is 1 to 128 ASCII letters, digits, ``_``, ``.`` and ``-``, begins with a letter or a
    digit and does not end with a dot. Names that differ only in case are not kept apart here.

    Raises:
        ModelNameError: the name could leave the store, or would not work on every file system.
    """
    reason = fault(name)
    if reason is not None:
        # The name is cut and quoted: it may be a megabyte long or hold control characters.
        shown = ascii(name if len(name) <= 60 else name[:60] + "...")
        raise ModelNameError(
            f"the model name {shown} {reason}",
            "use letters, digits, '_', '.' and '-', as in 'credit-eu'",
        )
    return name


def version_number(name: str) -> int | None:
    """The version that a folder of this name holds; ``None`` for any other name.

    Leading zeros, signs and digits outside ASCII are no versions, so one version has one folder.
    """
    return int(name) if _VERSION.fullmatch(name) else None
