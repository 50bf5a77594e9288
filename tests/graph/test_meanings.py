from __future__ import annotations

from pathlib import Path

import pytest

from tests.graph.simulated import Ability, install, run
from tests.training.tiny import save_tiny_student
from tutelage.configs.schema import TutorConfig
from tutelage.errors import ConfigError
from tutelage.files import read_rows
from tutelage.graph.meanings import Meanings, embedding_model
from tutelage.graph.rundir import RunDir
from tutelage.pedagogy.records import Candidate, Item


def test_without_a_model_no_meanings_are_compared() -> None:
    assert embedding_model(TutorConfig()) is None


@pytest.mark.parametrize(
    ("named", "said"), [("nowhere", "no embedding model lies in"), ("package:no_such/model", "no package 'no_such'")]
)
def test_a_model_that_is_not_there_is_refused_before_anything_is_spent(named: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        embedding_model(TutorConfig(embedding=named))
    assert caught.value.where == "tutor.embedding"


async def test_a_run_looks_for_its_own_gate_items_among_its_lessons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    model = save_tiny_student(tmp_path / "model")
    # A random model says of nearly any two texts that they are alike: all that shares its numbers is rejected.
    await run(tmp_path / "run", f"tutor.embedding={model}", "tutor.same_meaning=0.01", "limits.rounds=1")
    found = [c for c in read_rows(tmp_path / "run" / "candidates.jsonl", Candidate) if c.contact is not None]
    meant = [c for c in found if c.contact is not None and c.contact.check == "meaning"]
    assert meant
    assert {c.reason for c in meant} == {"contaminated"}
    items = {i.question for i in read_rows(tmp_path / "run" / "probes.jsonl", Item) if i.pool != "diagnostic"}
    assert {c.contact.text for c in meant if c.contact} <= items


async def test_what_no_measured_item_means_is_no_contact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Ability(), tmp_path)
    await run(tmp_path / "run", "limits.rounds=1")
    meanings = Meanings(RunDir(tmp_path / "run"), save_tiny_student(tmp_path / "model"), 0.75)
    assert await meanings.contacts([]) == []
    gate = next(i for i in read_rows(tmp_path / "run" / "probes.jsonl", Item) if i.pool == "gate")
    same, other = await meanings.contacts([gate.question, "What is the capital of 987654321?"])
    assert same is not None
    assert (same.source, same.check, same.text) == ("pools", "meaning", gate.question)
    assert other is None
