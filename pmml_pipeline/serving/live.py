"""One model of a store, loaded as the store wants it, and replaced without anybody waiting."""

from __future__ import annotations

import enum
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pmml_pipeline.errors import LabelError, NotAVersionError, PmmlPipelineError, ServingError
from pmml_pipeline.scorer import Scorer
from pmml_pipeline.serving.loaded import Loaded
from pmml_pipeline.store.artifact import versions
from pmml_pipeline.store.serving import Serving, read_serving

LOG = logging.getLogger("pmml_pipeline.serving")

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0


class State(enum.StrEnum):
    """How it stands with a version, as TensorFlow Serving names it."""

    LOADING = "LOADING"
    AVAILABLE = "AVAILABLE"
    END = "END"


@dataclass(frozen=True, slots=True)
class VersionStatus:
    """How it stands with one version.

    Attributes:
        version: its number.
        state: ``LOADING`` while it is checked and proven, ``AVAILABLE`` when it scores, ``END``
            when it was refused or is no longer wanted.
        code: of the error that it was refused for, as ``golden_row``; None when there is none.
        message: what is wrong and what to do; None when nothing is.
    """

    version: int
    state: State
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class _Refused:
    """A version that was refused. It may have been half copied, so it is tried again later."""

    error: Exception
    wait: float
    not_before: float


class LiveModel:
    """The versions of one model that are loaded.

    A look at the store loads and proves what is wanted and new beside what scores; only then the
    new one takes its place. Scoring takes no lock and never waits for a look.

    Args:
        folder: of the model.
        load: loads and proves a version, given its folder.
    """

    def __init__(self, folder: Path, load: Callable[[Path], Scorer]) -> None:
        self.name = folder.name
        self.looked = False
        self._folder, self._load_version = folder, load
        self._loaded = Loaded()
        self._looking = threading.Lock()
        self._statuses: Mapping[int, VersionStatus] = {}
        self._refused: dict[int, _Refused] = {}
        self._complaint = ""

    def latest(self) -> Scorer:
        """The version that is taken where none is named: the newest that the policy chose.

        Raises:
            NotAVersionError: none is loaded.
        """
        loaded = self._loaded
        if loaded.latest is None:
            raise NotAVersionError(
                f"no version of {self.name} is loaded", "look at the states of its versions"
            )
        return loaded.versions[loaded.latest]

    def version(self, version: int) -> Scorer:
        """A version that is loaded.

        Raises:
            NotAVersionError: it is not loaded.
        """
        loaded = self._loaded
        scorer = loaded.versions.get(version)
        if scorer is None:
            raise NotAVersionError(
                f"version {version} of {self.name} is not loaded",
                f"choose among {', '.join(map(str, loaded.versions)) or 'none'}",
            )
        return scorer

    def labelled(self, label: str) -> Scorer:
        """The version that has a label.

        Raises:
            LabelError: no loaded version has it.
        """
        loaded = self._loaded
        version = loaded.labels.get(label)
        if version is None:
            raise LabelError(
                f"no loaded version of {self.name} has the label {label}",
                f"choose among {', '.join(sorted(loaded.labels))}"
                if loaded.labels
                else "give one to a version with pmml-pipeline serving",
            )
        return loaded.versions[version]

    @property
    def labels(self) -> Mapping[str, int]:
        """The loaded version of every label."""
        return self._loaded.labels

    @property
    def loaded(self) -> Sequence[int]:
        """The versions that score, ascending."""
        return list(self._loaded.versions)

    @property
    def statuses(self) -> list[VersionStatus]:
        """How it stands with every version that was tried, ascending."""
        return sorted(self._statuses.values(), key=lambda status: status.version)

    def first(self) -> None:
        """Looks at the store unless there is a version already.

        Raises:
            PmmlPipelineError: no version can be had; the error of the newest one that was tried.
        """
        with self._looking:
            if not self.looked or self._loaded.latest is None:
                self._look()

    def again(self) -> None:
        """Looks at the store once more; what goes wrong is logged, once."""
        complaint = ""
        try:
            with self._looking:
                self._look()
        except Exception as error:  # noqa: BLE001 - the look-out goes on whatever happens
            complaint = _said(error)
            if complaint != self._complaint:
                LOG.warning("%s stays as it is: %s", self.name, complaint)
        self._complaint = complaint

    def _look(self) -> None:
        try:
            published = versions(self._folder)
            if not published:
                if self._loaded.versions:
                    return  # what is gone from the store is not taken from those who score
                raise NotAVersionError(f"the model {self.name} has no version", "export it first")
            serving = read_serving(self._folder)
            if self._loaded.versions and not serving.chosen(published):
                raise self._none(serving)  # and whoever scores goes on
            self._load(published, serving)
            self._forget(published)
            if self._loaded.latest is None:
                raise self._reason(serving)
        finally:
            self.looked = True

    def _load(self, published: Sequence[int], serving: Serving) -> None:
        chosen = serving.chosen(published)
        wanted = {*chosen, *serving.labels.values()} & {*published}
        for version in sorted(wanted, reverse=True):
            if self._try(version):
                self._loaded = self._loaded.arranged(chosen, serving.labels)
        # Only at the start: with a newest version that is refused, the one before it scores, as it
        # does in a service that has been there for longer.
        if not serving.specific:
            for version in sorted({*published} - wanted, reverse=True):
                if self._loaded.latest is None and self._try(version):
                    self._loaded = self._loaded.arranged(chosen, serving.labels)
        self._loaded = self._loaded.arranged(chosen, serving.labels)

    def _try(self, version: int) -> bool:
        """Loads a version that is not loaded, unless it was refused a short time ago."""
        before = self._refused.get(version)
        if version in self._loaded.versions:
            return False
        if before is not None and time.monotonic() < before.not_before:
            return False
        if before is None:
            self._say(VersionStatus(version, State.LOADING))
        try:
            scorer = self._load_version(self._folder / str(version))
        except Exception as error:  # noqa: BLE001 - whatever it is, the version that scores goes on
            wait = FIRST_WAIT_S if before is None else min(2 * before.wait, LONGEST_WAIT_S)
            self._refused[version] = _Refused(error, wait, time.monotonic() + wait)
            code = error.code if isinstance(error, PmmlPipelineError) else "error"
            self._say(VersionStatus(version, State.END, code, _said(error)))
            LOG.error("version %d of %s is refused: %s", version, self.name, _said(error))
            return False
        self._loaded = self._loaded.with_version(version, scorer)
        self._refused.pop(version, None)
        self._say(VersionStatus(version, State.AVAILABLE))
        LOG.info("%s has version %d on %s", self.name, version, scorer.engine)
        return True

    def _say(self, status: VersionStatus) -> None:
        self._statuses = {**self._statuses, status.version: status}

    def _forget(self, published: Sequence[int]) -> None:
        """Versions that were let go have ended; those gone from the store are forgotten."""
        loaded = self._loaded.versions
        self._refused = {v: r for v, r in self._refused.items() if v in published}
        for status in self.statuses:
            if status.version not in loaded and status.state is State.AVAILABLE:
                self._say(VersionStatus(status.version, State.END))
                LOG.info("%s lets go of version %d", self.name, status.version)
        self._statuses = {
            v: status for v, status in self._statuses.items() if v in loaded or v in published
        }

    def _reason(self, serving: Serving) -> Exception:
        """Why there is no version."""
        if self._refused:
            return self._refused[max(self._refused)].error
        return self._none(serving)

    def _none(self, serving: Serving) -> ServingError:
        named = ", ".join(map(str, serving.specific))
        return ServingError(
            f"none of the versions {named} of {self.name} is published, which serving.json names",
            "name others with pmml-pipeline serving",
        )


def _said(error: Exception) -> str:
    return (
        str(error) if isinstance(error, PmmlPipelineError) else f"{type(error).__name__}: {error}"
    )
