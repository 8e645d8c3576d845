"""What the online service is measured beside, each a server of its own."""
