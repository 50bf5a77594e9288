"""Comparisons on several students or domains, taken together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.graph.invented import invented
from tutelage.cli import app
from tutelage.errors import RunDirError
from tutelage.files import write_json
from tutelage.graph.comparison.across import AcrossComparisons, take_together
from tutelage.graph.comparison.across_rows import shared_lines
from tutelage.graph.comparison.records import Comparison

LEADS = (0.14, 0.20, 0.11, 0.17)


def written(folder: Path, number: int, found: Comparison, **changes: Any) -> Path:
    """A comparison as 'tutelage compare' leaves it, of a configuration of its own."""
    root = folder / f"domain-{number}"
    root.mkdir()
    facts = found.model_dump(mode="json") | {"config_sha256": f"{number}" * 64, **changes}
    write_json(root / "comparison.json", facts)
    return root


def several(folder: Path, *others: str) -> list[Path]:
    """Comparisons of ours, ahead in each, with the baseline and with copies of that."""
    copies = dict.fromkeys(others, 0.6)
    return [
        written(folder, n, invented({"cot": 0.6, "ioa": 0.6 + lead, **copies}, n + 2, first_seed=10 * n))
        for n, lead in enumerate(LEADS)
    ]


def row_of(found: AcrossComparisons, arm: str, part: str = "all modules") -> Any:
    return next(row for row in found.rows if (row.arm, row.part) == (arm, part))


def test_each_comparison_counts_once_however_many_seeds_it_has(tmp_path: Path) -> None:
    folders = several(tmp_path)
    own = [Comparison.model_validate_json((f / "comparison.json").read_bytes()) for f in folders]
    found = take_together(folders)
    differences = [next(r for r in one.differences if r.arm == "ioa").difference.value for one in own]
    ours = row_of(found, "ioa")
    assert [*ours.units.values()] == pytest.approx(differences)
    assert [*ours.units] == [str(f) for f in folders]
    assert ours.value == pytest.approx(sum(differences) / 4)
    assert [len(u.seeds) for u in found.units] == [2, 3, 4, 5]


def test_a_lead_in_every_domain_is_shown_and_a_copy_is_not(tmp_path: Path) -> None:
    found = take_together(several(tmp_path, "sft"))
    assert row_of(found, "ioa").verdict == "better"
    assert row_of(found, "ioa").low > 0
    assert row_of(found, "sft").verdict == "no difference shown"


def test_all_arms_are_corrected_together(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    alone = row_of(take_together(several(tmp_path / "one")), "ioa").p_holm
    beside = row_of(take_together(several(tmp_path / "two", "sft")), "ioa").p_holm
    assert beside == pytest.approx(2 * alone)


def test_one_comparison_alone_shows_nothing_of_others(tmp_path: Path) -> None:
    found = take_together(several(tmp_path)[:1])
    assert (row_of(found, "ioa").low, row_of(found, "ioa").verdict) == (None, None)


def test_modules_that_the_student_knew_are_told_apart_from_new_ones(tmp_path: Path) -> None:
    found = invented({"cot": 0.6, "ioa": 0.8})
    (before,) = [r for r in found.references if r.arm == "before"]
    known = next(iter(before.modules))
    modules = {m: e.model_copy(update={"value": 0.9 if m == known else 0.1}) for m, e in before.modules.items()}
    changed = [r if r.arm != "before" else r.model_copy(update={"modules": modules}) for r in found.references]
    root = written(tmp_path, 0, found.model_copy(update={"references": tuple(changed)}))
    together = take_together([root])
    (difference,) = found.differences
    assert known not in together.units[0].new
    assert len(together.units[0].new) == len(modules) - 1
    assert row_of(together, "ioa", "known before").value == pytest.approx(difference.modules[known].value)
    new = [e.value for m, e in difference.modules.items() if m != known]
    assert row_of(together, "ioa", "new to the student").value == pytest.approx(sum(new) / len(new))


def test_a_part_that_no_student_has_has_no_row(tmp_path: Path) -> None:
    found = take_together(several(tmp_path))  # the invented students know nothing before
    assert {row.part for row in found.rows} == {"all modules", "new to the student"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"budget": {"teacher_tokens": 9.0}}, "budget"),
        ({"baseline": "ioa"}, "baseline"),
        ({"arms": ["cot", "ioa", "sft", "lion"]}, "strategies"),
        ({"config_sha256": "0" * 64}, "has the student and domain of"),
        ({"seeds": [0, 1, 2]}, "not every run of cot, ioa, sft has ended"),
        ({"schema_version": 2}, "cannot be read"),
        ({"differences": []}, "a part is missing"),
        ({"references": []}, "a part is missing"),
        ({"results": []}, "a part is missing"),
        ({"modules": []}, "a part is missing"),
    ],
)
def test_what_was_not_made_alike_or_is_not_whole_is_refused_by_name(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    arms = {"cot": 0.6, "ioa": 0.8, "sft": 0.6}
    first, other = invented(arms, 2), invented(arms, 2, first_seed=10)
    folders = [written(tmp_path, 0, first), written(tmp_path, 1, other, **changes)]
    with pytest.raises(RunDirError, match=said) as found:
        take_together(folders)
    assert "domain-1" in str(found.value.where)


def test_one_student_and_domain_under_another_setting_is_no_second_unit(tmp_path: Path) -> None:
    found = invented({"cot": 0.6, "ioa": 0.8}, 2)
    with pytest.raises(RunDirError, match="has the student and domain of"):
        take_together([written(tmp_path, 0, found), written(tmp_path, 1, found)])


def test_a_folder_named_twice_counts_once(tmp_path: Path) -> None:
    (folder, *_) = several(tmp_path)
    with pytest.raises(RunDirError, match="is named twice"):
        take_together([folder, folder / ".." / folder.name])


def test_what_was_spent_of_equal_caps_is_said(tmp_path: Path) -> None:
    ended = CliRunner().invoke(app, ["across", *map(str, several(tmp_path))])
    assert "ioa spent 101% of 120000 teacher_tokens, 101% of 60000 training_tokens" in ended.stdout


def test_domains_that_share_modules_are_said_to_agree_more_than_separate_ones(tmp_path: Path) -> None:
    found = take_together(several(tmp_path))
    apart = [unit.model_copy(update={"modules": (f"own/{n}",)}) for n, unit in enumerate(found.units)]
    assert shared_lines(found.model_copy(update={"units": tuple(apart)})) == []
    two = [unit.model_copy(update={"modules": ("own/0", *unit.modules[:1])}) for unit in apart[:2]]
    (line,) = shared_lines(found.model_copy(update={"units": (*two, *apart[2:])}))
    assert line.startswith("2 of the comparisons share 1 module:")
    ended = CliRunner().invoke(app, ["across", *map(str, tmp_path.glob("domain-*"))])
    assert "4 of the comparisons share" in ended.stdout


def test_the_command_shows_both_tables_and_writes_what_it_showed(tmp_path: Path) -> None:
    folders = several(tmp_path)
    ended = CliRunner().invoke(app, ["across", *map(str, folders), "--into", str(tmp_path / "all.json")])
    assert ended.exit_code == 0, ended.output
    assert "domain-3" in ended.stdout
    assert "better" in ended.stdout
    stored = AcrossComparisons.model_validate_json((tmp_path / "all.json").read_bytes())
    assert stored == take_together(folders)


def test_a_comparison_is_not_written_over(tmp_path: Path) -> None:
    folders = several(tmp_path)
    before = (folders[0] / "comparison.json").read_bytes()
    ended = CliRunner().invoke(app, ["across", str(folders[0]), "--into", str(folders[0] / "comparison.json")])
    assert ended.exit_code == 2
    assert (folders[0] / "comparison.json").read_bytes() == before


@pytest.mark.parametrize("name", ["nothing", "a_file"])
def test_a_folder_without_a_comparison_is_bad_input(tmp_path: Path, name: str) -> None:
    (tmp_path / "a_file").write_text("")
    ended = CliRunner().invoke(app, ["across", str(tmp_path / name)])
    assert ended.exit_code == 2
    assert "has no comparison.json" in ended.output
