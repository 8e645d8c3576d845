"""The commands by name, and what each kind of failure looks like to the person at the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from pmml_pipeline.cli import console
from pmml_pipeline.cli.doctor import doctor
from pmml_pipeline.cli.export import export
from pmml_pipeline.cli.handoff import handoff
from pmml_pipeline.cli.inspecting import inspect
from pmml_pipeline.cli.listing import list_versions
from pmml_pipeline.cli.score import score
from pmml_pipeline.cli.serve import serve
from pmml_pipeline.cli.serving import serving
from pmml_pipeline.cli.verify import verify
from pmml_pipeline.errors import PmmlPipelineError

FAILED = 1
INTERRUPTED = 130  # 128 and the number of SIGINT, as shells have it
CLOSED_PIPE = 141  # 128 and the number of SIGPIPE


@contextmanager
def _failures() -> Iterator[None]:
    """Turns expected failures into one line and an exit status; anything else is a bug and shows.

    Wrong usage ends with 1, not with the usual 2, which means "some rows had errors" here.
    """
    try:
        yield
        sys.stdout.flush()  # a closed pipe may only be noticed now
    except PmmlPipelineError as error:
        console.error(str(error))
        raise typer.Exit(FAILED) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        # What is still buffered has nowhere to go; Python would complain about it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(CLOSED_PIPE) from None
    except OSError as error:
        at = f": {error.filename}" if error.filename else ""
        console.error(f"{error.strerror or error}{at}.")
        raise typer.Exit(FAILED) from None
    except Exception as error:
        # Wrong usage, as click has it. Its class is in another place in each release of typer.
        if getattr(error, "exit_code", None) == 2 and not isinstance(error, typer.Exit):
            error.exit_code = FAILED  # type: ignore[attr-defined]
        raise


class _Commands(TyperGroup):
    """The group of all commands, which handles their failures."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        with _failures():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        with _failures():
            return super().invoke(ctx)


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: rich would take longer to import than all else together
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from pmml_pipeline import __version__

        typer.echo(f"pmml-pipeline {__version__}")
        raise typer.Exit


def _examples(*lines: str) -> str:
    """Lines for the end of a help text, not to be wrapped."""
    return "\n".join(["\b", "Examples:", *(f"  pmml-pipeline {line}" for line in lines)])


@app.callback(epilog=_examples("export credit", "list", "doctor", "COMMAND --help"))
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """From trained pipelines to PMML artifacts with the proof that they predict the same.

    A command that fails says why on standard error and ends with status 1.
    """


for _name, _command, _lines in (
    ("export", export, ("export credit flights", "export --all", "export path/to/my_model.py")),
    ("list", list_versions, ("list", "list /srv/artifacts --json")),
    (
        "inspect",
        inspect,
        ("inspect artifacts/credit", "inspect artifacts/credit/3", "inspect a.pmml"),
    ),
    (
        "score",
        score,
        (
            "score artifacts/credit -i new.csv -o scored.csv --keep id",
            "score artifacts/credit -i new.jsonl -o scored.parquet",
            "score model.pmml --engine jpmml < new.csv > scored.csv",
        ),
    ),
    ("verify", verify, ("verify artifacts/credit", "verify artifacts/credit/3 --engine all")),
    (
        "handoff",
        handoff,
        ("handoff artifacts/credit --to credit-java", "handoff artifacts/credit/3 --to x --jar"),
    ),
    (
        "serving",
        serving,
        ("serving artifacts/credit", "serving artifacts/credit --only 3 --label canary=4"),
    ),
    ("serve", serve, ("serve", "serve --artifacts /srv/artifacts --port 8501")),
    ("doctor", doctor, ("doctor", "doctor --json")),
):
    app.command(_name, epilog=_examples(*_lines))(_command)
