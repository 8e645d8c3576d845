"""A peer for the tests whose process ends."""

from __future__ import annotations

import os

from benchmarks.calls import Peers

os.write(2, b"it is out of order\n")
PEERS: Peers = {}
os._exit(3)
