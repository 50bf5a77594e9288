"""The page's script as one text: the modules of ``page/js`` after each other, each after those that it imports.

The modules stay what they are, plain ES modules that an editor understands; a page that must work from ``file://`` and
under a policy that names one script by its hash needs them in one piece. Every top-level name is therefore unique.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "page" / "js"
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const)\b)", re.MULTILINE)


@cache
def script() -> str:
    """All of it, in a scope of its own."""
    order: list[str] = []
    _visit("app", order)
    text = "".join(_EXPORT.sub("", _IMPORT.sub("", _text(name))) for name in order)
    return f'"use strict";(() => {{\n{text}}})();\n'


@cache
def script_hash() -> str:
    """What a content security policy names it by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script().encode()).digest()).decode()


def _visit(name: str, order: list[str]) -> None:
    for needed in _IMPORT.findall(_text(name)):
        if needed not in order:
            _visit(needed, order)
    order.append(name)


def _text(name: str) -> str:
    return (FOLDER / f"{name}.js").read_text(encoding="utf-8")
