from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutelage.configs.load import load_domain, load_run, override
from tutelage.errors import ConfigError

RUN = "name: x\ndomain: d.yaml\nstudent:\n  model: s\n"
DOMAIN = "name: d\ndescription: sums\nitems: d.jsonl\nmodules:\n  - {id: a, name: A}\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "run.yaml"
    path.write_bytes(text.encode())
    return path


def complaint(folder: Path, text: str, *overrides: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_run(written(folder, text), overrides)
    assert "\n" not in caught.value.line
    return caught.value


def test_what_is_not_said_has_its_default(tmp_path: Path) -> None:
    config = load_run(written(tmp_path, RUN))
    assert (config.name, config.student.model, config.seed, config.teachers.default) == ("x", "s", 0, "offline")


def test_an_override_is_laid_over_the_file_with_yaml_types(tmp_path: Path) -> None:
    path = written(tmp_path, RUN + "tutor: {examples: 5}\n")
    config = load_run(
        path, ["tutor.examples=7", "limits.seconds=1.5", "curriculum.approve=true", "teachers.tutor=null"]
    )
    assert (config.tutor.examples, config.limits.seconds, config.curriculum.approve) == (7, 1.5, True)
    assert config.teachers.tutor is None


def test_a_value_may_hold_an_equals_sign(tmp_path: Path) -> None:
    assert load_run(written(tmp_path, RUN), ["student.model=a=b"]).student.model == "a=b"


@pytest.mark.parametrize(
    ("text", "line", "what", "do"),
    [
        (RUN + "tutr: {}\n", 5, "unknown key 'tutr'", "did you mean 'tutor'?"),
        (RUN + "tutor:\n  exmples: 5\n", 6, "unknown key 'tutor.exmples'", "did you mean 'examples'?"),
        (RUN + "limits:\n  zzz: 5\n", 6, "unknown key 'limits.zzz'", "known here: rounds, seconds"),
        (RUN + "tutor:\n  examples: many\n", 6, "tutor.examples: ", None),
        (RUN + "tutor:\n  examples: 0\n", 6, "greater than or equal to 1", None),
        (RUN + "seed: 1\nseed: 2\n", 6, "key 'seed' stands twice", None),
        ("name: x\ndomain: d.yaml\nstudent: {}\n", 3, "student.model: Field required", None),
    ],
)
def test_a_complaint_names_the_file_the_line_and_the_key(
    tmp_path: Path, text: str, line: int, what: str, do: str | None
) -> None:
    error = complaint(tmp_path, text)
    assert error.where == f"{tmp_path / 'run.yaml'}:{line}"
    assert what in error.what
    assert do is None or do in (error.do or "")


def test_several_mistakes_are_counted(tmp_path: Path) -> None:
    assert "(and 1 more)" in complaint(tmp_path, RUN + "aa: 1\nbb: 2\n").what


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words", "a: [1\n", "{[1]: 2}", "a: 0x_"])
def test_a_file_that_holds_no_keys_is_refused(tmp_path: Path, text: str) -> None:
    assert complaint(tmp_path, text).where == str(tmp_path / "run.yaml")


def test_a_missing_file_and_a_wrong_encoding_are_input_errors(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        load_run(tmp_path / "nowhere.yaml")
    path = tmp_path / "latin.yaml"
    path.write_bytes("name: caf\xe9".encode("latin-1"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_run(path)


@pytest.mark.parametrize(
    ("setting", "where", "what"),
    [
        ("tutor.examples=many", "--set tutor.examples", "tutor.examples: "),
        ("tutor.exmples=5", "--set tutor.exmples", "unknown key"),
        ("tutor={zzz: 1}", "--set tutor", "unknown key 'tutor.zzz'"),
        ("seed.x=5", "--set seed.x=5", "'seed' holds a value, not keys"),
        ("seed", "--set", "'seed' is not key=value"),
        ("=5", "--set", "is not key=value"),
        ("seed=[1", "--set seed", "not a YAML value"),
        ("seed=2020-13-45", "--set seed", "not a YAML value"),
    ],
)
def test_a_mistake_in_an_override_is_looked_for_there_and_not_in_the_file(
    tmp_path: Path, setting: str, where: str, what: str
) -> None:
    text = RUN + "seed: 3\ntutor: {examples: 5}\n"
    error = complaint(tmp_path, text, setting)
    assert (error.where, what in error.what) == (where, True)
    with pytest.raises(ConfigError) as caught:
        override(load_run(written(tmp_path, text)), [setting])
    assert caught.value.where == where


def test_overriding_a_configuration_with_nothing_changes_nothing(tmp_path: Path) -> None:
    config = load_run(written(tmp_path, RUN))
    assert override(config, []) == config
    assert override(config, ["seed=5"]) == config.model_copy(update={"seed": 5})


@given(st.text(max_size=40))
def test_no_override_whatever_it_says_ends_in_another_error(setting: str) -> None:
    config = load_run(Path(__file__).parents[2] / "configs" / "quickstart.yaml")
    try:
        override(config, [setting])
    except ConfigError as error:
        assert "\n" not in error.line


def test_a_domain_tells_unsaid_prerequisites_from_none(tmp_path: Path) -> None:
    path = written(tmp_path, DOMAIN + "  - {id: b, name: B, prerequisites: []}\n")
    assert [m.prerequisites for m in load_domain(path).modules] == [None, ()]


def test_a_module_id_that_could_not_be_a_file_name_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_domain(written(tmp_path, DOMAIN + "  - id: ../b\n    name: B\n"))
    assert caught.value.where == f"{tmp_path / 'run.yaml'}:6"
