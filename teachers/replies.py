"""The reply store: every paid answer, kept the moment it arrives, so that none is paid for twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from tutelage.errors import InputError
from tutelage.files import write_text
from tutelage.pedagogy.records import Record
from tutelage.teachers.contracts import Reply, Request


def reply_path(folder: Path, call_id: str) -> Path:
    """Where a folder of replies holds that of a call, whether or not it is there yet."""
    return folder / call_id[:2] / f"{call_id}.json"


class StoredReply(Record):
    """One file of the store: the question and its answer. Holds no key: a request never carries one."""

    schema_version: int = 1
    request: Request
    reply: Reply


class ReplyStore:
    """Replies as files ``folder/<aa>/<call_id>.json``, written atomically."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, call_id: str) -> Path:
        """Where the reply of this call lives, whether or not it is there yet."""
        return reply_path(self._folder, call_id)

    def get(self, call_id: str) -> Reply | None:
        """The stored reply, marked as cached, or None.

        Raises:
            InputError: the file is not one of ours.
        """
        path = self.path(call_id)
        if not path.exists():
            return None
        return _read(path).reply.model_copy(update={"cached": True})

    def put(self, request: Request, reply: Reply) -> None:
        """Keep a reply.

        Raises:
            DiskError: it could not be written.
        """
        stored = StoredReply(request=request, reply=reply)
        write_text(self.path(reply.call_id), stored.model_dump_json(indent=2) + "\n")

    def __iter__(self) -> Iterator[StoredReply]:
        """All stored replies, in the order of their call ids."""
        for path in sorted(self._folder.glob("??/*.json")):
            yield _read(path)


def _read(path: Path) -> StoredReply:
    try:
        return StoredReply.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise InputError("not a stored reply", where=path, do="delete the file; the question is asked again") from error
