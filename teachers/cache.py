"""The shared cache: replies that earlier runs paid for, by call id, so that the same question is paid for once ever.

A call id hashes who is asked (base_url, model, extra_body) and what (messages, schema, sampling, sample index). A
run looks into its own reply store first; what it takes from here it keeps there, so the cache may be cleared at any
time without harm to a run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from tutelage.files import cache_folder, share_file
from tutelage.pedagogy.records import Record
from tutelage.teachers.replies import StoredReply, reply_path


def default_cache_folder() -> Path:
    """Where replies are shared: ``tutelage/replies`` in the user's cache folder."""
    return cache_folder() / "replies"


class CacheShare(Record):
    """The part of the cache that one model of one endpoint answered."""

    endpoint: str
    model: str
    entries: int
    bytes: int


class CacheStats(Record):
    """What the cache holds."""

    entries: int
    bytes: int
    shares: tuple[CacheShare, ...]


class ReplyCache:
    """Replies as files ``folder/<aa>/<call_id>.json``: the files of the runs' stores, linked where possible."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, call_id: str) -> StoredReply | None:
        """The reply to this call, or None. A file that cannot be used is removed: it is only a cache."""
        path = reply_path(self.folder, call_id)
        return _read(path) if path.exists() else None

    def put(self, call_id: str, stored: Path) -> None:
        """Share the file of a stored reply.

        Raises:
            DiskError: it could not be written.
        """
        share_file(stored, reply_path(self.folder, call_id))

    def stats(self) -> CacheStats:
        """What is there, by endpoint and model."""
        entries: Counter[tuple[str, str]] = Counter()
        sizes: Counter[tuple[str, str]] = Counter()
        for path in self._paths():
            size = path.stat().st_size
            stored = _read(path)
            if stored is not None:
                key = (stored.reply.endpoint, stored.reply.model)
                entries[key] += 1
                sizes[key] += size
        shares = [
            CacheShare(endpoint=key[0], model=key[1], entries=entries[key], bytes=sizes[key]) for key in sorted(entries)
        ]
        return CacheStats(entries=entries.total(), bytes=sizes.total(), shares=tuple(shares))

    def clear(self) -> int:
        """Remove every reply, and nothing else that may lie in the folder. Returns how many there were."""
        paths = list(self._paths())
        for path in paths:
            path.unlink(missing_ok=True)
        return len(paths)

    def _paths(self) -> Iterator[Path]:
        return self.folder.glob("??/*.json")


def _read(path: Path) -> StoredReply | None:
    try:
        return StoredReply.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        path.unlink(missing_ok=True)
        return None
