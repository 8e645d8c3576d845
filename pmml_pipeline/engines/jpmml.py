"""The engine ``jpmml``: JPMML-Evaluator, from the jpmml-evaluator package (AGPL-3.0).

Its quirks end in this file: the package's Python classes are not used, since they pass rows as
pickles; results are decoded to plain values on the Java side; a model without a target has its
prediction under the key null.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pmml_pipeline.document import Document
from pmml_pipeline.engines.jvm.block import BlockModel
from pmml_pipeline.engines.jvm.runtime import java_class
from pmml_pipeline.engines.protocol import Engine
from pmml_pipeline.errors import UnsupportedDocumentError
from pmml_pipeline.schema import InputField, OutputField


def load(
    path: Path, document: Document, inputs: Sequence[InputField], outputs: Sequence[OutputField]
) -> Engine:
    """Loads a document; see :func:`pmml_pipeline.engines.open_engine`."""
    block_scorer = java_class("pmmlpipeline.blocks.BlockScorer")
    builder = java_class("org.jpmml.evaluator.LoadingModelEvaluatorBuilder")()
    # In a machine that others started the jars have a class loader of their own, and the reader of
    # XML looks for its parts with that of the thread.
    thread = java_class("java.lang.Thread").currentThread()
    usual = thread.getContextClassLoader()
    thread.setContextClassLoader(block_scorer.class_.getClassLoader())
    try:
        evaluator = builder.load(java_class("java.io.File")(str(path))).build()
        evaluator.verify()
    except Exception as error:
        raise UnsupportedDocumentError(
            f"jpmml refuses the document ({error})", "use another engine"
        ) from error
    finally:
        thread.setContextClassLoader(usual)
    targets = document.model.result_targets
    scorer = block_scorer.ofMaps(
        evaluator,
        "org.jpmml.evaluator.Evaluator",
        "evaluate",
        "org.jpmml.evaluator.EvaluatorUtil",
        "decodeAll",
        [field.name for field in inputs],
        "".join(field.kind[0] for field in inputs),
        [list(field.values) for field in inputs],
        [None if o.target and o.name not in targets else o.name for o in outputs],
        "".join("s" if output.kind == "string" else "d" for output in outputs),
        [list(output.levels) for output in outputs],
    )
    return BlockModel(scorer, inputs, outputs)
