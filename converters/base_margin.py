"""What do XGBoost's sums begin with?

XGBoost keeps ``base_score`` as a probability or a mean and begins every sum with its logarithm or
its log-odds, in float32. The converter takes that logarithm with another function, which is now
and then off by the last bit; a few of the sums then round to another float32 than XGBoost's.
"""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np

# Objectives whose base_score goes through a logarithm.
_WITH_LOGARITHM = frozenset(
    {"binary:logistic", "count:poisson", "reg:gamma", "reg:logistic", "reg:tweedie"}
)
_BITS = 4  # units in the last place within which a constant is the converter's own base margin


def exact_base_margin(document: bytes, fitted: Any) -> bytes:
    """The document with the base margin that XGBoost itself computes.

    Args:
        document: bytes from the converter.
        fitted: the estimator or booster of XGBoost that is in it.

    Returns:
        The document with ``rescaleConstant`` of its sum of trees replaced where it was a few
        units in the last place of float32 away; otherwise the same bytes.
    """
    margin = _base_margin(fitted.get_booster() if hasattr(fitted, "get_booster") else fitted)
    if margin is None:
        return document
    near = _BITS * np.spacing(np.abs(margin))

    def exact(found: re.Match[bytes]) -> bytes:
        constant = np.float32(found[1].decode())
        if constant == margin or abs(constant - margin) > near:
            return found[0]
        return f'rescaleConstant="{margin!s}"'.encode()

    return re.sub(rb'rescaleConstant="([^"]*)"', exact, document)


def _base_margin(booster: Any) -> np.float32 | None:
    """What a model without trees predicts, ``None`` where no logarithm is taken."""
    import xgboost

    learner = json.loads(booster.save_config())["learner"]
    objective = learner["objective"]["name"]
    if objective not in _WITH_LOGARITHM:
        return None
    base_score = learner["learner_model_param"]["base_score"].strip("[]")
    one_row = xgboost.DMatrix(np.zeros((1, 1)), label=np.zeros(1))
    empty = xgboost.train({"objective": objective, "base_score": base_score}, one_row, 0)
    return np.float32(empty.predict(one_row, output_margin=True)[0])
