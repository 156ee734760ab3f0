"""Many files: each gets the report that it gets alone, whoever does the work, in order."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kg.batch import find_cases, validate_files
from kg.errors import InputError
from kg.validation import validate_case

HERE = Path(__file__).resolve().parent
FILES = [str(path) for path in sorted((HERE / "invalid").glob("*.ttl"))[:8]]


def alone(name: str) -> str:
    data = Path(name).read_bytes()
    return validate_case(data, media_type="text/turtle", source=name).to_json()


@pytest.mark.parametrize("how", ["one", "processes", "executor"])
def test_the_report_is_the_one_it_gets_alone(how: str) -> None:
    assert len(FILES) == 8
    if how == "executor":
        with ThreadPoolExecutor(2) as executor:
            found = list(validate_files(FILES, executor=executor))
    else:
        found = list(validate_files(FILES, jobs=2 if how == "processes" else 1))
    assert [one.source for one in found] == FILES
    for one in found:
        assert one.report
        assert one.report.to_json() == alone(one.source)


def test_what_cannot_be_read_does_not_keep_the_others(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ttl"
    broken.write_text("<a> <b>")
    (tmp_path / "x.doc").write_text("")
    others = [str(broken), str(tmp_path / "none.ttl"), str(tmp_path / "x.doc")]
    names = [FILES[0], *others, FILES[1]]
    found = list(validate_files(names))
    assert [bool(one.report) for one in found] == [True, False, False, False, True]
    assert f"{broken}:1:" in found[1].error
    assert "cannot be read" in found[2].error
    assert "does not tell the syntax" in found[3].error


def test_files_are_taken_as_they_are_needed() -> None:
    taken = 0

    def names() -> Iterator[str]:
        nonlocal taken
        for _ in range(1000):
            taken += 1
            yield FILES[0]

    with ThreadPoolExecutor(1) as executor:
        results = validate_files(names(), executor=executor)
        next(results)
        assert taken < 100
        results.close()  # type: ignore[attr-defined]


def test_a_folder_gives_its_cases_by_name(tmp_path: Path) -> None:
    for name in ("b.ttl", "a.jsonld", "deep/c.nt", "readme.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    found = [Path(name).name for name in find_cases([str(tmp_path), "-", "x.ttl"])]
    assert found == ["a.jsonld", "b.ttl", "c.nt", "-", "x.ttl"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="has no file that ends"):
        list(find_cases([str(tmp_path / "empty")]))
