"""The models of a store, for a service of any kind."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pmml_pipeline.engines.protocol import Result
from pmml_pipeline.errors import NotAVersionError, StoreError
from pmml_pipeline.loading import load
from pmml_pipeline.scorer import Scorer
from pmml_pipeline.serving.live import LiveModel
from pmml_pipeline.store.artifact import models, versions
from pmml_pipeline.store.names import check_model_name

LOG = logging.getLogger("pmml_pipeline.serving")

POLL_S = 2.0
LOADERS = 2  # so that a large document delays no other model


class FollowedScorer:
    """Hands every call to the version that is the newest then, or that has a label then."""

    def __init__(self, followed: Callable[[], Scorer]) -> None:
        self._followed = followed

    def score(self, record: Mapping[str, Any]) -> dict[str, Result]:
        """One record, by one version from beginning to end; see ``Scorer.score``."""
        return self._followed().score(record)

    def score_frame(self, frame: Any, *, errors: str = "errors") -> Any:
        """A table, by one version from beginning to end; see ``Scorer.score_frame``."""
        return self._followed().score_frame(frame, errors=errors)

    @property
    def current(self) -> Scorer:
        """The version that scores now, whatever is published later.

        Raises:
            LabelError: no version has the label any more.
        """
        return self._followed()


class ModelStore:
    """A store of artifacts: gives scorers of versions that were proven here.

    ::

        with ModelStore("artifacts") as store:
            credit = store.latest("credit")
            credit.score({"Age": 30, "Income": 5200.0})

    A scorer of the latest version, or of a label, follows the store: a new version is loaded and
    proven beside the one that scores, and then takes its place between two calls. One that fails
    changes nothing.

    Safe to use from many threads. Closing it ends the look-out; scorers that were handed out go on.

    Args:
        root: local folder of the store.
        engine: ``"auto"``, or an engine by name; see :func:`pmml_pipeline.load`.
        poll: seconds between two looks at the store.
        everything: whether every model of the store is loaded, also those that come later.

    Raises:
        StoreError: there is no such folder.
    """

    def __init__(
        self,
        root: Path | str,
        engine: str = "auto",
        *,
        poll: float = POLL_S,
        everything: bool = False,
    ) -> None:
        self._root = Path(root)
        if not self._root.is_dir():
            raise StoreError(f"there is no folder {root}", "name the store of the artifacts")
        self._engine, self._poll, self._everything = engine, poll, everything
        self._live: dict[str, LiveModel] = {}
        self._adding = threading.Lock()
        self._closed = threading.Event()
        self._discovered = not everything
        self._watcher = threading.Thread(
            target=self._watch, name="pmml-pipeline watcher", daemon=True
        )
        self._watcher.start()

    def latest(self, model: str) -> FollowedScorer:
        """The newest version, also when a newer one is published later.

        Where the store names versions to serve, it is the newest one of those.

        Raises:
            ModelNameError: the name could leave the store.
            NotAVersionError: the model has no version.
            PmmlPipelineError: no version can be proven here.
        """
        return FollowedScorer(self._followed(model).latest)

    def labelled(self, model: str, label: str) -> FollowedScorer:
        """The version that has a label, also when the label moves later.

        Raises:
            LabelError: no version has it that can be proven here.
            PmmlPipelineError: as :meth:`latest`.
        """
        live = self._followed(model)
        live.labelled(label)
        return FollowedScorer(lambda: live.labelled(label))

    def version(self, model: str, version: int) -> Scorer:
        """One version, whatever is published later.

        Raises:
            PmmlPipelineError: there is none, or it cannot be proven here.
        """
        self._check_open()
        return self._load(self._root / check_model_name(model) / str(version))

    @property
    def live(self) -> Mapping[str, LiveModel]:
        """The models that are followed, by name."""
        return self._live

    @property
    def ready(self) -> bool:
        """Whether every model that is to be loaded was tried once."""
        return self._discovered and all(model.looked for model in self._live.values())

    def close(self) -> None:
        """Ends the look-out for new versions."""
        self._closed.set()
        if threading.current_thread() is not self._watcher:
            self._watcher.join()

    def __enter__(self) -> ModelStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._closed.is_set():
            raise StoreError("the store is closed", "open it again")

    def _followed(self, model: str) -> LiveModel:
        """The model with at least one version loaded."""
        self._check_open()
        live = self._live.get(check_model_name(model))
        if live is None:
            # Looked for first, so that names that are asked for at random leave nothing behind.
            if not versions(self._root / model):
                others = models(self._root)
                raise NotAVersionError(
                    f"the model {model} has no version",
                    f"choose among {', '.join(others)}" if others else "export a model first",
                )
            live = self._follow(model)
        live.first()
        return live

    def _follow(self, model: str) -> LiveModel:
        with self._adding:
            live = self._live.get(model)
            if live is None:
                live = LiveModel(self._root / model, self._load)
                self._live = {**self._live, model: live}  # readers take no lock
            return live

    def _load(self, folder: Path) -> Scorer:
        return load(folder, self._engine)

    def _watch(self) -> None:
        wait = 0.0 if self._everything else self._poll
        looks: dict[str, Future[None]] = {}
        with ThreadPoolExecutor(LOADERS, "pmml-pipeline loader") as loaders:
            while not self._closed.wait(wait):
                wait = self._poll
                if self._everything:
                    self._discover()
                for name, live in self._live.items():
                    if name not in looks or looks[name].done():
                        looks[name] = loaders.submit(live.again)
            loaders.shutdown(cancel_futures=True)

    def _discover(self) -> None:
        """Follows models that are new in the store."""
        try:
            for model in models(self._root):
                self._follow(model)
        except StoreError as error:
            LOG.warning("no new models are found: %s", error)
        self._discovered = True
