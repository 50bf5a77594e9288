from __future__ import annotations

import gzip
import sys
from pathlib import Path
from typing import Any

import datasets
import pytest
from datasets.exceptions import DatasetGenerationError

from tutelage.errors import DomainError, InputError
from tutelage.graph.sources import file_of, read_file, read_hub

ROWS = [{"id": "a", "n": "1"}, {"id": "b", "n": "2"}]
TEXT = '{"id": "a", "n": "1"}\n\n{"id": "b", "n": "2"}\n'


def test_a_file_is_read_by_its_ending_with_the_place_of_every_row(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(TEXT)
    (tmp_path / "x.jsonl.gz").write_bytes(gzip.compress(TEXT.encode()))
    (tmp_path / "x.csv").write_text("\ufeffid,n\na,1\nb,2\n", encoding="utf-8")
    for name, lines in (("x.jsonl", (1, 3)), ("x.jsonl.gz", (1, 3)), ("x.csv", (2, 3))):
        path = tmp_path / name
        assert list(read_file(path)) == [(f"{path}:{n}", row) for n, row in zip(lines, ROWS, strict=True)]


def test_a_parquet_file_is_read_with_its_lists(tmp_path: Path) -> None:
    import pyarrow as arrow
    from pyarrow.parquet import write_table

    path = tmp_path / "x.parquet"
    write_table(arrow.table({"id": ["a", "b"], "choices": [["x", "y"], None]}), path)
    assert list(read_file(path)) == [
        (f"{path} row 0", {"id": "a", "choices": ["x", "y"]}),
        (f"{path} row 1", {"id": "b"}),
    ]


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [("id,n\na\n", "not the 2 fields", 2), ("id,n\na,1,2\n", "not the 2 fields", 2), ('id,n\n"a,1\n', "not CSV", 1)],
)
def test_a_csv_row_of_another_shape_is_named_by_its_line(tmp_path: Path, text: str, what: str, line: int) -> None:
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(InputError, match=what) as caught:
        list(read_file(tmp_path / "x.csv"))
    assert caught.value.where == f"{tmp_path / 'x.csv'}:{line}"


def test_an_empty_cell_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text('id,text\na,\nb,"two\nlines"\n')
    assert [row for _, row in read_file(tmp_path / "x.csv")] == [{"id": "a"}, {"id": "b", "text": "two\nlines"}]


@pytest.mark.parametrize("name", ["x.jsonl", "x.csv", "x.jsonl.gz"])
def test_a_file_that_is_missing_or_broken_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot read"):
        list(read_file(tmp_path / name))
    whole = gzip.compress(TEXT.encode())
    for broken in (b"no gzip", whole[:-9], whole[:12] + b"x" + whole[13:]):
        (tmp_path / "y.jsonl.gz").write_bytes(broken)
        with pytest.raises(InputError, match="cannot read"):
            list(read_file(tmp_path / "y.jsonl.gz"))


def test_a_file_inside_a_package_is_found_and_a_missing_package_is_said() -> None:
    assert file_of("package:tutelage/py.typed", Path("x")).is_file()
    assert file_of("data/x.csv", Path("folder")) == Path("folder/data/x.csv")
    with pytest.raises(DomainError, match=r"no package 'human_evil'.*pip install human-evil"):
        file_of("package:human_evil/data.jsonl", Path("x"))


def test_the_hub_without_its_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(DomainError, match=r"pip install 'tutelage\[datasets\]'"):
        list(read_hub("a/b", None, "train", None, "d.yaml: hub"))


@pytest.mark.parametrize(
    "error",
    [
        ConnectionError("no route"),
        ValueError('Unknown split "x"'),
        FileNotFoundError("a/b"),
        DatasetGenerationError("a row of another shape"),
    ],
)
def test_a_hub_that_does_not_give_the_data_set_is_a_typed_error(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(datasets, "load_dataset", refuse)
    with pytest.raises(DomainError, match="'a/b' cannot be loaded") as caught:
        list(read_hub("a/b", None, "train", None, "d.yaml: hub"))
    assert caught.value.where == "d.yaml: hub"


def test_rows_of_the_hub_are_placed_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str, config: str, split: str, revision: str) -> list[dict[str, Any]]:
        assert (name, config, split, revision) == ("a/b", "main", "test", "r1")
        return [{"q": 1}]

    monkeypatch.setattr(datasets, "load_dataset", load)
    assert list(read_hub("a/b", "main", "test", "r1", "x")) == [("a/b[test] row 0", {"q": 1})]


def test_what_cannot_be_read_whole_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    broken = bytearray(gzip.compress(TEXT.encode()))
    broken[12] ^= 0xFF
    (tmp_path / "broken.jsonl.gz").write_bytes(broken)
    with pytest.raises(InputError, match=r"broken\.jsonl\.gz"):
        list(read_file(tmp_path / "broken.jsonl.gz"))
    (tmp_path / "twice.csv").write_text("id,n,n\na,1,2\n")
    with pytest.raises(InputError, match=r"twice\.csv:1: two columns are named 'n'"):
        list(read_file(tmp_path / "twice.csv"))
