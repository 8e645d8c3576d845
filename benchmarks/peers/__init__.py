"""What is measured beside one another: one file per peer, with a table ``PEERS`` of its calls."""
