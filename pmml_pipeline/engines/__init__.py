"""Engines: what scores a document. One table of them is in ``table.py``."""

from pmml_pipeline.engines.protocol import Engine, Opened, Results
from pmml_pipeline.engines.table import ENGINES, EngineSpec, engine_spec, open_engine

__all__ = ["ENGINES", "Engine", "EngineSpec", "Opened", "Results", "engine_spec", "open_engine"]
