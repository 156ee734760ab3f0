"""Many files: each gets the report that it gets alone, whoever does the work, in order."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from kg.batch import find_cases, resume, validate_files
from kg.errors import InputError
from kg.validation import validate_case
from kg.workers import VALIDATION_LIMITS

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


def corpus(folder: Path, number: int = 40) -> Path:
    """Write so many cases, of which every fourth breaks a rule."""
    folder.mkdir(exist_ok=True)
    good, bad = HERE / "valid" / "v2.ttl", HERE / "invalid" / "R12-n5.ttl"
    for n in range(number):
        path = folder / f"{n:03}.ttl"
        path.write_bytes((good if n % 4 else bad).read_bytes())
        os.utime(path, (1e9, 1e9))
    return folder


def alliance(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "kg", "validate", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # whoever runs these tests in the background ignores Ctrl-C, and so would what they start
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def members(group: int) -> set[int]:
    """List the processes of a process group."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[2]) == group:
                found.add(int(stat.parent.name))
    return found


def test_an_interrupted_run_leaves_nothing_behind_and_is_resumed(tmp_path: Path) -> None:
    cases, out = corpus(tmp_path / "cases", 80), tmp_path / "reports.ndjson"
    command = (str(cases), "--jobs", "2", "--resume", str(out))
    run = alliance(*command)
    deadline = time.monotonic() + 60
    seen = 0
    while not out.exists() or out.read_text().count("\n") < 5:
        assert time.monotonic() < deadline
        assert run.poll() is None
        seen = max(seen, len(members(run.pid)))
        time.sleep(0.01)
    # as a terminal does it: to the whole group
    os.killpg(run.pid, signal.SIGINT)
    assert seen > 2
    told, complaint = run.communicate(timeout=30)
    assert (run.returncode, told, complaint) == (130, "", "")
    assert members(run.pid) == set()
    lines = out.read_text().splitlines(keepends=True)
    assert 5 <= len(lines) < 80
    assert all(json.loads(line)["source"] for line in lines)

    # as if the machine had failed in the middle of a line, and one case had been mended since
    out.write_text("".join(lines) + lines[0][:50])
    os.utime(cases / "001.ttl")
    run = alliance(*command)
    told, complaint = run.communicate(timeout=120)
    assert (run.returncode, told, complaint) == (1, "", "")
    after = out.read_text().splitlines(keepends=True)
    assert after[: len(lines) - 1] == [line for line in lines if "001.ttl" not in line]
    names = sorted(Path(json.loads(line)["source"]).name for line in after)
    assert names == [f"{n:03}.ttl" for n in range(80)]
    alone = {name: one.report for name in names for one in validate_files([str(cases / name)])}
    for line in after:
        report = json.loads(line)
        expected = alone[Path(report["source"]).name]
        assert expected
        assert report == json.loads(expected.to_json())


def test_what_is_resumed_must_be_reports_of_the_same_strictness(tmp_path: Path) -> None:
    cases, out = corpus(tmp_path / "cases", 2), tmp_path / "reports.ndjson"
    for name in sorted(map(str, cases.iterdir())):
        (one,) = validate_files([name])
        assert one.report
        with out.open("a") as file:
            file.write(json.dumps(one.report.to_dict()) + "\n")
    before = out.read_text()
    earlier = resume(out, strict=False)
    assert len(earlier.done) == 2
    assert earlier.failed
    assert out.read_text() == before
    assert resume(out, strict=True).done == set()
    assert out.read_text() == ""
    out.write_text("[]\n")
    with pytest.raises(InputError, match="no report") as caught:
        resume(out, strict=False)
    assert caught.value.line == 1
    assert out.read_text() == "[]\n"


def test_a_case_that_takes_too_much_does_not_keep_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heavy = tmp_path / "heavy.ttl"
    heavy.write_text(
        "@prefix aa: <https://w3id.org/alliance-atlas/ontology/> .\n<a> a aa:Case .\n"
        + "".join(f"<s/{n}> a aa:Session ; aa:order {n} .\n" for n in range(12000))
    )
    # enough for the others, also where the machine has much else to do
    limits = replace(VALIDATION_LIMITS, memory=6 * 2**20)
    monkeypatch.setattr("kg.batch.VALIDATION_LIMITS", limits)
    found = list(validate_files([FILES[0], str(heavy), FILES[1]], jobs=2))
    assert [bool(one.report) for one in found] == [True, False, True]
    assert f"{heavy}: the case took more memory" in found[1].error
