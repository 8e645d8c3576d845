"""``python -m pmml_pipeline.cli``, for where the command itself is not on the path."""

from pmml_pipeline.cli import main

main()
