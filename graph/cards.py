"""Cards in Markdown: what the hub and a reader are told of what a run hands over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import resources

from jinja2 import Environment, StrictUndefined

Rate = Callable[[Mapping[str, float] | None], str]


def render_card(template: str, rate: Rate, facts: Mapping[str, object]) -> str:
    """The card that a template of this room makes of some facts.

    Args:
        template: The template's file name.
        rate: How a rate is written: with its interval and what it stands on.
        facts: What the template may name; a name that is not there is an error.
    """
    text = resources.files("tutelage.graph").joinpath(template).read_text(encoding="utf-8")
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701 - Markdown
    environment.filters["rate"] = rate
    return environment.from_string(text).render(facts)
