"""The page's script as one text: the modules of ``page/js``, each in a scope of its own, after those that it imports.

The modules stay what they are, plain ES modules that an editor understands; a page that must work from ``file://`` and
under a policy that names one script by its hash needs them in one piece.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "page" / "js"
_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./([\w-]+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|class|const) (\w+))", re.MULTILINE)


@cache
def script() -> str:
    """All of it. Modules must not import each other in a circle, and import by name only."""
    order: list[str] = []
    _visit("app", order)
    return '"use strict";\n' + "".join(_scope(name) for name in order)


@cache
def script_hash() -> str:
    """What a content security policy names it by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script().encode()).digest()).decode()


def _visit(name: str, order: list[str]) -> None:
    for _, needed in _IMPORT.findall(_text(name)):
        if needed not in order:
            _visit(needed, order)
    order.append(name)


def _scope(name: str) -> str:
    text = _text(name)
    exported = ", ".join(found for _, found in _EXPORT.findall(text))
    body = _EXPORT.sub(r"\1", _IMPORT.sub(r"const \1 = \2_js;", text))
    return f"const {name}_js = (() => {{\n{body}return {{ {exported} }};\n}})();\n"


def _text(name: str) -> str:
    return (FOLDER / f"{name}.js").read_text(encoding="utf-8")
