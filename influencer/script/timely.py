"""Whether a line that was written may be said at this moment: what its lead speaks of must be now."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from influencer.script.claims import ApprovedLine
from influencer.script.composition import Variant
from influencer.script.templates import load_phrases
from influencer.script.values import Moment


def is_timely(line: ApprovedLine, language: str, moment: AbstractSet[Moment]) -> bool:
    """Whether the moment its lead speaks of is now; a line without such a lead always is."""
    lead = Variant.parse(line.variant).lead
    leads = load_phrases(language, "leads").get(line.segment, ())
    when = next((phrase.when for phrase in leads if phrase.id == lead), None)
    return when is None or when in moment
