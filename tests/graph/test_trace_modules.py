"""What the modules that read traces promise besides: what they parse, and how little they load."""

from __future__ import annotations

import subprocess
import sys

from tutelage.graph.traces.calls import parsed


def test_a_reply_without_an_object_is_parsed_as_nothing() -> None:
    assert parsed('Sure: {"a": 1} and more') == {"a": 1}
    assert parsed("no") is None
    assert parsed("{broken") is None


def test_reading_a_trace_loads_neither_the_graph_nor_numbers() -> None:
    code = (
        "import sys\nfrom tutelage.graph.traces import calls, compare, detail, ledgers, listing, steps, story, table\n"
        "from tutelage.graph.traces import tail\nprint(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"langgraph", "openai", "scipy", "torch", "opentelemetry.sdk"}
