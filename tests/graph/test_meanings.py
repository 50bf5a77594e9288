from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.graph.simulated import Ability, install, run
from tutelage.configs.schema import TutorConfig
from tutelage.errors import ConfigError
from tutelage.files import read_rows
from tutelage.graph.meanings import Meanings, embedding_model
from tutelage.graph.rundir import RunDir
from tutelage.pedagogy.records import Candidate, Item
from tutelage.training.protocol import Nearest


def test_without_a_model_no_meanings_are_compared() -> None:
    assert embedding_model(TutorConfig()) is None


@pytest.mark.parametrize(
    ("named", "said"), [("nowhere", "no embedding model lies in"), ("package:no_such/model", "no package 'no_such'")]
)
def test_a_model_that_is_not_there_is_refused_before_anything_is_spent(named: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        embedding_model(TutorConfig(embedding=named))
    assert caught.value.where == "tutor.embedding"


async def nearest(
    model: Path, texts: Sequence[str], among: Sequence[str], *, log: Path, threads: int | None = None
) -> tuple[Nearest | None, ...]:
    """In the place of the child with its model, which ``tests/training`` asks: the first text means the first item."""
    others = [None if n % 2 else Nearest(index=1, cosine=0.5) for n in range(len(texts) - 1)]
    return (Nearest(index=0, cosine=0.9), *others)


async def test_a_run_rejects_what_means_the_same_as_what_it_measures_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    monkeypatch.setattr("tutelage.graph.meanings.nearest", nearest)
    (tmp_path / "config.json").write_text("{}")
    await run(tmp_path / "run", f"tutor.embedding={tmp_path}", "limits.rounds=1")
    candidates = read_rows(tmp_path / "run" / "candidates.jsonl", Candidate)
    meant = [c for c in candidates if c.contact is not None and c.contact.check == "meaning"]
    assert meant
    assert {c.reason for c in meant} == {"contaminated"}
    items = [i for i in read_rows(tmp_path / "run" / "probes.jsonl", Item) if i.pool != "diagnostic"]
    assert {(c.contact.source, c.contact.text, c.contact.score) for c in meant if c.contact} == {
        ("pools", items[0].question, 0.9)
    }
    assert any(c.accepted for c in candidates), "below the cosine, or of other numbers, is no contact"


async def test_no_lessons_ask_no_model(tmp_path: Path) -> None:
    assert await Meanings(RunDir(tmp_path), tmp_path / "nowhere", 0.7).contacts([]) == []
