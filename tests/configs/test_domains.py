"""The domains that come with the package: sound, and what their makers make."""

from __future__ import annotations

from pathlib import Path

import pytest

from tutelage.configs.load import load_domain, load_run
from tutelage.configs.seeds.__main__ import MAKERS, text
from tutelage.graph.domain_check import check_domain
from tutelage.graph.run_checks import check_probes

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.mark.parametrize("name", MAKERS)
def test_the_maker_reproduces_the_committed_file(name: str) -> None:
    assert text(MAKERS[name]()) == (CONFIGS / "domains" / f"{name}.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MAKERS)
def test_a_ready_domain_fills_the_pools_of_its_run_without_an_error(name: str) -> None:
    path = CONFIGS / "domains" / f"{name}.yaml"
    config = load_run(CONFIGS / f"{name}.yaml")
    domain = load_domain(path).model_copy(update={"benchmarks": ()})
    report = check_domain(path, config, domain)
    assert [f.raised().line for f in report.findings if f.kind == "error"] == []
    assert {row.module for row in report.rows} == {m.id for m in domain.modules}
    assert all(row.lacks == 0 for row in report.rows)


@pytest.mark.parametrize("name", MAKERS)
def test_a_ready_run_asks_enough_probes_for_what_it_decides(name: str) -> None:
    config = load_run(CONFIGS / f"{name}.yaml")
    check_probes(config.diagnosis, config.gate.confidence)


@pytest.mark.parametrize("name", MAKERS)
def test_a_ready_domain_names_a_data_set_whose_columns_give_its_modules(name: str) -> None:
    hub = load_domain(CONFIGS / "domains" / f"{name}.yaml").hub
    assert hub is not None
    assert hub.columns is not None
    module = hub.columns.module
    assert ({module.value} if module.value else set((module.values or {}).values())) == {m.id for m in hub.modules}
