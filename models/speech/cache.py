"""Keeps finished speech: a show that loops says the same sentences again and again."""

from __future__ import annotations

import threading
from collections import OrderedDict

from models.base import Speech

Key = tuple[str, str, str, float]
"""(sentence, language, voice, speed)."""


class SpeechCache:
    """The most recently used speech, up to `limit` bytes of PCM. Thread-safe."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._lock = threading.Lock()
        self._entries: OrderedDict[Key, tuple[Speech, ...]] = OrderedDict()

    def get(self, key: Key) -> tuple[Speech, ...] | None:
        """What was said for `key`, or None."""
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
            return self._entries.get(key)

    def put(self, key: Key, said: tuple[Speech, ...]) -> None:
        """Keep `said`, dropping what was not used for longest."""
        with self._lock:
            self._size += _size(said) - _size(self._entries.pop(key, ()))
            self._entries[key] = said
            while self._size > self._limit and self._entries:
                _, dropped = self._entries.popitem(last=False)
                self._size -= _size(dropped)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._size = 0


def _size(said: tuple[Speech, ...]) -> int:
    return sum(speech.pcm.nbytes for speech in said)
