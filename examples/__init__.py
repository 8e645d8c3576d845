"""Pipelines on real data, one short file each, to copy: how to load, how to fit, what to export."""
