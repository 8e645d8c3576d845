"""Engines: what scores a document. One table of them is in ``table.py``."""

from pmml_pipeline.engines.protocol import Engine, Results
from pmml_pipeline.engines.table import ENGINES, EngineSpec, engine_spec, load_engine

__all__ = ["ENGINES", "Engine", "EngineSpec", "Results", "engine_spec", "load_engine"]
