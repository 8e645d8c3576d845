"""The artifact store: what is published where, and whether it is still what was published.

Publishing is in :mod:`pmml_pipeline.store.publish`, which only the training side imports.
"""

from pmml_pipeline.store.artifact import Artifact, models, open_artifact, versions
from pmml_pipeline.store.manifest import (
    Certificate,
    ClassResult,
    EngineResult,
    FileFact,
    Manifest,
)
from pmml_pipeline.store.names import check_model_name

__all__ = [
    "Artifact",
    "Certificate",
    "ClassResult",
    "EngineResult",
    "FileFact",
    "Manifest",
    "check_model_name",
    "models",
    "open_artifact",
    "versions",
]
