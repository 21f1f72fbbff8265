"""Rights-clean CG people: geometry from CC0 targets, everything else painted and grown here."""
