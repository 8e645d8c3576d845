"""The command line ``pmml-pipeline``: a file per command, and everything heavy imported in use."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command line and ends the process with its exit status.

    0: done; 1: failed (one sentence on standard error); 2: ``score`` was done and some rows had
    errors; 130: interrupted; 141: the reader of the output went away.
    """
    # A name that the terminal's encoding cannot show must not stop the work.
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    try:
        from pmml_pipeline.cli.app import app

        app(prog_name="pmml-pipeline")
    except KeyboardInterrupt:  # before or after the command itself
        sys.exit(130)
