"""Seconds to list a trace of 10,000 spans. Fails when it takes a second or more: a symptom must not wait for its trace.

``python benchmarks/trace_reading.py``
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.traces.steps import Filter, read_steps
from tutelage.graph.traces.table import shown, step_lines, step_rows
from tutelage.tracing import names

SPANS, CALLS_A_NODE, MOST_S = 10_000, 199, 1.0


def lines() -> Iterator[str]:
    """The lines of a run: nodes of teacher calls, every span with its start and its end."""
    for number in range(SPANS):
        node = number - number % (CALLS_A_NODE + 1)
        is_node = number == node
        span = {
            "name": f"{names.NODE}tutor" if is_node else f"{names.TEACHER}tutor",
            "trace_id": f"{1:032x}",
            "span_id": f"{number + 1:016x}",
            "parent_id": None if is_node else f"{node + 1:016x}",
            "start_ns": number * 1_000_000,
        }
        about = {names.ROUND: 1, names.STAGE: 1, names.MODULE: "number/addition"}
        asked = {names.MODULE: "number/addition", names.ROLE: "tutor", names.CALL_ID: f"{number:064x}"}
        asked |= {names.REQUEST_MODEL: "m", names.PROMPT_HASH: "0" * 64, names.SCHEMA: "lessons"}
        paid = {names.CACHED: False, names.RETRIES: 0, names.INPUT_TOKENS: 800, names.OUTPUT_TOKENS: 900}
        known = about if is_node else asked
        yield json.dumps({"event": "start", **span, "attributes": known})
        ended = {"end_ns": number * 1_000_000 + 500_000, "status": "UNSET", "error": None}
        yield json.dumps({"event": "end", **span, "attributes": known if is_node else known | paid, **ended})


def main() -> int:
    """Measure, print, and say whether it is fast enough."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "run.yaml").write_text(f"trace_id: '{1:032x}'\n", encoding="utf-8")
        (root / "spans.jsonl").write_text("\n".join(lines()) + "\n", encoding="utf-8")
        began = time.perf_counter()
        ledgers = Ledgers(root)
        steps = read_steps(ledgers)
        rows = step_rows(shown(steps, Filter(), everything=True), steps, ledgers)
        text = step_lines(rows, indent=True)
        seconds = time.perf_counter() - began
    print(f"{len(text) - 1} steps listed in {seconds:.2f} s")
    return 0 if seconds < MOST_S and len(text) == SPANS + 1 else 1


if __name__ == "__main__":
    sys.exit(main())
