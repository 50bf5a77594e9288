"""What to tell the user when a teacher gives no reply: the typed error, and what can be done. Pure."""

from __future__ import annotations

import re

from tutelage.errors import TeacherRefused, TeacherStalled, TeacherUnreachable
from tutelage.teachers.contracts import Endpoint
from tutelage.teachers.retry import Failure

_CONTEXT_CODE = "context_length_exceeded"
_CONTEXT_WORDS = re.compile(r"context (?:length|size|window)|maximum model length|max_model_len", re.IGNORECASE)
_LIMIT = re.compile(
    r"(?:context (?:length|size|window)|maximum model length|max_model_len)[^\d\n]{0,40}(\d[\d,]{2,8})", re.IGNORECASE
)


def no_reply(endpoint: Endpoint, failure: Failure, attempts: int) -> TeacherRefused | TeacherUnreachable:
    """The error of a call that ends without a reply."""
    if failure.is_final:
        return TeacherRefused(
            f"the teacher refused ({failure.said})", where=endpoint.base_url, do=_advice(endpoint, failure)
        )
    return TeacherUnreachable(
        f"no reply after {attempts} attempt{'s' if attempts > 1 else ''} ({failure.said})",
        where=endpoint.base_url,
        do="see that the server is up, then resume the run",
    )


def stalled(endpoint: Endpoint, waited_s: float, last: Failure | None) -> TeacherStalled:
    """The error of calls that waited for an endpoint which gave nobody a reply for ``waited_s``."""
    said = "it said nothing" if last is None else f"last: {last.said}"
    return TeacherStalled(
        f"no reply to any call for {waited_s:g} s ({said})",
        where=endpoint.base_url,
        do="see what holds the server up, lower max_concurrency or raise stall_s, then resume the run",
    )


def too_long_a_wait(endpoint: Endpoint, asked_s: float, patience_s: float) -> TeacherStalled:
    """The error of a call whose endpoint asks for a longer pause than the run may stand still."""
    return TeacherStalled(
        f"the teacher asks us to wait {asked_s:g} s, and stall_s allows {patience_s:g} s",
        where=endpoint.base_url,
        do="resume the run after that time, or raise stall_s",
    )


def is_context_refusal(failure: Failure) -> bool:
    """Whether prompt and reply together were longer than the model's context."""
    if failure.status not in (400, 413, 422):
        return False
    return failure.code == _CONTEXT_CODE or _CONTEXT_WORDS.search(failure.message) is not None


def context_limit(message: str) -> int | None:
    """The context length that a refusal names, in tokens; None where it names none."""
    found = _LIMIT.search(message)
    return None if found is None else int(found[1].replace(",", ""))


def _advice(endpoint: Endpoint, failure: Failure) -> str:
    if failure.status in (401, 403):
        return f"check the key in the environment variable {endpoint.api_key_env or '(none is configured)'}"
    if failure.status is not None and 300 <= failure.status < 400:
        return "the address has moved: correct base_url"
    if failure.status == 404:
        return f"check the address and the model name {endpoint.model!r}"
    if failure.status == 429:
        return "the account is empty: fill it, then resume the run"
    if is_context_refusal(failure):
        limit = context_limit(failure.message)
        length = "the model's context length" if limit is None else str(limit)
        return f"set the endpoint's context_tokens to {length} or ask for fewer tokens, then resume the run"
    return "change the request or the endpoint's settings, then resume the run"
