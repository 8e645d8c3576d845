"""What a Java team needs of a version: the files, a Maven project with a test, and a page."""

from pmml_pipeline.handoff.write import BRIDGE, Handoff, hand_off

__all__ = ["BRIDGE", "Handoff", "hand_off"]
