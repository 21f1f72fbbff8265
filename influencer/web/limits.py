"""How often one client may do something: a token bucket each, in bounded memory, on an injected clock."""

from __future__ import annotations

from collections import OrderedDict

from influencer.errors import InfluencerError
from influencer.web.config import Rate
from streaming.chat_policy import TokenBucket
from streaming.clock import Clock


class TooMany(InfluencerError):
    """The client does this too often; `retry_after` seconds help."""

    retryable = True
    http_status = 429

    def __init__(self, what: str, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(f"too many {what}; try again in {max(1, round(retry_after))} s")


class Limiter:
    """Buckets by client for one kind of request."""

    _MAX_CLIENTS = 10_000

    def __init__(self, what: str, rate: Rate, clock: Clock) -> None:
        self._what = what
        self._rate = rate
        self._clock = clock
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def admit(self, client: str) -> None:
        """Count one request.

        Raises:
            TooMany: the client has spent its tokens.
        """
        now = self._clock.now_ns()
        bucket = self._buckets.setdefault(client, TokenBucket(self._rate.per_second, self._rate.burst, now))
        self._buckets.move_to_end(client)
        if len(self._buckets) > self._MAX_CLIENTS:
            self._buckets.popitem(last=False)
        if wait := bucket.wait_s(now):
            raise TooMany(self._what, wait)
        bucket.take()
