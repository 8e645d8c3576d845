"""Serving: the models of a store, live, in a process that answers for them."""

from pmml_pipeline.serving.live import LiveModel, State, VersionStatus
from pmml_pipeline.serving.model_store import FollowedScorer, ModelStore

__all__ = ["FollowedScorer", "LiveModel", "ModelStore", "State", "VersionStatus"]
