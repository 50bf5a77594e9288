"""A server that ends with us: ``python -m tutelage.training.guarded COMMAND...``, our end of its stdin held open.

The pipe closes when we let go of it and when we die, however. Then the server is asked to end, and after a while
everything that it started is killed: an engine that outlived its server would keep the device's memory.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

_GRACE_S = 30.0


def main() -> None:
    """Be the server until stdin closes or the server ends by itself. It is in this process group with all it starts."""
    server = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    threading.Thread(target=_follow, args=(server,), daemon=True).start()
    sys.stdin.buffer.read()
    server.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(_GRACE_S)
    os.killpg(0, signal.SIGKILL)


def _follow(server: subprocess.Popen[bytes]) -> None:
    server.wait()
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
