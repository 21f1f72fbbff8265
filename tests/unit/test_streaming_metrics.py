"""What Prometheus reads."""

import pytest
from prometheus_client import generate_latest

from streaming.metrics import ShowMetrics
from streaming.station import StationStats

pytestmark = pytest.mark.unit


def value(metrics: ShowMetrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_stages_are_timed_per_show_and_give_the_real_time_factor() -> None:
    metrics = ShowMetrics()
    show = metrics.of("a")
    for stage, seconds in (("render", 0.006), ("compose", 0.002), ("encode", 0.008), ("speech", 3.0)):
        show.observe(stage, seconds)
    assert value(metrics, "show_stage_seconds_count", show="a", stage="speech") == 1
    assert value(metrics, "show_stage_seconds_sum", show="a", stage="render") == pytest.approx(0.006)
    assert value(metrics, "show_real_time_factor", show="a") == pytest.approx(0.04 / 0.016)


def test_counters_follow_a_station_also_across_its_replacement() -> None:
    metrics = ShowMetrics()
    show = metrics.of("a")
    show.station(StationStats(ticks=100, repeats=4, drift_ms=2.0, queued=7))
    show.station(StationStats(ticks=125, repeats=4))
    show.station(StationStats(ticks=10, repeats=1))
    assert value(metrics, "show_events_total", show="a", kind="ticks") == 135
    assert value(metrics, "show_events_total", show="a", kind="repeats") == 5
    assert value(metrics, "show_queue_depth", show="a", queue="timeline") == 0


def test_a_show_that_has_ended_leaves_no_series() -> None:
    metrics = ShowMetrics()
    for name in ("a", "b"):
        show = metrics.of(name)
        show.viewers(3)
        show.observe("encode", 0.01)
        show.restarted("render")
    metrics.forget("a")
    text = generate_latest(metrics.registry).decode()
    assert 'show="a"' not in text
    assert 'show_viewers{show="b"} 3.0' in text


def test_two_servers_in_one_process_do_not_collide() -> None:
    ShowMetrics()
    ShowMetrics()
