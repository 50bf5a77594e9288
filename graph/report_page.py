"""``report.html``: the record of a run as one page that needs nothing but itself.

The page has no address to load anything from, and says so to the browser: a policy in its head allows its own style
and the one script whose hash it names. Text that a model wrote is escaped, and could not run even if it were not.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

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
from tutelage.graph.statuses import mark, words

_ROOM = Path(__file__).parent


def render_page(report: Mapping[str, Any]) -> str:
    """The page of a report (schema version 1) as self-contained HTML.

    Raises:
        InputError: the report is of another schema version, or a value has the wrong type.
    """
    facts = read_report(report)
    script = (_ROOM / "page" / "page.js").read_text(encoding="utf-8")
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=facts,
            headline=headline(facts),
            verdicts=verdict_counts(facts),
            drawing=draw(facts),
            panels=panels(facts),
            candidates=candidate_table(facts.candidates),
            lessons=lessons_by_module(facts),
            usage_sum=usage_sum(facts.usage),
            spent=beside_estimate(facts),
            by_module=usage_of_modules(facts),
            references=changed_references(facts),
            script=Markup(script),  # noqa: S704 - a file of ours, and the policy names its hash
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )


@cache
def _environment() -> Environment:
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
    )
    environment.globals.update(interval=formats.interval, per_cent=formats.per_cent)
    return environment
