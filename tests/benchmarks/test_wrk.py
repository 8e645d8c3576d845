"""What ``wrk`` prints is read."""

from __future__ import annotations

import pytest

from benchmarks.wrk import Load, parsed

TEXT = """Running 4s test @ http://127.0.0.1:8501/v1/models/credit:predict
  1 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   401.11us  132.68us   4.28ms   91.06%
    Req/Sec    20.21k     1.09k   21.60k    82.93%
  Latency Distribution
     50%  376.00us
     75%  403.00us
     90%  475.00us
     99%    1.02ms
  82432 requests in 4.10s, 21.94MB read
Requests/sec:  20104.18
Transfer/sec:      5.35MB
"""


def test_a_load_without_a_fault() -> None:
    assert parsed(TEXT) == Load(rate=20104.18, median=0.376, high=1.02, failed=0)


def test_faults_are_counted() -> None:
    faults = (
        "  Socket errors: connect 1, read 2, write 0, timeout 3\n  Non-2xx or 3xx responses: 40\n"
    )
    assert parsed(TEXT + faults).failed == 46


def test_what_is_no_output_is_an_error() -> None:
    with pytest.raises(ValueError, match="wrk said nothing"):
        parsed("unable to connect to 127.0.0.1:1 Connection refused\n")
