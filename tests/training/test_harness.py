"""What is taken from lm-evaluation-harness's results, and a task of it on a tiny student."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.training.tiny import save_tiny_student
from tutelage.errors import InputError
from tutelage.training.child.harness import scores_of
from tutelage.training.contracts import AnswerSettings
from tutelage.training.harness import check_harness, harness

TASKS = Path(__file__).parents[1] / "data" / "lm_eval"


def reported(value: float, scores: list[Any]) -> dict[str, Any]:
    samples = [{"doc_id": n, "filter": "none", "acc": score} for n, score in enumerate(scores)]
    return {
        "results": {"one": {"alias": "one", "acc,none": value, "acc_stderr,none": 0.25, "perplexity,none": "N/A"}},
        "group_subtasks": {},
        "n-samples": {"one": {"original": 9, "effective": len(scores)}},
        "samples": {"one": samples[::-1]},
    }


def test_a_mean_over_documents_is_kept_document_by_document_in_their_order() -> None:
    (score,) = scores_of(reported(0.25, [1.0, 0.0, 0.0, 0.0]))
    assert (score.task, score.metric, score.value, score.error) == ("one", "acc", 0.25, 0.25)
    assert (score.n, score.available) == (4, 9)
    assert score.scores == (1.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("scores", [[(1, 2), (3, 4)], [1.0, 1.0], [None, 1.0]])
def test_what_is_no_mean_of_its_documents_is_not_taken_for_one(scores: list[Any]) -> None:
    (score,) = scores_of(reported(0.25, scores))
    assert score.scores is None
    assert score.error == 0.25


def test_a_group_counts_the_documents_of_its_tasks() -> None:
    found = reported(0.5, [1.0, 0.0])
    found["results"]["all"] = {"acc,none": 0.5, "acc_stderr,none": "N/A"}
    found["group_subtasks"] = {"all": ["one"]}
    group = next(score for score in scores_of(found) if score.task == "all")
    assert (group.n, group.available, group.error, group.scores) == (2, 9, None, None)


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tutelage.training.harness.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'tutelage\[lm-eval\]'"):
        check_harness()


async def test_a_local_task_is_scored_and_a_broken_one_is_bad_input(tmp_path: Path) -> None:
    pytest.importorskip("lm_eval")
    student = save_tiny_student(tmp_path / "student")
    broken = tmp_path / "tasks"
    broken.mkdir()
    (broken / "no_data.yaml").write_text((TASKS / "local_sums.yaml").read_text().replace("local_sums", "no_data"))
    settings = AnswerSettings(threads=1, batch_size=4)
    async with harness(student, TASKS, 5, settings, tmp_path / "log", chat=True) as evaluate:
        found = await evaluate("local_sums")
    assert {score.metric for score in found.scores} == {"acc", "acc_norm"}
    assert {score.n for score in found.scores} == {5}
    assert all(score.scores is not None for score in found.scores)
    async with harness(student, broken, None, settings, tmp_path / "log", chat=False) as evaluate:
        with pytest.raises(InputError, match="the task 'no_data' cannot be run"):
            await evaluate("no_data")
        with pytest.raises(InputError, match="has no task 'nothing'"):
            await evaluate("nothing")
