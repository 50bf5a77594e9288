"""Whether and when to ask a teacher again. Pure: no clock, no network, no randomness of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from tutelage.pedagogy.records import Record

FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 30.0

_TRY_AGAIN = frozenset({408, 409, 425, 429})
_OVERLOADED = frozenset({429, 503, 529})
# OpenAI answers an empty account with 429; waiting does not fill it.
_FINAL_CODES = frozenset({"insufficient_quota"})


class Failure(Record):
    """Why one attempt gave no reply.

    Attributes:
        status: HTTP status; None where no answer came, or none that could be read.
        message: What the server or the connection said, without the key.
        code: The ``code`` of OpenAI's error object.
        retry_after_s: What the server asked us to wait.
        timed_out: No whole reply came within the endpoint's ``timeout_s``.
    """

    status: int | None
    message: str
    code: str | None = None
    retry_after_s: float | None = None
    timed_out: bool = False

    @property
    def said(self) -> str:
        """Status and message, for an error's text."""
        return self.message if self.status is None else f"{self.status}: {self.message}"

    @property
    def is_throttle(self) -> bool:
        """True where the endpoint only asks us to slow down, which is no failure."""
        return self.status == 429 and not self.is_final

    @property
    def is_overload(self) -> bool:
        """True where fewer requests at once may help."""
        return self.timed_out or self.status in _OVERLOADED

    @property
    def is_final(self) -> bool:
        """True where asking the same again cannot help."""
        if self.code in _FINAL_CODES:
            return True
        return self.status is not None and self.status < 500 and self.status not in _TRY_AGAIN


def delay_s(failure: Failure, attempt: int, jitter: float) -> float:
    """Seconds to wait after a failed attempt.

    Args:
        failure: What happened. Its ``retry_after_s`` is honoured in full; who cannot wait that long ends the call.
        attempt: 0 for the first one.
        jitter: In [0, 1); spreads the clients of one server out.
    """
    backoff = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0**attempt) * (0.5 + 0.5 * jitter)
    if failure.retry_after_s is None:
        return backoff
    # "Retry-After: 0" in every answer must not become a loop without a pause.
    return max(FIRST_DELAY_S / 2, failure.retry_after_s) + FIRST_DELAY_S * jitter


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """The ``Retry-After`` header as seconds from ``now``: a number or an HTTP date. None where absent or unreadable.

    Args:
        headers: With lower-case or case-insensitive names.
        now: With a time zone.
    """
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.replace(".", "", 1).isdecimal():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:  # "-0000": UTC of an unknown place
        until = until.replace(tzinfo=now.tzinfo)
    return max(0.0, (until - now).total_seconds())
