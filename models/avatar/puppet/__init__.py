"""The puppet: a parametric vector presenter, drawn on any CPU without weights. The avatar that is always there."""

from __future__ import annotations

from models.avatar.attributes import HostAttributes, allowed_values, attribute_keys
from models.avatar.puppet.backend import PuppetBackend

__all__ = ["HostAttributes", "PuppetBackend", "allowed_values", "attribute_keys"]
