"""A model's inputs and outputs, as a manifest lists them."""

from __future__ import annotations

from typing import Any

from pmml_pipeline.schema import InputField, OutputField


def input_entry(f: InputField) -> dict[str, Any]:
    """An input as an entry of ``inputs``."""
    missing: dict[str, Any] = {"treatment": f.missing_value_treatment}
    if f.missing_value_replacement is not None:
        missing["replacement"] = f.missing_value_replacement
    invalid: dict[str, Any] = {"treatment": f.invalid_value_treatment}
    if f.invalid_value_replacement is not None:
        invalid["replacement"] = f.invalid_value_replacement
    found: dict[str, Any] = {
        "name": f.name,
        "dataType": f.data_type,
        "optype": f.optype,
        "required": f.required,
        "missing": missing,
        "invalid": invalid,
    }
    if f.values:
        found["values"] = list(f.values)
    if f.missing_values:
        found["missingValues"] = list(f.missing_values)
    if f.invalid_values:
        found["invalidValues"] = list(f.invalid_values)
    if f.intervals:
        found["intervals"] = [
            {"closure": i.closure, "leftMargin": i.left_margin, "rightMargin": i.right_margin}
            for i in f.intervals
        ]
    return found


def output_entry(o: OutputField, single: bool) -> dict[str, Any]:
    """An output as an entry of ``outputs``.

    Args:
        o: the output.
        single: whether the training library predicts it in float32.
    """
    found: dict[str, Any] = {"name": o.name, "dataType": o.data_type, "feature": o.feature}
    if o.value is not None:
        found["value"] = o.value
    if single:
        found["precision"] = "float32"
    return found
