"""The puppet: a parametric vector presenter, drawn on any CPU without weights. The avatar that is always there."""

from __future__ import annotations

from models.avatar.puppet.attributes import PuppetAttributes, allowed_values, attribute_keys
from models.avatar.puppet.backend import PuppetBackend

__all__ = ["PuppetAttributes", "PuppetBackend", "allowed_values", "attribute_keys"]
