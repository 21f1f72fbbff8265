"""Skia, imported in one place, so that a missing system library is explained once and in plain words."""

from __future__ import annotations

from models.errors import BackendUnavailable

try:
    import skia
except ImportError as error:  # the wheel links against the system's libGL, libEGL and fontconfig
    raise BackendUnavailable(
        f"the puppet needs skia-python, which did not load ({error}); install it with"
        " `pip install skia-python` and its system libraries with"
        " `apt-get install -y libgl1 libegl1 libfontconfig1` (Fedora: `dnf install mesa-libGL mesa-libEGL fontconfig`)"
    ) from error

__all__ = ["skia"]
