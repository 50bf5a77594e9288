"""``training.distil``: the student learns a local teacher's probabilities of each token besides the lessons' tokens."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from tests.handoff.tiny_bytes import save_byte_student
from tests.training.here import train_here
from tests.training.test_methods import SETTINGS, job_of
from tests.training.tiny import addition_rows
from tutelage.errors import StudentError, TokenizerMismatch
from tutelage.training.child.distil import LocalTeacher
from tutelage.training.child.loading import load_model, load_tokenizer
from tutelage.training.child.loss import answer_loss
from tutelage.training.child.packing import pack
from tutelage.training.child.rows import collate, training_set
from tutelage.training.distilling import check_distilling
from tutelage.training.finetune import finetune, job_identity
from tutelage.training.memory import Room, frozen
from tutelage.training.room import read_shape
from tutelage.training.settings import Distillation
from tutelage.training.source import describe_student

CPU = torch.device("cpu")


def teacher(folder: Path, share: float, temperature: float = 1.0) -> LocalTeacher:
    return LocalTeacher(Distillation(teacher=str(folder), share=share, temperature=temperature), CPU, torch.float32)


@pytest.fixture(scope="module")
def other(tiny_student: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A teacher of the student's tokens: the student itself with other weights, and a longer, padded vocabulary."""
    folder = Path(shutil.copytree(tiny_student, tmp_path_factory.mktemp("teachers") / "teacher"))
    torch.manual_seed(11)
    model = load_model(str(tiny_student), CPU)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) * 0.1)
    model.resize_token_embeddings(128)
    model.save_pretrained(folder)
    return folder


def test_who_learns_from_itself_has_only_the_lessons_left_to_learn(tiny_student: Path) -> None:
    student = load_model(str(tiny_student), CPU)
    rows = training_set(addition_rows(5), load_tokenizer(str(tiny_student)), SETTINGS).rows
    for batch in (collate(rows, pad=2), pack(rows)):
        plain, count = answer_loss(student, batch)
        own, same = teacher(tiny_student, share=0.25).loss(student, batch)
        assert same == count
        assert own.item() == pytest.approx(0.75 * plain.item(), rel=1e-5)


def test_a_teachers_share_is_the_divergence_from_its_probabilities(tiny_student: Path, other: Path) -> None:
    student, told = load_model(str(tiny_student), CPU), load_model(str(other), CPU)
    rows = training_set(addition_rows(1), load_tokenizer(str(tiny_student)), SETTINGS).rows
    loss, _ = teacher(other, share=1.0, temperature=2.0).loss(student, collate(rows, pad=2))
    ids, labels = torch.tensor([rows[0]["input_ids"]]), torch.tensor(rows[0]["labels"])
    places = (labels != -100).nonzero()[:, 0] - 1
    mine, theirs = (model(ids).logits[0, places, :103].double() / 2 for model in (student, told))
    p = theirs.softmax(-1)
    expected = 4 * (p * (p.log() - mine.log_softmax(-1))).sum()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-4)


async def test_a_round_brings_the_student_nearer_to_its_teacher(
    tiny_student: Path, other: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    settings = SETTINGS.model_copy(update={"distil": Distillation(teacher=str(other), share=1.0), "epochs": 6})
    result = await finetune(job_of(tiny_student, tmp_path, settings), tmp_path / "log")
    assert result.loss_last < 0.8 * result.loss_first
    two = SETTINGS.model_copy(update={"distil": Distillation(teacher=str(other), share=1.0), "micro_batch": 2})
    four = two.model_copy(update={"micro_batch": 4})
    losses = [(await finetune(job_of(tiny_student, tmp_path, one), tmp_path / "log")).loss_first for one in (two, four)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4), "micro-batches do not change it"


def test_a_teacher_of_other_tokens_is_refused(tiny_student: Path, tmp_path: Path) -> None:
    check_distilling(tiny_student, tiny_student)
    with pytest.raises(TokenizerMismatch, match=r"not the student's \(vocab, .*differ\)"):
        check_distilling(tiny_student, save_byte_student(tmp_path / "bytes"))
    with pytest.raises(StudentError, match="no such model folder"):
        check_distilling(tiny_student, tmp_path / "nowhere")


def test_a_job_knows_its_teacher_by_what_is_in_it(tiny_student: Path, other: Path, tmp_path: Path) -> None:
    def identity(folder: Path) -> str:
        settings = SETTINGS.model_copy(update={"distil": Distillation(teacher=str(folder))})
        return job_identity(job_of(tiny_student, tmp_path, settings), "d", describe_student(tiny_student))

    moved = Path(shutil.copytree(other, tmp_path / "moved"))
    assert identity(other) == identity(moved) != identity(tiny_student)


def test_the_teacher_takes_its_weights_and_its_probabilities(tiny_student: Path) -> None:
    shape = read_shape(tiny_student)
    assert shape is not None
    room = Room(device="cuda", name="H100", free=10**9, precision="bfloat16")
    tokens = SETTINGS.micro_batch * SETTINGS.max_length
    assert frozen(shape, SETTINGS, room) == 2 * shape.parameters + 8 * tokens * shape.vocabulary
