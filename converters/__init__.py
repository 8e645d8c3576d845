"""Fitted pipelines to PMML artifacts: the training side, and the only code that reads pickles."""

from converters.export import Published, check, export

__all__ = ["Published", "check", "export"]
