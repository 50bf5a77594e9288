"""One of many training processes, started by the launcher. The first one speaks for all, any one reports a failure."""

from __future__ import annotations

import os
from typing import Final

from tutelage.errors import TutelageError
from tutelage.pedagogy.records import Record
from tutelage.training.guard import die_with
from tutelage.training.protocol import REQUEST, Failed, failure
from tutelage.training.worker import Serving, reserve_stdout

REQUEST_VARIABLE: Final = "TUTELAGE_REQUEST"


def main() -> None:
    """Carry out the request of the environment."""
    die_with(os.getppid())
    replies = reserve_stdout()
    speaks = os.environ["RANK"] == "0"

    def say(reply: Record) -> None:
        if speaks or isinstance(reply, Failed):
            replies.write(reply.model_dump_json().encode() + b"\n")
            replies.flush()

    try:
        Serving(say).serve(REQUEST.validate_json(os.environ[REQUEST_VARIABLE]))
    except TutelageError as error:
        say(failure(error))


if __name__ == "__main__":
    main()
