"""A page as its reader sees it."""

from __future__ import annotations

import html
import re


def text_of(page: str) -> str:
    """What a reader sees: no tags, no style, single spaces."""
    body = re.sub(r"<(style|script)>.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())
