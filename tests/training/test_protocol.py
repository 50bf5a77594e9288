from __future__ import annotations

from tutelage.errors import NothingToLearn, WorkerDied
from tutelage.training.contracts import AnswerSettings, Question, TrainJob
from tutelage.training.protocol import REPLY, REQUEST, Ask, Done, Failed, Open, Progress, Train, failure, raised


def test_requests_and_replies_survive_the_pipe() -> None:
    job = TrainJob(base_model="m", adapter=None, dataset="d", output="o", seed=1)
    for request in (
        Open(model="m", adapter="a", settings=AnswerSettings()),
        Ask(questions=(Question(id="1", text="line\nbreak \u2028 é"),)),
        Train(job=job, checkpoints="c"),
    ):
        line = request.model_dump_json().encode()
        assert b"\n" not in line
        assert REQUEST.validate_json(line) == request
    for reply in (Progress(value={"a": 1}), Done(), failure(NothingToLearn("x", where="row 1"))):
        assert REPLY.validate_json(reply.model_dump_json()) == reply


def test_an_error_comes_back_as_the_class_it_was() -> None:
    error = raised(failure(NothingToLearn("nothing", where="row 1", do="add some")))
    assert type(error) is NothingToLearn
    assert error.line == "row 1: nothing; add some"


def test_a_name_that_is_no_error_of_ours_is_not_called() -> None:
    assert isinstance(raised(Failed(error="Path", what="x", where=None, do=None)), WorkerDied)
