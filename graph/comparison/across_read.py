"""Comparisons as they lie in their folders, read to be taken together: whole, and made alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from tutelage.errors import RunDirError
from tutelage.graph.comparison.compare import JSON
from tutelage.graph.comparison.records import ArmResult, Comparison, DifferenceRow, Estimate

_ANEW = "make it anew with 'tutelage compare'"


@dataclass(frozen=True)
class Whole:
    """A comparison in which every run has ended.

    Attributes:
        before: The untouched student; ``accuracy`` every arm's mean over modules.
        differences: By arm, but for the baseline.
    """

    folder: Path
    comparison: Comparison
    before: ArmResult
    before_mean: Estimate
    accuracy: dict[str, float]
    differences: dict[str, DifferenceRow]


def read_alike(folders: Sequence[Path]) -> list[Whole]:
    """Read comparisons that can be taken together.

    Args:
        folders: Of ``tutelage compare``.

    Raises:
        RunDirError: one holds no finished comparison, or another budget, baseline or set of arms than the first, or two
            are of one student and domain, which would count twice.
    """
    found = list[Whole]()
    for folder in folders:
        if any(folder.resolve() == one.folder.resolve() for one in found):
            raise RunDirError("is named twice", where=folder, do="name each comparison once")
        comparison = _read(folder)
        if found:
            _check_alike(found[0].comparison, comparison, folder)
        whole = _whole(folder, comparison)
        _check_new(found, whole)
        found.append(whole)
    return found


def _read(folder: Path) -> Comparison:
    path = folder / JSON
    try:
        return Comparison.model_validate_json(path.read_bytes())
    except OSError:
        raise RunDirError(
            f"has no {JSON} that can be read", where=folder, do="name a folder of 'tutelage compare', run to its end"
        ) from None
    except ValidationError as error:
        raise RunDirError(f"cannot be read ({error.errors()[0]['msg']})", where=path, do=_ANEW) from None


def _whole(folder: Path, one: Comparison) -> Whole:
    """Its parts by name.

    Raises:
        RunDirError: a run has not ended, or a part is missing.
    """
    unfinished = [row.arm for row in one.results if sorted(row.seeds) != sorted(one.seeds)]
    if unfinished:
        what = f"not every run of {', '.join(unfinished)} has ended"
        raise RunDirError(what, where=folder, do="do what is left with 'tutelage compare'")
    accuracy = {row.arm: row.mean.value for row in one.results if row.mean is not None}
    before = next((row for row in one.references if row.arm == "before"), None)
    differences = {row.arm: row for row in one.differences}
    modules = {m.id for m in one.modules}
    if (
        before is None
        or before.mean is None
        or accuracy.keys() != set(one.arms)
        or differences.keys() != set(one.arms) - {one.baseline}
        or before.modules.keys() != modules
        or any(row.modules.keys() != modules for row in one.differences)
    ):
        raise RunDirError("a part is missing", where=folder / JSON, do=_ANEW)
    return Whole(folder, one, before, before.mean, accuracy, differences)


def _check_alike(first: Comparison, one: Comparison, folder: Path) -> None:
    """Only what was made alike can be taken together.

    Raises:
        RunDirError: it was not.
    """
    anew, adopt = "compare it anew, in a folder of its own", "'tutelage compare' with it on this folder adopts its runs"
    for what, said, other, do in (
        ("budget", one.budget, first.budget, anew),
        ("baseline", one.baseline, first.baseline, adopt),
        ("strategies", sorted(one.arms), sorted(first.arms), adopt),
    ):
        if said != other:
            raise RunDirError(f"{what}: {said}, where the first has {other}", where=folder, do=do)


def _check_new(found: Sequence[Whole], one: Whole) -> None:
    """A student and domain count once.

    Raises:
        RunDirError: they have been counted: by their configuration, or by the student's answers before it was taught.
    """
    for other in found:
        if one.comparison.config_sha256 == other.comparison.config_sha256 or one.before == other.before:
            raise RunDirError(
                f"has the student and domain of {other.folder}",
                where=one.folder,
                do="give one comparison all the seeds",
            )
