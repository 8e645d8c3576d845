"""The proof: rows chosen to be hard, both sides' predictions, and what came of comparing them."""
