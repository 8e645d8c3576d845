"""A plain Flask service around pypmml, as many write one.

``python flask_pypmml.py DOCUMENT PORT`` in the environment of ``peers-serving.txt``.
"""

from __future__ import annotations

import sys

from flask import Flask, Response, jsonify, request
from pypmml import Model
from waitress import serve


def main(document: str, port: int) -> None:
    """Listens until a signal ends it."""
    app = Flask(__name__)
    model = Model.load(document)

    @app.post("/predict")  # type: ignore[untyped-decorator]
    def predict() -> Response:
        instances = request.get_json()["instances"]
        return jsonify(predictions=[dict(model.predict(instance)) for instance in instances])

    serve(app, host="127.0.0.1", port=port, threads=4)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
