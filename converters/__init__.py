"""Fitted pipelines to PMML artifacts: the training side, and the only code that reads pickles."""

from converters.export import Published, export

__all__ = ["Published", "export"]
