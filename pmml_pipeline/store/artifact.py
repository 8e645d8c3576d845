"""Opening what was published: models of a store, versions of a model, files of a version."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from pathlib import Path

from pmml_pipeline.errors import (
    ChecksumError,
    ManifestError,
    NotAVersionError,
    PmmlPipelineWarning,
    StoreError,
)
from pmml_pipeline.store import cache, names
from pmml_pipeline.store.files import explained, fact_of
from pmml_pipeline.store.manifest import Manifest, read

DOCUMENT = "model.pmml"
GOLDEN = "golden.jsonl"
BASELINE = "baseline.json"


@dataclass(frozen=True, slots=True)
class Artifact:
    """The folder of one version, with its manifest.

    Attributes:
        root: the folder.
        manifest: read and checked; the files are not, until :meth:`verify`.
    """

    root: Path
    manifest: Manifest

    @property
    def document_path(self) -> Path:
        """The PMML file."""
        return self.file(DOCUMENT)

    @property
    def golden_path(self) -> Path:
        """Records with their offline predictions, one JSON object per line."""
        return self.file(GOLDEN)

    @property
    def baseline_path(self) -> Path:
        """The training distribution."""
        return self.file(BASELINE)

    def file(self, name: str) -> Path:
        """The path of a file that the manifest lists.

        Raises:
            StoreError: it lists no such file.
            ManifestError: the file is a link that leads out of the folder.
        """
        if name not in self.manifest.files:
            raise StoreError(
                f"{self.root} has no {name}", f"choose one of {', '.join(self.manifest.files)}"
            )
        path = self.root / name
        # A link within the folder is admitted: volumes of container platforms are made of such.
        # Not Path.resolve, which has an error of its own for links in a circle.
        real = Path(os.path.realpath(path))
        if not real.is_relative_to(os.path.realpath(self.root)):
            raise ManifestError(
                f"{path} is a link that leads out of the folder",
                "copy the file itself into the version folder",
            )
        return path

    def verify(self) -> None:
        """Checks size and SHA-256 of every file that the manifest lists.

        Model name and version are not compared with the names of the folders, since a version may
        be handed over under another name. A file that is not listed is a warning; names that begin
        with a dot are left to the file system.

        Raises:
            ChecksumError: a file is missing, or is not the one that was published.
            ManifestError: a file is a link that leads out of the folder.
        """
        for name, published in self.manifest.files.items():
            path = self.file(name)
            with explained(f"read {path}"):
                if not path.is_file():
                    raise _checksum_error(path, "is missing")
                size = path.stat().st_size
                # Most damage is a file cut short, which is seen without reading it.
                if size != published.size:
                    raise _checksum_error(path, f"has {size} bytes instead of {published.size}")
                if fact_of(path) != published:
                    raise _checksum_error(path, "has another SHA-256 than the manifest says")
        listed = {names.MANIFEST_NAME, *self.manifest.files}
        with explained(f"list {self.root}"):
            found = sorted(entry.name for entry in self.root.iterdir())
        extra = [name for name in found if name not in listed and not name.startswith(".")]
        if extra:
            warnings.warn(
                f"{self.root} holds files that its manifest does not list: {', '.join(extra)}",
                PmmlPipelineWarning,
                stacklevel=2,
            )


def open_artifact(where: Path | str) -> Artifact:
    """Opens a version, or the newest version of a model.

    Args:
        where: ``artifacts/credit`` (its newest version), ``artifacts/credit/3``, or an fsspec URL
            of either, which is mirrored to the local cache first.

    Raises:
        NotAVersionError: there is nothing published.
        ManifestError: its manifest has not the published form.
        StoreError: the folder or URL cannot be read.
        ChecksumError: a file at the URL is not the one that was published.
    """
    path = cache.local(str(where)) if cache.is_url(where) else Path(where)
    with explained(f"open {path}"):
        if not (path / names.MANIFEST_NAME).exists():
            published = versions(path)
            if not published:
                raise _nothing_at(path)
            path = path / str(published[-1])
    return Artifact(path, read(path / names.MANIFEST_NAME))


def versions(model_folder: Path | str) -> list[int]:
    """The published versions of a model, ascending; none for a folder that is not there.

    A version is a folder named by a number, without leading zeros, that has a manifest. Anything
    else (staging folders, half-made copies, notes) is passed over.

    Raises:
        StoreError: the folder cannot be listed.
    """
    folder = Path(model_folder)
    with explained(f"list {folder}"):
        if not folder.is_dir():
            return []
        return sorted(
            number
            for entry in folder.iterdir()
            if (number := names.version_number(entry.name)) is not None
            and (entry / names.MANIFEST_NAME).is_file()
        )


def models(store: Path | str) -> list[str]:
    """The models of a store that have at least one version, by name; none where no store is.

    Raises:
        StoreError: the folder cannot be listed.
    """
    folder = Path(store)
    with explained(f"list {folder}"):
        if not folder.is_dir():
            return []
        entries = sorted(entry.name for entry in folder.iterdir())
    return [n for n in entries if names.fault(n) is None and versions(folder / n)]


def _nothing_at(path: Path) -> NotAVersionError:
    """Why nothing can be opened there, and what was probably meant."""
    if not path.exists():
        siblings = versions(path.parent)
        if siblings:
            return NotAVersionError(
                f"there is no version {path.name} in {path.parent}",
                f"choose one of {', '.join(map(str, siblings))}",
            )
        published = models(path.parent)
        return NotAVersionError(
            f"there is no {path}",
            f"choose one of {', '.join(published)}" if published else "export a model first",
        )
    below = models(path)
    if below:
        return NotAVersionError(
            f"{path} is a store, not a model",
            f"name a model, as in {path / below[0]}; pmml-pipeline list {path} shows them all",
        )
    return NotAVersionError(
        f"{path} has no {names.MANIFEST_NAME} and no published version below it",
        "name a folder that was published or copied whole",
    )


def _checksum_error(path: Path, what: str) -> ChecksumError:
    return ChecksumError(
        f"{path} {what}", "copy the version folder again from where it was published"
    )
