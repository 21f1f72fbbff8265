"""Template lines: native sentences with slots, in ten languages. The format is described at the top of en.yaml."""

from influencer.script.templates.loader import KINDS, Template, load_phrases, load_templates, validate_templates

__all__ = ["KINDS", "Template", "load_phrases", "load_templates", "validate_templates"]
