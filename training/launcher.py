"""The parent of many training processes: ``python -m tutelage.training.launcher PARENT_PID ACCELERATE_YAML``.

It reads the one request itself: its children share its stdin and could not each read it.
"""

from __future__ import annotations

import os
import sys

from tutelage.training.guard import die_with
from tutelage.training.rank import REQUEST_VARIABLE


def main() -> None:
    """Wait for the request, then be ``accelerate launch``."""
    die_with(int(sys.argv[1]))
    os.environ[REQUEST_VARIABLE] = sys.stdin.buffer.readline().decode()
    sys.argv = ["accelerate launch", "--config_file", sys.argv[2], "--module", "tutelage.training.rank"]
    from accelerate.commands.launch import main as launch

    launch()


if __name__ == "__main__":
    main()
