"""The fan-out bench, short: it measures both paths and ends by itself."""

import json

import pytest

from streaming.bench_fanout import run

pytestmark = [pytest.mark.integration, pytest.mark.timeout(150)]


def test_the_bench_gives_json_with_both_paths() -> None:
    result = json.loads(json.dumps(run((1, 2), seconds=1.0)))
    for path in ("shared_encode", "encode_per_peer"):
        assert [(row["viewers"], row["connected"]) for row in result[path]] == [(1, 1), (2, 2)]
        assert all(row["fps_min"] > 0 and row["cpu_percent"] > 0 for row in result[path])
    assert set(result["ratio"]) == {"1", "2"}
