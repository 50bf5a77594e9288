"""A run's checkpoints on disk."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from tutelage.errors import DiskError
from tutelage.graph.rundir import RunDir


@asynccontextmanager
async def open_checkpoints(rundir: RunDir) -> AsyncIterator[AsyncSqliteSaver]:
    """The run's checkpoints. A full disk reaches us as SQLite's own error."""
    try:
        async with AsyncSqliteSaver.from_conn_string(str(rundir.checkpoints)) as saver:
            saver.serde = JsonPlusSerializer(allowed_msgpack_modules=[])
            try:
                yield saver
            finally:
                # Closing does not end a write that was cut short while its cursor lives in a traceback: the next
                # run of this process would find the database locked.
                async with saver.lock:
                    await saver.conn.rollback()
                    await saver.conn.close()
    except sqlite3.OperationalError as error:
        raise DiskError(
            f"cannot be used ({error})", where=rundir.checkpoints, do="free some space, then resume the run"
        ) from error
    except sqlite3.DatabaseError as error:
        raise DiskError(f"is broken ({error})", where=rundir.checkpoints, do="restore it, or run anew") from error
