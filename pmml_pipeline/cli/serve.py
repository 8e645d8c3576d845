"""``pmml-pipeline serve``: the models of a store over HTTP."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from pmml_pipeline.cli import console


def serve(
    artifacts: Annotated[Path, typer.Option(metavar="STORE", help="The store.")] = Path(
        "artifacts"
    ),
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any free one.")] = 8501,
    engine: Annotated[str, typer.Option(metavar="NAME", help="As of score.")] = "auto",
    poll: Annotated[float, typer.Option(min=0.001, help="Seconds between two looks.")] = 2.0,
    max_body: Annotated[
        int, typer.Option(min=1, help="Bytes of a request's body, after decompression.")
    ] = 10 << 20,
    max_rows: Annotated[int, typer.Option(min=1, help="Records of a request.")] = 10_000,
    concurrent: Annotated[
        int, typer.Option(min=1, help="Large requests that are scored at once.")
    ] = 64,
) -> None:
    """Answer for every model of a store over HTTP, as TensorFlow Serving does.

    New versions are picked up, proven, and take over between two requests.
    """
    from pmml_pipeline.cli.extras import install_command
    from pmml_pipeline.errors import ServiceError
    from pmml_pipeline.serving import ModelStore

    try:
        from pmml_pipeline.serving.application import Application, Limits
        from pmml_pipeline.serving.server import listen, run
    except ModuleNotFoundError as error:
        raise ServiceError(f"{error.name} is not installed", install_command("uvicorn")) from None

    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    limits = Limits(body=max_body, rows=max_rows, concurrent=concurrent)
    with (
        listen(host, port) as listening,
        ModelStore(artifacts, engine, poll=poll, everything=True) as store,
    ):
        run(Application(store, limits), listening, console.show)
