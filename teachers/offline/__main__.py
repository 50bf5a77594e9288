"""``python -m tutelage.teachers.offline --port N``: serve the offline teacher."""

from __future__ import annotations

import argparse
import socket
import sys
from pathlib import Path

from tutelage.errors import InputError
from tutelage.teachers.offline.lifeline import die_with_parent
from tutelage.teachers.offline.server import LOOPBACK, MODEL, bind, serve


def main() -> int:
    """Serve until stopped. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tutelage.teachers.offline", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help=f"port on {LOOPBACK}; 0 takes a free one")
    parser.add_argument("--log", type=Path, help="append one JSON line for every answered request")
    # For the process that starts us: its listening socket, and its id, so that we end when it does.
    parser.add_argument("--fd", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--parent", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.parent is not None:
        die_with_parent(options.parent)
    if options.fd is not None:
        serve(socket.socket(fileno=options.fd), options.log)
        return 0
    try:
        serve_by_hand(options.port, options.log)
    except InputError as error:
        sys.stderr.write(f"{error.line}\n")
        return error.exit_code
    return 0


def serve_by_hand(port: int, log: Path | None = None) -> None:
    """Serve on a port of the loopback address until interrupted.

    Raises:
        InputError: the port is taken, or is none.
    """
    try:
        listener = bind(port)
    except (OSError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) else "a port is a number from 0 to 65535"
        raise InputError(f"cannot be served ({why})", where=f"port {port}", do="name another --port") from error
    address = f"http://{LOOPBACK}:{listener.getsockname()[1]}/v1"
    sys.stderr.write(f"{MODEL} (a procedural generator, not a language model) at {address}; Ctrl-C ends it\n")
    serve(listener, log)


if __name__ == "__main__":
    sys.exit(main())
