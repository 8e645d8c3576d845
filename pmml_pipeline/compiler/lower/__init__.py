"""Lowering: one file for each kind of element, from the specification's words to operations."""
