"""Which versions of a model are served, and which of them a label stands for.

A store says so in ``<model>/serving.json``, which every service of the store follows, in Python and
in Java::

    {"format": 1, "policy": {"latest": 2}, "labels": {"stable": 3, "canary": 4}}

The policy is one of ``{"latest": n}``, ``{"all": true}`` and ``{"specific": [2, 3]}``. Without the
file the newest version is served.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pmml_pipeline.errors import LabelError, ServingError
from pmml_pipeline.store import names
from pmml_pipeline.store.artifact import versions
from pmml_pipeline.store.files import explained
from pmml_pipeline.store.lock import Lock

SERVING_NAME = "serving.json"
FORMAT = 1
_LARGEST = 1 << 20
_LABEL = re.compile(r"[A-Za-z0-9_]{1,128}")
_FIX = "write it with pmml-pipeline serving"


@dataclass(frozen=True, slots=True)
class Serving:
    """What a store says about serving a model.

    Attributes:
        newest: how many of the newest versions are served; ``None`` for another policy.
        specific: the versions that are served; empty for another policy.
        labels: the version that every label stands for; those versions are served too.

    With neither ``newest`` nor ``specific`` every version is served.
    """

    newest: int | None = 1
    specific: tuple[int, ...] = ()
    labels: Mapping[str, int] = field(default_factory=dict)

    def chosen(self, published: Iterable[int]) -> tuple[int, ...]:
        """The versions that the policy wants, of those that are published, ascending."""
        found = sorted(published)
        if self.specific:
            return tuple(version for version in found if version in self.specific)
        return tuple(found if self.newest is None else found[-self.newest :])

    def describe(self) -> str:
        """The policy, for a person."""
        if self.specific:
            plural = "s" if len(self.specific) > 1 else ""
            return f"version{plural} " + ", ".join(map(str, self.specific))
        if self.newest is None:
            return "every version"
        return "the newest version" if self.newest == 1 else f"the newest {self.newest} versions"


def read_serving(model_folder: Path | str) -> Serving:
    """What the store says of a model; the default where it says nothing.

    Raises:
        ServingError: the file has not the published form.
        StoreError: it cannot be read.
    """
    path = Path(model_folder) / SERVING_NAME
    with explained(f"read {path}"):
        if path.exists() and not path.is_file():
            raise ServingError(f"{path} is no file", _FIX)
        try:
            with path.open("rb") as file:
                text = file.read(_LARGEST)
        except FileNotFoundError:
            return Serving()
    return _parsed(text, str(path))


def change_serving(
    model_folder: Path | str,
    *,
    policy: Serving | None = None,
    labels: Mapping[str, int | None] | None = None,
) -> Serving:
    """Changes what the store says of a model, all of it or nothing.

    Args:
        model_folder: local folder of the model.
        policy: its ``newest`` and ``specific`` are taken; ``None`` leaves the policy as it is.
        labels: labels to set; one of ``None`` is taken away.

    Returns:
        What the store says now.

    Raises:
        LabelError: a label is none, or is to stand for a version that is not published.
        ServingError: what the store has said has not the published form, or the policy wants a
            version that is not published.
        StoreError: it cannot be written.
    """
    folder = Path(model_folder)
    published = versions(folder)
    with explained(f"change {folder / SERVING_NAME}"), Lock(folder / ".lock"):
        before = read_serving(folder)
        after = Serving(
            newest=before.newest if policy is None else policy.newest,
            specific=before.specific if policy is None else policy.specific,
            labels=_labels(before.labels, labels or {}, published),
        )
        absent = [version for version in after.specific if version not in published]
        if absent:
            raise ServingError(
                f"version {absent[0]} of {folder.name} is not published",
                f"choose among {', '.join(map(str, published))}",
            )
        _write(folder, _text(after))
    return after


def _labels(
    before: Mapping[str, int], changes: Mapping[str, int | None], published: Iterable[int]
) -> dict[str, int]:
    after = dict(before)
    known = list(published)
    for label, version in changes.items():
        if not _LABEL.fullmatch(label):
            raise LabelError(
                f"{label[:60]!a} is no label", "use letters, digits and _, as in canary"
            )
        if version is None:
            if after.pop(label, None) is None:
                raise LabelError(
                    f"there is no label {label}",
                    f"choose among {', '.join(before)}" if before else "there is none to take away",
                )
        elif version not in known:
            raise LabelError(
                f"the label {label} cannot stand for version {version}, which is not published",
                f"choose among {', '.join(map(str, known))}",
            )
        else:
            after[label] = version
    return dict(sorted(after.items()))


def _text(serving: Serving) -> bytes:
    policy: dict[str, Any]
    if serving.specific:
        policy = {"specific": list(serving.specific)}
    else:
        policy = {"all": True} if serving.newest is None else {"latest": serving.newest}
    content = {"format": FORMAT, "policy": policy, "labels": dict(serving.labels)}
    return (json.dumps(content) + "\n").encode()


def _write(folder: Path, text: bytes) -> None:
    """By a rename, so that a service reads the old one or the new one."""
    partial = folder / f".serving-{secrets.token_hex(8)}"
    try:
        with partial.open("xb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(folder / SERVING_NAME)
    finally:
        partial.unlink(missing_ok=True)


def _parsed(text: bytes, where: str) -> Serving:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ServingError(f"{where} is not JSON ({error})", _FIX) from None
    if not isinstance(content, dict):
        raise _wrong(where, "it must be an object")
    if content.get("format") != FORMAT or isinstance(content["format"], bool):
        raise _wrong(where, f"format must be {FORMAT}, which is the one that this release reads")
    labels = content.get("labels") or {}
    if not isinstance(labels, dict) or not all(map(_LABEL.fullmatch, labels)):
        raise _wrong(where, "labels must be an object of names of letters, digits and _")
    if not all(map(_is_version, labels.values())):
        raise _wrong(where, "every label must have a version number")
    policy = content.get("policy")
    match {"latest": 1} if policy is None else policy:
        case {"latest": newest, **rest} if not rest and _is_version(newest):
            return Serving(newest, (), labels)
        case {"all": True, **rest} if not rest:
            return Serving(None, (), labels)
        case {"specific": [_, *_] as some, **rest} if not rest and all(map(_is_version, some)):
            return Serving(None, tuple(sorted(set(some))), labels)
    raise _wrong(where, "policy must be one of latest, all and specific")


def _is_version(value: object) -> bool:
    return (
        isinstance(value, int)
        and not isinstance(value, bool)
        and names.version_number(str(value)) is not None
    )


def _wrong(where: str, what: str) -> ServingError:
    return ServingError(f"{where}: {what}", _FIX)
