"""What is typed for a comparison: read, or refused with what is wrong, before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.graph.simulated import QUICKSTART
from tutelage.errors import ConfigError, RunDirError
from tutelage.graph.comparison.compare import command_of
from tutelage.graph.comparison.folder import check_folder, claim
from tutelage.graph.comparison.plan import make_plan, read_budget, read_seeds


@pytest.mark.parametrize(("text", "seeds"), [("3", (0, 1, 2)), ("7,2", (7, 2)), ("4,", (4,)), (" 1, 2 ", (1, 2))])
def test_seeds_are_a_number_or_a_list(text: str, seeds: tuple[int, ...]) -> None:
    assert read_seeds(text) == seeds


@pytest.mark.parametrize("text", ["", "0", "-1", "a", "1,1", "-1,2", "1.5"])
def test_seeds_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--seeds"):
        read_seeds(text)


def test_a_budget_is_caps_by_key() -> None:
    assert read_budget("teacher_tokens=200_000, training_tokens=5e4,teacher_dollars=0.5") == {
        "teacher_tokens": 200_000, "training_tokens": 50_000, "teacher_dollars": 0.5,
    }  # fmt: skip
    assert read_budget(None) == read_budget("") == {}


@pytest.mark.parametrize(
    "text", ["tokens=5", "teacher_tokens", "teacher_tokens=x", "teacher_tokens=0", "teacher_tokens=1.5",
             "teacher_tokens=nan", "teacher_tokens=inf", "seconds=1,seconds=2"],
)  # fmt: skip
def test_a_budget_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--budget"):
        read_budget(text)


@pytest.mark.parametrize(
    ("strategies", "what"),
    [("ioa", "needs two strategies"), ("ioa,ioa", "said twice"), ("ioa,nonsense", "no strategy 'nonsense'")],
)
def test_strategies_that_cannot_be_compared_are_refused(tmp_path: Path, strategies: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        make_plan(QUICKSTART, tmp_path / "c", strategies, "2", None)


def test_a_baseline_must_be_compared(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'sft' is not compared"):
        make_plan(QUICKSTART, tmp_path, "ioa,self_instruct", "2", None, "sft")
    assert make_plan(QUICKSTART, tmp_path, "ioa,self_instruct", "2", None).baseline == "ioa"


def test_every_run_gets_the_same_but_for_its_arm_and_its_seed(tmp_path: Path) -> None:
    plan = make_plan(QUICKSTART, tmp_path, "ioa,ioa-no_replay", "2", "teacher_tokens=9000", None, ["limits.rounds=7"])
    jobs = plan.jobs()
    assert [job.name for job in jobs] == ["ioa-s0", "ioa-no_replay-s0", "ioa-s1", "ioa-no_replay-s1"]
    for job in jobs:
        assert (job.config.seed, job.config.limits.teacher_tokens) == (int(job.name[-1]), 9000)
        assert (job.config.limits.rounds, job.config.limits.spent) == (7, "finish")
        assert job.config.tutor.replay_share == (0 if "no_replay" in job.name else 0.2)
    for job in jobs:
        assert job.config.model_copy(update={"seed": 0, "tutor": plan.base().tutor}) == plan.base()


def test_the_command_says_the_same_plan_again(tmp_path: Path) -> None:
    plan = make_plan(
        QUICKSTART, tmp_path, "ioa,sft", "3,", "teacher_tokens=9000,teacher_dollars=0.5", "sft", ["name='a b'"]
    )
    words = command_of(plan)
    assert words.startswith(f"tutelage compare {QUICKSTART} --strategies ioa,sft --seeds 3, ")
    assert "--budget teacher_tokens=9000,teacher_dollars=0.5 --baseline sft --set" in words


def test_a_directory_takes_more_seeds_and_arms_and_no_other_configuration_or_budget(tmp_path: Path) -> None:
    into = tmp_path / "c"

    def folder_for(strategies: str, seeds: str, budget: str, *settings: str) -> None:
        plan = make_plan(QUICKSTART, into, strategies, seeds, budget, None, settings)
        check_folder(plan, plan.sha256())
        claim(plan, plan.sha256())

    folder_for("ioa,sft", "2", "teacher_tokens=9000")
    folder_for("ioa,sft,self_instruct", "5", "teacher_tokens=9000")
    with pytest.raises(RunDirError, match="another configuration or budget"):
        folder_for("ioa,sft", "2", "teacher_tokens=9001")
    with pytest.raises(RunDirError, match="another configuration or budget"):
        folder_for("ioa,sft", "2", "teacher_tokens=9000", "tutor.examples=3")


def test_a_directory_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    plan = make_plan(QUICKSTART, tmp_path, "ioa,sft", "2", None)
    with pytest.raises(RunDirError, match="not an empty directory"):
        check_folder(plan, plan.sha256())
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
