"""``comparison.html``: one self-contained page without a script, in the style of a run's report."""

from __future__ import annotations

from markupsafe import Markup

from tutelage.graph.comparison.drawings import COLOURS, FOREST, across, panels, reach
from tutelage.graph.comparison.matrix import budget_rows, matrices
from tutelage.graph.comparison.records import Comparison
from tutelage.graph.comparison.summary import p_value, spelled
from tutelage.graph.page.model import harmless
from tutelage.graph.report_page import environment

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def render_comparison(comparison: Comparison) -> str:
    """The page of a comparison. What a domain or an error said in it is made harmless, and escaped."""
    facts = Comparison.model_validate(harmless(comparison.model_dump()))
    return (
        environment()
        .get_template("comparison/page/comparison.html.j2")
        .render(
            comparison=facts,
            policy=Markup(POLICY),  # noqa: S704 - ours
            headline=headline(facts),
            panels=panels(facts),
            matrices=matrices(facts),
            spent=budget_rows(facts),
            failed=[run for run in facts.runs if run.error is not None],
            reach=reach,
            across=across,
            forest=FOREST,
            colours=COLOURS,
            spelled=spelled,
            p_value=p_value,
        )
    )


def headline(comparison: Comparison) -> str:
    """One sentence: what is shown of the others beside the baseline."""
    rows = comparison.differences
    if not rows:
        return "Nothing could be compared"
    counts = {verdict: [r.arm for r in rows if r.verdict == verdict] for verdict in ("better", "worse")}
    said = [
        f"{_listed(arms)} {'is' if len(arms) == 1 else 'are'} {verdict}" for verdict, arms in counts.items() if arms
    ]
    still = len(rows) - sum(map(len, counts.values()))
    if still:
        said.append(f"no difference is shown for {'any other' if said and still > 1 else _others(comparison, still)}")
    return f"Beside {comparison.baseline}, {'; '.join(said)}"


def _others(comparison: Comparison, still: int) -> str:
    left = [row.arm for row in comparison.differences if row.verdict == "no difference shown"]
    return _listed(left) if still <= 3 else f"any of {still}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
