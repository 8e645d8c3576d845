"""What the path of a request names: ``/v1/models/credit/versions/3:predict``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from pmml_pipeline.errors import LabelError, NotAVersionError
from pmml_pipeline.scorer import Scorer
from pmml_pipeline.serving.live import LiveModel
from pmml_pipeline.serving.refusal import Refusal, bad_request, cut

# TensorFlow Serving's, and those of the Open Inference Protocol.
_V1 = re.compile(
    r"/(?P<api>v1)/models/(?P<model>[^/:]+)"
    r"(?:/versions/(?P<version>[^/:]+)|/labels/(?P<label>[^/:]+))?"
    r"(?P<verb>:predict|:classify|:regress|/metadata|/openapi\.json)?"
)
_V2 = re.compile(
    r"/(?P<api>v2)/models/(?P<model>[^/:]+)(?:/versions/(?P<version>[^/:]+))?(?P<label>(?!))?"
    r"(?P<verb>/ready|/infer)?"
)
_NUMBER = re.compile(r"[0-9]{1,18}")
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Target:
    """What a path names.

    Attributes:
        api: ``v1`` or ``v2``.
        model: its name.
        version: its number; None when none is named.
        label: None when none is named.
        verb: ``:predict``, ``:classify``, ``:regress``, ``/metadata``, ``/openapi.json``,
            ``/ready`` or ``/infer``; empty for the states, and for what it is.
    """

    api: str
    model: str
    version: int | None
    label: str | None
    verb: str

    def live(self, models: Mapping[str, LiveModel]) -> LiveModel:
        """The model.

        Raises:
            Refusal: it is not served.
        """
        live = models.get(self.model)
        if live is None:
            raise self.not_found()
        return live

    def scorer(self, models: Mapping[str, LiveModel]) -> Scorer:
        """The version that is named, or the one that is taken where none is.

        Raises:
            Refusal: it is not loaded.
        """
        live = self.live(models)
        try:
            if self.label is not None:
                return live.labelled(self.label)
            return live.latest() if self.version is None else live.version(self.version)
        except NotAVersionError:
            raise self.not_found() from None
        except LabelError:
            label = cut(self.label or "", _SHOWN)
            raise bad_request(f"Unrecognized servable version label: {label}") from None

    def not_found(self) -> Refusal:
        """In TensorFlow Serving's words, which its clients look for."""
        model = cut(self.model, _SHOWN)
        named = f"Latest({model})"
        if self.version is not None:
            named = f"Specific({model}, {self.version})"
        return Refusal(HTTPStatus.NOT_FOUND, f"Servable not found for request: {named}")


def target_of(path: str) -> Target:
    """What a path names.

    Args:
        path: as it was sent, not decoded.

    Raises:
        Refusal: it names nothing that is here.
    """
    found = _V1.fullmatch(path) or _V2.fullmatch(path)
    if found is None:
        raise Refusal(HTTPStatus.NOT_FOUND, f"there is nothing at {cut(path, _SHOWN)}")
    version = found["version"]
    if version is not None and not _NUMBER.fullmatch(version):
        raise bad_request(f"the version {cut(version, _SHOWN)} is no number")
    number = None if version is None else int(version)
    return Target(found["api"], found["model"], number, found["label"], found["verb"] or "")
