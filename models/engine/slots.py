"""A fixed number of places for identities on a device, shared by every network."""

from __future__ import annotations

import threading

from models.errors import AdmissionRefused


class Slots:
    """Hands out the lowest free number. Thread-safe."""

    def __init__(self, capacity: int) -> None:
        """Prepare `capacity` slots, 0 to capacity - 1."""
        self.capacity = capacity
        self._free = set(range(capacity))
        self._lock = threading.Lock()

    def take(self) -> int:
        """The lowest free slot.

        Raises:
            AdmissionRefused: all are taken.
        """
        with self._lock:
            if not self._free:
                raise AdmissionRefused(f"no room for another host: all {self.capacity} places are taken; end a show")
            slot = min(self._free)
            self._free.discard(slot)
            return slot

    def give_back(self, slot: int) -> None:
        """Free a slot. Idempotent."""
        with self._lock:
            self._free.add(slot)
