from __future__ import annotations

import pytest

from influencer.logs import configure_logs, redact

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("operator_token", "s3cret"),
        ("Authorization", "Bearer s3cret"),
        ("detail", "request had Bearer s3cret in it"),
        ("url", "postgresql://user:s3cret@db/shows"),
        ("stream_key", "s3cret"),
    ],
)
def test_no_secret_reaches_a_log(field: str, value: str) -> None:
    assert "s3cret" not in str(redact(None, "info", {"event": "x", field: value}))


def test_ordinary_fields_stay() -> None:
    event = {"event": "line on air", "show": "demo", "at": "12:30:01"}
    assert redact(None, "info", dict(event)) == event


def test_an_unknown_level_is_named() -> None:
    with pytest.raises(ValueError, match="loud"):
        configure_logs("loud")
