from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tutelage.cli import app
from tutelage.configs.schema import RunConfig
from tutelage.graph.domain_check import DomainReport, check_domain

CONFIG = RunConfig.model_validate(
    {
        "name": "r", "domain": "d.yaml", "student": {"model": "s"}, "diagnosis": {"probes": 2, "held_out": 2},
        "gate": {"items_per_look": 2, "looks": 1, "attempts": 1},
    }
)  # fmt: skip
WORDS = ("river", "stone", "cloud", "lamp", "fork", "hat", "boat", "chair", "bird", "leaf")


def row(number: int, module: str = "add", **more: Any) -> dict[str, Any]:
    question = f"{WORDS[number]} {module} {number}: how many is that?"
    return {"id": f"{module}{number}", "module": module, "question": question, "reference": str(number), **more}


def check(folder: Path, rows: list[dict[str, Any]], config: RunConfig = CONFIG, **domain: Any) -> DomainReport:
    said = {"name": "d", "description": "", "items": "d.jsonl", "modules": [{"id": "add", "name": "Sums"}], **domain}
    (folder / "d.yaml").write_text(json.dumps(said, indent=0))
    (folder / "d.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    return check_domain(folder / "d.yaml", config)


def words(report: DomainReport, kind: str) -> str:
    return "\n".join(f.raised().line for f in report.findings if f.kind == kind)


def test_a_good_domain_has_no_findings_and_its_pools_are_counted(tmp_path: Path) -> None:
    report = check(tmp_path, [row(n) for n in range(8)])
    assert report.findings == ()
    assert dict(report.rows[0].pools) == {"diagnostic": 2, "held_out": 2, "gate": 4}
    assert (report.rows[0].items, report.rows[0].lacks, report.fits) == (8, 0, ())


def test_all_errors_are_found_at_once_each_with_its_place(tmp_path: Path) -> None:
    rows = [*(row(n) for n in range(8)), row(8, reference="about eight"), row(9, module="sub"),
            {**row(0), "reference": "5"},
            {**row(1), "id": "again", "reference": "7"}]  # fmt: skip
    report = check(tmp_path, rows)
    found = words(report, "error")
    assert report.errors == 4
    assert "d.jsonl:9: reference of 'add8'" in found
    assert "d.jsonl:10: no module 'sub'" in found
    assert "d.jsonl:11: id 'add0' stands on line 1 already" in found
    assert "d.jsonl:12: 'again' and 'add1' ask the same and want different answers" in found


def test_a_module_that_no_item_fits_is_named_by_its_line(tmp_path: Path) -> None:
    modules = [{"id": "add", "name": "A"}, {"id": "mul", "name": "M"}]
    found = words(check(tmp_path, [row(n) for n in range(8)], modules=modules), "error")
    assert "no item fits module 'mul'" in found
    assert "mul lacks 6" in found
    lines = (tmp_path / "d.yaml").read_text().splitlines()
    assert f"d.yaml:{next(n for n, line in enumerate(lines, 1) if 'mul' in line)}" in found or "d.yaml:" in found


def test_identical_items_are_an_error_and_repeats_a_warning(tmp_path: Path) -> None:
    same = [{**row(1), "id": f"x{n}"} for n in range(8)]
    report = check(tmp_path, same)
    assert "all 8 items are the same question" in words(report, "error")
    assert "7 items asked before: 'x1' is 'x0'" in words(report, "warning")
    assert (report.rows[0].items, report.rows[0].distinct, report.rows[0].lacks) == (8, 1, 5)


def test_one_answer_to_most_questions_is_a_warning(tmp_path: Path) -> None:
    rows = [row(n, reference="99" if n < 6 else str(n)) for n in range(8)]
    assert "6 of 8 references are '99'" in words(check(tmp_path, rows), "warning")


def test_too_few_items_come_with_settings_that_fit(tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"gate": CONFIG.gate.model_copy(update={"items_per_look": 30})})
    report = check(tmp_path, [row(n) for n in range(8)], config)
    assert "add lacks 26" in words(report, "error")
    assert report.fits == (
        "diagnosis.probes=2", "diagnosis.held_out=2", "gate.items_per_look=4", "gate.looks=1", "gate.attempts=1",
    )  # fmt: skip


def test_items_of_two_pools_that_are_nearly_the_same_are_a_warning(tmp_path: Path) -> None:
    long = (
        "Tom has three apples in a basket and buys four more at the shop round the corner. How many has Tom on day {}?"
    )
    rows = [{**row(n), "question": long.format(n)} for n in range(8)]
    assert "nearly stand in the diagnostic pool" in words(check(tmp_path, rows), "warning")


def test_a_cycle_of_prerequisites_is_found_with_the_rest(tmp_path: Path) -> None:
    modules = [{"id": "add", "name": "A", "prerequisites": ["add"]}]
    report = check(tmp_path, [row(0, reference="?")], modules=modules)
    assert "cycle: add -> add" in words(report, "error")
    assert "reference of 'add0'" in words(report, "error")


def test_code_that_fails_its_own_tests_is_an_error_and_code_without_a_solution_a_warning(tmp_path: Path) -> None:
    tests = "assert f{0}(1) == {0}"
    rows = [row(n, reference=tests.format(n), solution=f"def f{n}(x):\n    return {n}") for n in range(8)]
    rows[3]["solution"] = "def f3(x):\n    return 4"
    del rows[5]["solution"]
    report = check(tmp_path, rows, grader="code")
    assert "d.jsonl:4: 'add3': its solution does not pass its own tests (AssertionError" in words(report, "error")
    assert "1 item without a solution" in words(report, "warning")
    assert report.errors == 1


def test_rows_of_other_modules_are_left_out_and_counted(tmp_path: Path) -> None:
    raw = [{"q": f"{word} or not?", "a": n, "kind": "sum" if n < 8 else "other"} for n, word in enumerate(WORDS)]
    columns = {"module": {"column": "kind", "values": {"sum": "add"}}, "question": "q", "reference": "a"}
    report = check(tmp_path, raw, columns=columns)
    assert report.errors == 0
    assert "2 rows are of no module here: 'other' (2)" in words(report, "warning")


def test_items_that_have_changed_are_refused(tmp_path: Path) -> None:
    first = check(tmp_path, [row(n) for n in range(8)])
    assert check(tmp_path, [row(n) for n in range(8)], sha256=first.sha256).errors == 0
    changed = check(tmp_path, [row(n) for n in range(9)], sha256=first.sha256)
    assert "the items have changed" in words(changed, "error")


def test_items_of_a_benchmark_are_named_and_a_missing_benchmark_is_said(tmp_path: Path) -> None:
    (tmp_path / "bench.jsonl").write_text(json.dumps({"question": row(2)["question"].upper()}) + "\n")
    benchmarks = [{"name": "Bench", "items": "bench.jsonl"}, {"name": "Lost", "items": "lost.jsonl"}]
    found = words(check(tmp_path, [row(n) for n in range(8)], benchmarks=benchmarks), "warning")
    assert "1 item found in Bench, or nearly: 'add2'" in found
    assert "Lost was not compared: cannot read" in found


@pytest.mark.parametrize(("rows", "code"), [(8, 0), (3, 2)])
def test_the_command_prints_a_table_and_ends_by_what_it_found(tmp_path: Path, rows: int, code: int) -> None:
    check(tmp_path, [row(n) for n in range(rows)])
    settings = [
        "diagnosis.probes=2",
        "diagnosis.held_out=2",
        "gate.items_per_look=2",
        "gate.looks=1",
        "gate.attempts=1",
    ]
    typed = ["domain", "check", str(tmp_path / "d.yaml"), *(part for s in settings for part in ("--set", s))]
    done = CliRunner().invoke(app, typed)
    assert done.exit_code == code
    assert "Module  Items  Distinct" in done.stdout
    assert ("no errors, no warnings" if code == 0 else "error: ") in done.stdout


def test_a_file_that_is_no_domain_is_one_line_on_stderr(tmp_path: Path) -> None:
    (tmp_path / "d.yaml").write_text("name: d\n")
    done = CliRunner().invoke(app, ["domain", "check", str(tmp_path / "d.yaml")])
    assert done.exit_code == 2
    assert done.stderr.startswith(f"tutelage: {tmp_path / 'd.yaml'}")
