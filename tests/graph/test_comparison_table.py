"""The tables of a comparison, on invented evidence whose truth is known."""

from __future__ import annotations

import json

import pytest

from tests.graph.invented import ITEMS, TITLES, invented
from tutelage.graph.comparison.matrix import budget_rows, matrices
from tutelage.graph.comparison.records import Comparison
from tutelage.graph.comparison.summary import summary_rows
from tutelage.pedagogy.paired import holm


def test_a_real_difference_is_shown_and_a_copy_shows_none() -> None:
    found = invented({"ioa": 0.8, "self_instruct": 0.5, "sft": 0.8})
    verdicts = {row.arm: row.verdict for row in found.differences}
    assert verdicts == {"self_instruct": "worse", "sft": "no difference shown"}
    turned = invented({"self_instruct": 0.5, "ioa": 0.8})
    assert [(row.arm, row.verdict) for row in turned.differences] == [("ioa", "better")]


def test_means_are_those_of_the_runs_themselves() -> None:
    found = invented()
    for result in found.results:
        assert result.mean is not None
        runs = [run for run in found.runs if run.arm == result.arm]
        assert result.mean.seeds == pytest.approx([run.accuracy for run in runs])
        assert result.mean.value == pytest.approx(sum(result.mean.seeds) / len(runs))
        assert result.mean.low <= result.mean.value <= result.mean.high
        for module, estimate in result.modules.items():
            assert estimate.value == pytest.approx(sum(run.modules[module] for run in runs) / len(runs))
    assert [m.items for m in found.modules] == [ITEMS] * len(TITLES)


def test_all_comparisons_with_the_baseline_are_corrected_together_ablations_among_them() -> None:
    found = invented({"ioa": 0.8, "self_instruct": 0.6, "ioa-no_gate": 0.65, "ioa-no_replay": 0.79})
    raw = {row.arm: max(row.p_items, row.p_seeds or 0) for row in found.differences}
    assert {row.arm: row.p_holm for row in found.differences} == pytest.approx(holm(raw))
    assert [row.arm for row in found.ablations] == ["ioa-no_gate", "ioa-no_replay"]
    assert all(row in found.differences for row in found.ablations)


def test_ablations_are_compared_with_ours_whatever_the_baseline_is() -> None:
    found = invented({"self_instruct": 0.6, "ioa": 0.8, "ioa-no_gate": 0.65})
    assert {row.against for row in found.differences} == {"self_instruct"}
    assert [(row.arm, row.against) for row in found.ablations] == [("ioa-no_gate", "ioa")]


def test_a_failed_run_is_a_result_and_the_rest_is_paired_without_it() -> None:
    found = invented({"ioa": 0.8, "sft": 0.6}, missing={"sft-s2": "the disk was full"})
    (failed,) = [run for run in found.runs if run.error]
    assert (failed.run, failed.error, failed.accuracy) == ("sft-s2", "the disk was full", None)
    assert found.differences[0].seeds == (0, 1, 3, 4)
    assert summary_rows(found)[1][1] == "4 (runs failed)"


def test_where_nothing_ended_there_is_a_table_all_the_same() -> None:
    every = {f"{arm}-s{seed}": "no" for arm in ("ioa", "sft") for seed in (0, 1)}
    found = invented({"ioa": 0.8, "sft": 0.6}, 2, missing=every)
    assert (found.modules, found.differences, found.points, found.forgetting) == ((), (), (), ())
    assert [result.mean for result in found.results] == [None, None]


@pytest.mark.parametrize(("over", "off"), [(1.0, False), (1.019, False), (1.021, True), (0.979, True)])
def test_a_run_more_than_two_per_cent_from_a_cap_is_flagged(over: float, off: bool) -> None:
    found = invented({"ioa": 0.8, "sft": 0.8}, 2, over=over)
    flags = {one.off for run in found.runs for one in run.against}
    assert flags == {off}
    assert all(row.off == (2 if off else 0) for row in budget_rows(found))
    assert found.runs[0].against[0].deviation_percent == pytest.approx(100 * (over - 1))


def test_one_seed_is_said_to_cover_items_alone_and_brings_no_verdict() -> None:
    (row,) = invented({"ioa": 0.9, "sft": 0.2}, 1).differences
    assert (row.interval_covers, row.p_seeds, row.verdict) == ("items", None, "no difference shown")


def test_every_run_has_a_point_a_round_and_one_at_its_end() -> None:
    found = invented(seeds=2)
    for arm in found.arms:
        for seed in (0, 1):
            points = [p for p in found.points if (p.arm, p.seed) == (arm, seed)]
            assert [p.round for p in points] == [0, 1, 2, 3, None]
            assert [p.seconds for p in points[:-1]] == [200.0, 400.0, 600.0, 800.0]
            run = next(run for run in found.runs if (run.arm, run.seed) == (arm, seed))
            assert points[-1].accuracy == pytest.approx(run.accuracy)


def test_the_forgetting_matrix_sums_the_readings_of_all_seeds() -> None:
    found = invented({"ioa": 0.8, "sft": 0.5}, 3)
    ioa, _ = matrices(found)
    assert ioa.rounds == (0, 1, 2, 3)
    assert [name for name, _ in ioa.rows] == list(TITLES.values())
    for _, cells in ioa.rows:
        assert [cell and cell.n for cell in cells] == [108, 108, 108, 108, 3 * ITEMS]


def test_what_is_written_reads_back_as_it_was() -> None:
    found = invented()
    assert Comparison.model_validate(json.loads(json.dumps(found.model_dump(mode="json")))) == found
