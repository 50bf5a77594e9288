"""How often a server may do costly work beside a run that needs the machine more."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

REST = 15
"""After work the server rests so many times as long as it took."""


class Pace:
    """Whether it is time for a piece of work again."""

    def __init__(self) -> None:
        self._rest_until = 0.0

    @property
    def is_resting(self) -> bool:
        """Whether it was done a moment ago."""
        return time.monotonic() < self._rest_until

    @contextmanager
    def work(self) -> Iterator[None]:
        """Do it; the rest that follows is measured by it."""
        began = time.monotonic()
        try:
            yield
        finally:
            ended = time.monotonic()
            self._rest_until = ended + REST * (ended - began)
