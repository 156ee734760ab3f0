"""The command: what it prints, on which stream, and with which exit code."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rdflib import Graph

from kg import reasoning
from kg.checks import Problem
from kg.cli import _check_cases, main
from kg.manifest import Manifest, write_manifest
from kg.release import Release
from kg.resources import ontology_dir

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "tests" / "validation"
VALID = str(FIXTURES / "valid" / "v2.ttl")
INVALID = str(FIXTURES / "invalid" / "R12-n5.ttl")
COMMANDS = "serve publish build check query question describe validate verify-passages".split()
ASKED = ["--from", "magical-alliance", "--to", "working-alliance"]

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _built(release: Release) -> None:
    """Every command reads the release."""


def run(capsys: Capture, *arguments: str) -> tuple[int, str, str]:
    try:
        code = main(arguments)
    except SystemExit as error:
        code = int(error.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def refused(capsys: Capture, code: int, *arguments: str) -> str:
    """The one line on stderr of a command that is refused."""
    got, out, err = run(capsys, *arguments)
    assert got == code, err
    assert out == ""
    assert err.count("\n") == 1, err
    assert err.startswith("alliance")
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(capsys: Capture, command: str) -> None:
    code, out, _ = run(capsys, command, "--help")
    assert code == 0
    assert out.startswith(f"usage: alliance {command}")


def test_version(capsys: Capture) -> None:
    assert run(capsys, "--version")[1].startswith("alliance-atlas 0.")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["query"],
        ["query", "a.rq", "b.rq"],
        ["query", "a.rq", "--format", "docx"],
        ["describe"],
        ["validate"],
        ["verify-passages"],
        ["build", "--no-such"],
        ["serve", "--port", "x"],
        ["serve", "--port", "65536"],
        ["serve", "--port", "-1"],
        ["serve", "--port", "\u0663"],
    ],
)
def test_usage_errors_are_2_and_one_line(capsys: Capture, arguments: list[str]) -> None:
    assert "--help" in refused(capsys, 2, *arguments)


def test_the_customers_question(capsys: Capture) -> None:
    code, out, _ = run(capsys, "question", "signals-of-shift", *ASKED)
    assert code == 0
    assert out.rstrip().endswith("(6 rows)")
    assert "signal:visits-grow-longer" in out
    assert "signal:calm-after-prayer" not in out


def test_a_question_in_other_formats(capsys: Capture) -> None:
    code, out, _ = run(capsys, "question", "signals-of-shift", *ASKED, "--format", "json")
    assert code == 0
    rows = json.loads(out)["rows"]
    _, out, _ = run(capsys, "question", "signals-of-shift", *ASKED, "--format=csv")
    assert [row["signal"] for row in csv.DictReader(io.StringIO(out))] == [
        row["signal"] for row in rows
    ]
    _, out, _ = run(capsys, "question", "signals-of-shift", *ASKED, "--format=sparql-json")
    assert len(json.loads(out)["results"]["bindings"]) == len(rows)


@pytest.mark.parametrize("short", ["md", "ttl", "jsonld", "rdf", "nt", "xml", "tsv"])
def test_a_question_in_formats_for_reading_and_linking(capsys: Capture, short: str) -> None:
    code, out, _ = run(capsys, "question", "signals-of-shift", *ASKED, "--format", short)
    assert code == 0
    assert "visits-grow-longer" in out


def test_a_question_explains_its_parameters(capsys: Capture) -> None:
    code, out, _ = run(capsys, "question", "case-numbers", "--help")
    assert code == 0
    assert "--case: " in out
    assert "or nothing" in out
    assert out.splitlines()[-1].startswith("for example: alliance question case-numbers --case ")
    code, out, _ = run(capsys, "question", "--help")
    assert code == 0
    assert "--format" in out


def test_a_value_may_be_a_label(capsys: Capture) -> None:
    labels = ["--from", "Magical alliance", "--to", "concept:working-alliance"]
    _, by_label, _ = run(capsys, "question", "signals-of-shift", *labels)
    _, by_name, _ = run(capsys, "question", "signals-of-shift", *ASKED)
    assert by_label == by_name


def test_without_a_name_the_questions_are_listed(capsys: Capture) -> None:
    code, out, _ = run(capsys, "question")
    assert code == 0
    assert "signals-of-shift" in out


def test_an_empty_answer_says_so(capsys: Capture) -> None:
    arguments = ["--from", "working-alliance", "--to", "magical-alliance"]
    code, out, _ = run(capsys, "question", "signals-of-shift", *arguments)
    assert code == 0
    assert "Searched" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["question", "signal-of-shift"], "signals-of-shift"),
        (["question", "signals-of-shift"], "is missing"),
        (["question", "signals-of-shift", "--from", "magic", "--to", "x"], "it takes"),
        (["question", "signals-of-shift", "--from"], "needs a value"),
        (["question", "signals-of-shift", "stray"], "--NAME VALUE"),
        (["question", "signals-of-shift", *ASKED, "--to", "x"], "twice"),
        (["question", "--from", "x"], "no question is called 'x'"),
        (["question", "--from=x"], "name the question"),
        (["describe", "magical-aliance"], "magical-alliance"),
        (["describe", "zzzzzz"], "no thing is called"),
    ],
)
def test_what_is_unknown_is_2_with_what_is_known(
    capsys: Capture, arguments: list[str], says: str
) -> None:
    assert says in refused(capsys, 2, *arguments)


def test_describe_for_people_and_for_programs(capsys: Capture) -> None:
    code, out, _ = run(capsys, "describe", "defensive idealisation")
    assert code == 0
    assert out.startswith("# defensive idealization\n")
    assert "asserted; lines" in out
    for short, parser in {"ttl": "turtle", "jsonld": "json-ld", "rdf": "xml", "nt": "nt"}.items():
        code, out, _ = run(capsys, "describe", "concept:world", "--format", short)
        assert code == 0
        assert len(Graph().parse(data=out, format=parser)) > 3


class TestQuery:
    @pytest.fixture
    def ask(self, tmp_path: Path) -> str:
        path = tmp_path / "ask.rq"
        path.write_text("ASK { ?s ?p ?o }")
        return str(path)

    @pytest.fixture
    def graph(self, tmp_path: Path) -> str:
        path = tmp_path / "graph.rq"
        path.write_text("DESCRIBE <https://w3id.org/alliance-atlas/concept/world>")
        return str(path)

    def test_tables(self, capsys: Capture, tmp_path: Path) -> None:
        path = tmp_path / "q.rq"
        path.write_text("SELECT (1 + 1 AS ?two) {}")
        assert run(capsys, "query", str(path))[1] == "two\n---\n2\n(1 row)\n"
        assert run(capsys, "query", str(path), "--format", "csv")[1].split() == ["two", "2"]
        assert json.loads(run(capsys, "query", str(path), "--format", "json")[1])

    def test_truth_values_and_graphs(self, capsys: Capture, ask: str, graph: str) -> None:
        assert run(capsys, "query", ask)[1] == "yes\n"
        out = run(capsys, "query", graph)[1]
        assert len(Graph().parse(data=out, format="turtle")) > 3

    def test_a_format_that_does_not_fit(self, capsys: Capture, ask: str, graph: str) -> None:
        assert "choose" in refused(capsys, 2, "query", graph, "--format", "csv")
        assert "choose" in refused(capsys, 2, "query", ask, "--format", "ttl")

    def test_a_malformed_query_has_file_line_and_column(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        path = tmp_path / "bad.rq"
        path.write_text("SELECT *\nWHERE { ?s ?p }")
        assert f"{path}:2:16: not SPARQL" in refused(capsys, 2, "query", str(path))

    def test_what_cannot_be_read(self, capsys: Capture, tmp_path: Path) -> None:
        assert "cannot be read" in refused(capsys, 2, "query", str(tmp_path / "none.rq"))
        assert "cannot be read" in refused(capsys, 2, "query", str(tmp_path))
        binary = tmp_path / "binary.rq"
        binary.write_bytes(b"\xff\xfe\x00")
        assert "UTF-8" in refused(capsys, 2, "query", str(binary))

    def test_no_query_is_updated_or_calls_another_host(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        path = tmp_path / "q.rq"
        path.write_text("INSERT DATA { <http://a> <http://b> <http://c> }")
        assert "no updates" in refused(capsys, 2, "query", str(path))
        with socket.create_server(("127.0.0.1", 0)) as other:
            other.settimeout(0.2)
            address = f"http://127.0.0.1:{other.getsockname()[1]}/sparql"
            for silent in ("", "SILENT "):
                path.write_text(f"SELECT * {{ SERVICE {silent}<{address}> {{ ?s ?p ?o }} }}")
                assert "SERVICE" in refused(capsys, 3, "query", str(path))
            path.write_text(f"SELECT * FROM <{address}> {{ ?s ?p ?o }}")
            assert run(capsys, "query", str(path))[1].endswith("(0 rows)\n")
            with pytest.raises(TimeoutError):
                other.accept()

    def test_a_query_of_endless_depth_does_not_crash(self, capsys: Capture, tmp_path: Path) -> None:
        path = tmp_path / "deep.rq"
        path.write_text("SELECT * WHERE " + "{" * 40_000 + "}" * 40_000)
        assert f"{path}:1:" in refused(capsys, 2, "query", str(path))

    def test_a_term_that_is_a_triple_is_for_programs(self, capsys: Capture, tmp_path: Path) -> None:
        path = tmp_path / "q.rq"
        path.write_text("SELECT (TRIPLE(<urn:a>, <urn:b>, <urn:c>) AS ?t) {}")
        assert "triple" in refused(capsys, 2, "query", str(path))
        assert json.loads(run(capsys, "query", str(path), "--format", "json")[1])

    def test_an_empty_query_has_a_place(self, capsys: Capture, tmp_path: Path) -> None:
        path = tmp_path / "empty.rq"
        path.write_text("")
        assert f"{path}:1:1: " in refused(capsys, 2, "query", str(path))

    def test_every_format_of_tables_and_graphs(
        self,
        capsys: Capture,
        tmp_path: Path,
        ask: str,
        graph: str,
        release: Release,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("kg.release.open_release", lambda _: release)
        path = tmp_path / "q.rq"
        path.write_text('SELECT ("a,b" AS ?x) {}')
        shown = {"csv": '"a,b"', "tsv": '"a,b"', "json": '"a,b"', "xml": "<literal>a,b</literal>"}
        for name, text in shown.items():
            code, out, _ = run(capsys, "query", str(path), "--format", name)
            assert (code, text in out) == (0, True), out
        assert json.loads(run(capsys, "query", ask, "--format", "json")[1])["boolean"] is True
        parsers = {"ttl": "turtle", "jsonld": "json-ld", "rdf": "xml", "nt": "nt"}
        sizes = {
            len(Graph().parse(data=run(capsys, "query", graph, "--format", name)[1], format=parser))
            for name, parser in parsers.items()
        }
        assert len(sizes) == 1
        assert sizes.pop() > 3

    def test_standard_input(self) -> None:
        got = alliance("query", "-", "--format", "csv", stdin="SELECT (2 AS ?x) {}")
        assert (got.returncode, got.stdout.split()) == (0, ["x", "2"])


class TestValidate:
    def test_conforms_is_0_violates_is_1(self, capsys: Capture) -> None:
        assert run(capsys, "validate", VALID)[0] == 0
        code, out, _ = run(capsys, "validate", INVALID)
        assert code == 1
        assert "R12" in out
        assert f"{INVALID}:" in out

    def test_several_files(self, capsys: Capture) -> None:
        code, out, _ = run(capsys, "validate", VALID, INVALID, "--format", "json")
        assert code == 1
        verdicts = [item["verdict"] for item in json.loads(out)["items"]]
        assert verdicts == ["conforms", "violates"]

    def test_the_report_as_shacl(self, capsys: Capture) -> None:
        out = run(capsys, "validate", INVALID, "--format", "ttl")[1]
        assert "sh:ValidationResult" in out
        assert len(Graph().parse(data=out, format="turtle")) > 5

    @pytest.mark.parametrize(
        ("name", "content", "says"),
        [
            ("empty.ttl", b"", "empty"),
            ("broken.ttl", b"<a> a <b> ;;;\n<c", ":2:"),
            ("binary.ttl", b"\x00\x01\x02\xff", ""),
            ("case.docx", b"PK", ".ttl"),
            ("case", b"<a> a <b> .", ".ttl"),
            ("json.ttl", b'{"@context": {}}', ""),
            ("case.jsonld", b"<a> a <b> .", ""),
        ],
    )
    def test_what_is_no_case_is_2(
        self, capsys: Capture, tmp_path: Path, name: str, content: bytes, says: str
    ) -> None:
        path = tmp_path / name
        path.write_bytes(content)
        err = refused(capsys, 2, "validate", str(path))
        assert str(path) in err
        assert says in err

    def test_a_fault_in_turtle_has_line_and_column(self, capsys: Capture, tmp_path: Path) -> None:
        path = tmp_path / "broken.ttl"
        path.write_text("@prefix a: <http://a/> .\na:b a:c a:d .\na:b a:c !a:d .\n")
        assert f"{path}:3:9: " in refused(capsys, 2, "validate", str(path))

    def test_what_cannot_be_read_is_2(self, capsys: Capture, tmp_path: Path) -> None:
        assert "cannot be read" in refused(capsys, 2, "validate", str(tmp_path / "none.ttl"))
        (tmp_path / "folder.ttl").mkdir()
        assert "has no file" in refused(capsys, 2, "validate", str(tmp_path / "folder.ttl"))
        assert "nonsense" in refused(capsys, 2, "validate", VALID, "--type", "nonsense")

    def test_strict_binds_what_the_theory_hedges(self, capsys: Capture) -> None:
        """No verdict is milder for it."""
        plain, strict = (
            json.loads(run(capsys, "validate", INVALID, "--format", "json", *more)[1])
            for more in ([], ["--strict"])
        )
        assert plain["verdict"] == strict["verdict"] == "violates"
        assert len(strict["findings"]) >= len(plain["findings"]) > 0

    def test_a_hundred_megabytes_are_refused_at_once(self, capsys: Capture, tmp_path: Path) -> None:
        path = tmp_path / "large.ttl"
        with path.open("wb") as file:
            file.truncate(100 * 1024 * 1024)
        assert "bytes" in refused(capsys, 2, "validate", str(path))

    def test_standard_input_needs_a_type(self) -> None:
        text = Path(VALID).read_text()
        assert alliance("validate", "-", "--type", "text/turtle", stdin=text).returncode == 0
        assert alliance("validate", "-", stdin=text).returncode == 2


def test_verify_passages(capsys: Capture, paper: Path, tmp_path: Path) -> None:
    code, out, _ = run(capsys, "verify-passages", str(paper))
    assert code == 0
    assert "495 of the 495" in out
    copy = tmp_path / "paper.txt"
    lines = paper.read_text(encoding="utf-8").splitlines()
    lines[89] = "something else"
    copy.write_text("\n".join(lines), encoding="utf-8")
    code, out, _ = run(capsys, "verify-passages", str(copy))
    assert code == 1
    assert "passage 90:" in out
    refused(capsys, 2, "verify-passages", str(tmp_path / "none.txt"))


def test_build_if_changed_does_nothing_when_nothing_has(capsys: Capture) -> None:
    assert run(capsys, "build", "--if-changed") == (0, "", "")


@pytest.mark.parametrize("state", ["of other sources", "none"])
def test_build_if_changed_builds_when_something_has(
    capsys: Capture,
    tmp_path: Path,
    release: Release,
    monkeypatch: pytest.MonkeyPatch,
    state: str,
) -> None:
    if state != "none":
        write_manifest(tmp_path, replace(release.manifest, sources="0" * 64))
    built: list[Path] = []

    def build(out: Path, **_: object) -> Manifest:
        built.append(out)
        return release.manifest

    monkeypatch.setattr("kg.build.build", build)
    code, out, _ = run(capsys, "build", "--if-changed", "--out", str(tmp_path))
    assert (code, built) == (0, [tmp_path])
    assert release.manifest.digest[:12] in out


def test_a_server_is_for_this_machine_only_unless_told(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, object]] = []

    def serve(**options: object) -> int:
        asked.append(options)
        return 0

    monkeypatch.setattr("api.serve.serve", serve)
    assert run(capsys, "serve")[0] == 0
    more = ["--host", "0.0.0.0", "--port", "0", "--store", str(tmp_path)]
    assert run(capsys, "serve", *more)[0] == 0
    assert [(o["host"], o["port"], o["store"]) for o in asked] == [
        ("127.0.0.1", 8000, None),
        ("0.0.0.0", 0, str(tmp_path)),
    ]


class TestCheck:
    """What the reasoner itself concludes is tested with the ontology; here it says what is kept."""

    @pytest.fixture(autouse=True)
    def _reasoned(self, monkeypatch: pytest.MonkeyPatch) -> None:
        _, kept = reasoning.read_inferred(ontology_dir() / "inferred.nt")
        monkeypatch.setattr(reasoning, "classify", lambda _: kept)

    @pytest.mark.slow
    def test_nothing_is_found(self, capsys: Capture) -> None:
        code, out, err = run(capsys, "check")
        assert code == 0, err
        assert "no problem" in out

    def test_conclusions_that_do_not_fit_are_found(
        self, capsys: Capture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reasoning, "classify", lambda _: [])
        monkeypatch.setattr(reasoning, "check_profile", lambda _: ["a violation"])
        monkeypatch.setattr("kg.cli._check_cases", list)
        code, out, err = run(capsys, "check")
        assert (code, out) == (1, "")
        assert err.splitlines() == [
            "a violation [owl-2-dl]",
            "ontology/inferred.nt does not fit the modules; run 'alliance build' [inferred]",
            "alliance: 2 problem(s) in the ontology",
        ]

    def test_a_case_that_does_not_conform_is_found(
        self, capsys: Capture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("kg.cli._check_cases", lambda: ["case.ttl: mend it [R01]"])
        code, out, err = run(capsys, "check", "--no-reasoner")
        assert (code, out) == (1, "")
        assert err.startswith("case.ttl: mend it [R01]\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["question"],
        ["question", "signals-of-shift", *ASKED],
        ["describe", "world"],
        ["query", "{query}"],
    ],
    ids=" ".join,
)
def test_no_command_works_without_a_release(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    query = tmp_path / "q.rq"
    query.write_text("ASK {}")
    monkeypatch.setattr("kg.release.release_dir", lambda: tmp_path / "none")
    words = [str(query) if word == "{query}" else word for word in arguments]
    assert "run 'alliance build'" in refused(capsys, 3, *words)


def test_a_damaged_release_is_3(
    capsys: Capture, tmp_path: Path, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.release.release_dir", lambda: tmp_path)
    shutil.copy(release.folder / "manifest.json", tmp_path)
    assert "cannot be read" in refused(capsys, 3, "question")
    (tmp_path / "release.nq").write_text("no quads")
    assert "cannot be read" in refused(capsys, 3, "question")
    (tmp_path / "release.nq").write_text("")
    (tmp_path / "questions.json").write_text("[{}]")
    assert "damaged" in refused(capsys, 3, "question")


class TestBuild:
    def test_where_it_may_not_write(self, capsys: Capture, tmp_path: Path) -> None:
        (tmp_path / "precious.txt").write_text("mine")
        assert "no release" in refused(capsys, 2, "build", "--out", str(tmp_path))
        file = str(tmp_path / "precious.txt")
        assert "no folder" in refused(capsys, 2, "build", "--out", file)
        assert (tmp_path / "precious.txt").read_text() == "mine"

    def test_a_copy_of_the_paper_that_is_none(self, capsys: Capture, tmp_path: Path) -> None:
        short = tmp_path / "short.txt"
        short.write_text("one line\n")
        for command in ("build", "check"):
            assert "521" in refused(capsys, 2, command, "--paper", str(short))
            assert "none.txt" in refused(capsys, 2, command, "--paper", str(tmp_path / "none.txt"))

    def test_problems_are_listed_and_counted(
        self, capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        found = [Problem("a-check", "aa:X", "is wrong"), Problem("a-check", "aa:Y", "is wrong")]
        monkeypatch.setattr("kg.build.check", lambda _: found)
        code, out, err = run(capsys, "build", "--out", str(tmp_path / "release"))
        assert (code, out) == (1, "")
        assert err.splitlines() == [
            "aa:X: is wrong [a-check]",
            "aa:Y: is wrong [a-check]",
            "alliance: 2 problem(s) in the ontology",
        ]
        assert not (tmp_path / "release").exists()

    def test_without_the_reasoner_one_is_told_how_to_get_it(
        self, capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr("kg.build.reasoning.read_inferred", lambda _: ("", []))
        monkeypatch.setitem(sys.modules, "owlready2", None)
        err = refused(capsys, 3, "build", "--out", str(tmp_path / "release"))
        assert "pip install 'alliance-atlas[reason]'" in err


class TestCheckOfFaultyModules:
    def test_a_module_that_is_no_turtle_is_2_with_its_place(
        self, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "claims" / "broken.ttl"
        path.parent.mkdir()
        path.write_text("@prefix a: <http://a/> .\na:b a:c a:d .\na:b a:c !a:d .\n")
        monkeypatch.setattr("kg.cli.ontology_dir", lambda: tmp_path)
        assert f"{path}:3:9: not Turtle" in refused(capsys, 2, "check")

    def test_a_folder_without_modules_is_2(
        self, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("kg.cli.ontology_dir", lambda: tmp_path)
        assert "no Turtle file" in refused(capsys, 2, "check")

    def test_problems_are_1_and_the_reasoner_is_not_troubled_with_them(
        self, capsys: Capture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("kg.checks.check", lambda _: [Problem("a-check", "aa:X", "is wrong")])
        monkeypatch.setattr("kg.cli._check_cases", lambda: ["case.ttl: say who [R12]"])
        monkeypatch.setitem(sys.modules, "owlready2", None)
        code, out, err = run(capsys, "check")
        assert (code, out) == (1, "")
        assert err.splitlines() == [
            "aa:X: is wrong [a-check]",
            "case.ttl: say who [R12]",
            "alliance: 2 problem(s) in the ontology",
        ]

    def test_without_the_reasoner_what_is_left_is_checked(
        self, capsys: Capture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("kg.checks.check", lambda _: [])
        monkeypatch.setattr("kg.cli._check_cases", list)
        monkeypatch.setitem(sys.modules, "owlready2", None)
        monkeypatch.setitem(sys.modules, "pyhornedowl", None)
        code, out, err = run(capsys, "check", "--no-reasoner")
        assert code == 0, err
        assert "no problem" in out
        assert "pip install" in refused(capsys, 3, "check")

    def test_a_case_of_the_paper_that_breaks_a_rule_is_told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The paper's own cases meet the rules that everybody else's have to meet."""
        (tmp_path / "cases").mkdir()
        shutil.copy(INVALID, tmp_path / "cases" / "broken.ttl")
        text = (tmp_path / "cases" / "broken.ttl").read_text(encoding="utf-8")
        assert " a aa:Case " in text
        monkeypatch.setattr("kg.cli.ontology_dir", lambda: tmp_path)
        (problem, *_) = _check_cases()
        assert problem.startswith(str(tmp_path / "cases" / "broken.ttl"))
        assert "[R12]" in problem


def test_without_a_release_it_is_3(capsys: Capture, tmp_path: Path) -> None:
    err = refused(capsys, 3, "serve", "--store", str(tmp_path))
    assert "alliance build" in err


def test_a_port_that_is_taken_is_3(capsys: Capture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"127.0.0.1:{port}" in refused(capsys, 3, "serve", "--port", str(port))


@pytest.mark.parametrize(
    "arguments",
    ["question", "describe magical-alliance", "describe magical-alliance --format nt", "--help"],
)
def test_a_closed_pipe_is_no_error(tmp_path: Path, arguments: str) -> None:
    head = shutil.which("head")
    assert head
    status = tmp_path / "status"
    command = f"{{ '{sys.executable}' -m kg {arguments}; echo $? > {status}; }} | {head} -c 1"
    got = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert got.stderr == ""
    assert status.read_text().strip() == "0"


def alliance(
    *arguments: str, stdin: str = "", cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kg", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=cwd or ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_it_runs_from_anywhere(tmp_path: Path) -> None:
    got = alliance("question", "signals-of-shift", *ASKED, cwd=tmp_path)
    assert got.returncode == 0, got.stderr
    assert "(6 rows)" in got.stdout
