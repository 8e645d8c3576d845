"""Compiles documents: from elements to a program of operations on columns."""
