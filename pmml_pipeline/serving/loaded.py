"""The versions of a model that are loaded at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pmml_pipeline.scorer import Scorer


@dataclass(frozen=True, slots=True)
class Loaded:
    """Never changes, so that whoever scores looks at one of these and takes no lock.

    Attributes:
        versions: the scorers by version, ascending.
        latest: the version that is taken where none is named; None while there is none.
        labels: the version of every label.
    """

    versions: Mapping[int, Scorer] = field(default_factory=dict)
    latest: int | None = None
    labels: Mapping[str, int] = field(default_factory=dict)

    def with_version(self, version: int, scorer: Scorer) -> Loaded:
        """The same and one more version, which nothing points to yet."""
        return replace(self, versions=dict(sorted({**self.versions, version: scorer}.items())))

    def arranged(self, chosen: Iterable[int], declared: Mapping[str, int]) -> Loaded:
        """Points ``latest`` and the labels anew, and lets go of versions that are not wanted.

        - For every chosen version that is not loaded, another one stays, the newest first: so a
          version that is refused changes nothing, and the last one is not let go before another
          takes its place.
        - A label moves once its version is loaded, and stays where it is until then.
        - A version that is loaded only for its label is never the latest: it may be a trial.

        Args:
            chosen: the published versions that the policy wants.
            declared: the version that every label is to have.
        """
        wanted = set(chosen)
        standing = wanted & self.versions.keys()
        others = sorted(self.versions.keys() - wanted, reverse=True)
        standing |= set(others[: len(wanted) - len(standing)])
        labels = {}
        for label, version in declared.items():
            target = version if version in self.versions else self.labels.get(label)
            if target is not None:
                labels[label] = target
        kept = standing | set(labels.values())
        return Loaded(
            versions={v: scorer for v, scorer in self.versions.items() if v in kept},
            latest=max(standing, default=None),
            labels=labels,
        )
