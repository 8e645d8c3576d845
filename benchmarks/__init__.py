"""Commands that print every figure of the documentation."""
