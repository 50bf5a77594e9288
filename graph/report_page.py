"""The page of a run: frozen as ``report.html``, which needs nothing but itself, or live from ``tutelage ui``.

It has no address to load anything from, and says so to the browser: a policy in its head allows its own style and the
one script whose hash it names. Text that a model wrote is escaped, and could not run even if it were not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from tutelage.graph.page import formats
from tutelage.graph.page.curriculum import draw
from tutelage.graph.page.curves import panels
from tutelage.graph.page.headline import headline
from tutelage.graph.page.model import read_report
from tutelage.graph.page.samples import lessons_by_module
from tutelage.graph.page.tallies import (
    beside_estimate,
    candidate_table,
    changed_references,
    usage_of_modules,
    usage_sum,
    verdict_counts,
)
from tutelage.graph.plain_text import plain_text
from tutelage.graph.statuses import mark, words
from tutelage.graph.ui.script import script, script_hash

_ROOM = Path(__file__).parent


def policy(*, live: bool) -> str:
    """What the page may do. Only a live one may ask anything, and only its own server."""
    asks = "connect-src 'self'; " if live else ""
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src '{script_hash()}'; {asks}"
        "base-uri 'none'; form-action 'none'"
    )


def render_page(report: Mapping[str, Any], record: str | None = None) -> str:
    """The page of a report (schema version 1) as self-contained HTML.

    Args:
        report: The report.
        record: The run's steps and prompts, packed; without it the page has the report's sections only.

    Raises:
        InputError: the report is of another schema version, or a value has the wrong type.
    """
    sections = _sections(report, links=record is not None)
    name = sections["report"].run.name
    return _page(name, live=False, views=record is not None, record=record, others=(), **sections)


def render_live_page(name: str, others: Sequence[tuple[int, str]]) -> str:
    """The same page without facts: it asks its server for them. ``others`` can be set beside it."""
    return _page(plain_text(name), live=True, views=True, record=None, others=others, report=None)


def render_sections(report: Mapping[str, Any]) -> str:
    """The sections of the report alone, for a live page."""
    return environment().get_template("page/sections.j2").render(**_sections(report, links=True))


def _page(name: str, *, live: bool, **rest: Any) -> str:
    # A file of ours, and the policy names its hash.
    return (
        environment()
        .get_template("report.html.j2")
        .render(name=name, policy=Markup(policy(live=live)), script=Markup(script()), **rest)  # noqa: S704
    )


def _sections(report: Mapping[str, Any], *, links: bool) -> dict[str, Any]:
    facts = read_report(report)
    return {
        "report": facts,
        "headline": headline(facts),
        "verdicts": verdict_counts(facts),
        "drawing": draw(facts),
        "panels": panels(facts),
        "candidates": candidate_table(facts.candidates),
        "lessons": lessons_by_module(facts),
        "usage_sum": usage_sum(facts.usage),
        "spent": beside_estimate(facts),
        "by_module": usage_of_modules(facts),
        "references": changed_references(facts),
        "story": _link if links else _no_link,
        "links": links,
    }


def _link(module: str, title: str) -> Markup:
    """A module's title as a link to its story."""
    return Markup('<a href="{}">{}</a>').format(story_address(module), title)


def _no_link(module: str, title: str) -> Markup:
    return escape(title)


def story_address(module: str) -> str:
    """Where on the page a module's story is."""
    return f"#/module/{quote(module, safe='/')}"


@cache
def environment() -> Environment:
    """What pages are made with: templates of this room, all text escaped, and the ways in which figures are written."""
    environment = Environment(
        loader=FileSystemLoader(_ROOM), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        count=formats.count,
        rate=formats.rate,
        signed=formats.signed,
        loss=formats.loss,
        duration=formats.duration,
        dollars=formats.dollars,
        short=formats.short,
        moment=formats.moment,
        mark=mark,
        words=words,
        address=story_address,
    )
    environment.globals.update(interval=formats.interval, per_cent=formats.per_cent)
    return environment
