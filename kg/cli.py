"""The command ``alliance``.

Exit codes: 0 done or conforms, 1 does not conform or check failed, 2 usage or unreadable input,
3 store or limit.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from kg import __version__
from kg.errors import AtlasError, CheckError, InputError, NotFoundError, StoreError
from kg.resources import ontology_dir, release_dir, shapes_dir

if TYPE_CHECKING:
    from kg.ask import Choice
    from kg.batch import Checked
    from kg.questions import Question

__all__ = ["main"]

DONE, FAILED, USAGE, STORE = 0, 1, 2, 3

#: Where a copy of the paper may stand beside a checkout; the project holds none.
PAPER = Path("../shared/source/paper.txt")

_QUERY_FORMATS = {
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
}
_GRAPH_FORMATS = {
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "rdf": "application/rdf+xml",
    "nt": "application/n-triples",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with some arguments, by default the process's own, and give its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if rest and options.run is not _question:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    options.rest = rest
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except CheckError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return _fail(str(error), FAILED)
    except (InputError, NotFoundError) as error:
        return _fail(str(error), USAGE)
    except StoreError as error:
        return _fail(str(error), STORE)
    except AtlasError as error:
        return _fail(str(error), FAILED)
    except BrokenPipeError:
        # whoever read the output has seen enough; do not let the interpreter's last flush complain
        sys.stdout = open("/dev/null", "w")  # noqa: SIM115, PTH123
        return DONE
    except KeyboardInterrupt:
        return 130
    return code


def _fail(message: str, code: int) -> int:
    print(f"alliance: {' '.join(message.split())}", file=sys.stderr)
    return code


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as everything else here does."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message}; see '{self.prog} --help'\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="alliance",
        allow_abbrev=False,
        description="A knowledge graph of psychotherapeutic alliances, to ask and validate by.",
    )
    parser.add_argument("--version", action="version", version=f"alliance-atlas {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)

    def command(
        name: str,
        run: Callable[[argparse.Namespace], int],
        summary: str,
        *,
        add_help: bool = True,
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(
            name, help=summary, description=summary, allow_abbrev=False, add_help=add_help
        )
        sub.set_defaults(run=run)
        return sub

    serve = command("serve", _serve, "serve pages, answers and the validator over HTTP")
    serve.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)"
    )
    serve.add_argument(
        "--port", type=_port, default=8000, help="port to listen on (default: %(default)s)"
    )
    serve.add_argument(
        "--store",
        metavar="PATH|URL",
        help="a release folder instead of the one that comes along, or the SPARQL endpoint of an "
        "engine to which it was published",
    )
    serve.add_argument(
        "--workers",
        type=_count,
        metavar="N",
        help="processes that answer queries from outside (default: ALLIANCE_WORKERS or 2)",
    )
    serve.add_argument(
        "--allow-service",
        action="append",
        default=[],
        metavar="HOST",
        help="a host, with its port if need be, that queries may call by SERVICE (default: none)",
    )

    publish = command("publish", _publish, "bring the release to another engine, or onto disk")
    publish.add_argument(
        "--store",
        required=True,
        metavar="PATH|URL",
        help="the SPARQL endpoint of the engine, or a folder for a release with a store on disk",
    )
    publish.add_argument(
        "--update", metavar="URL", help="where the engine takes updates, if that is not plain"
    )

    build = command("build", _build, "merge, check, reason and write a release")
    build.add_argument(
        "--out", type=Path, default=None, metavar="DIR", help="where to (default: dist/release)"
    )
    build.add_argument(
        "--paper",
        type=Path,
        metavar="FILE",
        help="a copy of the paper to check the passages against",
    )
    build.add_argument(
        "--if-changed", action="store_true", help="do nothing if the release fits the sources"
    )
    build.add_argument(
        "--site",
        type=Path,
        metavar="DIR",
        help="also write the whole site as files, for any web server or none",
    )

    check = command("check", _check, "check the ontology; exit 1 on any error")
    check.add_argument(
        "--paper",
        type=Path,
        metavar="FILE",
        help="a copy of the paper to check the passages against",
    )
    check.add_argument(
        "--no-reasoner", action="store_true", help="leave out what needs the reasoner"
    )

    query = command(
        "query", _query, "answer a SPARQL query from a file, or from standard input (-)"
    )
    query.add_argument("file", metavar="FILE|-")
    query.add_argument(
        "--format", choices=["table", *_QUERY_FORMATS, *_GRAPH_FORMATS], default="table"
    )
    query.add_argument("--store", type=Path, metavar="PATH", help=argparse.SUPPRESS)

    question = command(
        "question",
        _question,
        "answer a named question; without a name, list them",
        add_help=False,  # with a name, it is the question that is explained
    )
    question.add_argument("name", nargs="?", metavar="ID")
    question.add_argument(
        "--format",
        choices=["table", "csv", "tsv", "json", "sparql-json", "xml", "md", *_GRAPH_FORMATS],
        default="table",
    )
    question.add_argument(
        "-h", "--help", action="store_true", help="show this, or with ID what its parameters take"
    )
    question.epilog = "A question's parameters are options of their own: --from magical-alliance"
    question.set_defaults(parser=question)

    ask = command(
        "ask", _ask, "answer a question in plain English; exit 1 if it has no sure answer"
    )
    ask.add_argument("text", nargs="+", metavar="WORD", help="the question; - is standard input")
    ask.add_argument("--format", choices=["table", "json"], default="table")

    describe = command(
        "describe", _describe, "say what is known of a thing, by name, short form or IRI"
    )
    describe.add_argument("name", metavar="NAME|IRI")
    describe.add_argument("--format", choices=["md", *_GRAPH_FORMATS], default="md")

    validate = command(
        "validate", _validate, "validate annotated cases; exit 1 if one does not conform"
    )
    validate.add_argument(
        "files", nargs="+", metavar="FILE", help="files, or folders of them; - is standard input"
    )
    validate.add_argument(
        "--strict", action="store_true", help="treat the rules that the theory hedges as binding"
    )
    validate.add_argument(
        "--format",
        choices=["text", "json", "ndjson", "ttl", "csv", "sarif", "junit"],
        default=None,
        help="(default: text)",
    )
    validate.add_argument(
        "--resume",
        type=Path,
        metavar="FILE",
        help="add the reports to FILE, an object a line; files whose report is there are left out",
    )
    validate.add_argument(
        "--jobs", type=_count, default=1, metavar="N", help="processes that share the work"
    )
    validate.add_argument(
        "--no-quotes",
        action="store_true",
        help="leave out of the report what was said or written in the case",
    )
    validate.add_argument(
        "--type",
        metavar="MEDIA-TYPE",
        help="the media type, for standard input (-) or an unusual suffix",
    )
    verify = command(
        "verify-passages", _verify_passages, "check a copy of the paper against the passages"
    )
    verify.add_argument("paper", type=Path, metavar="PAPER.TXT")
    return parser


def _count(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError(f"'{text}' is no number from 1 to 64")
    return int(text)


def _port(text: str) -> int:
    """Read a port; 0 takes one that is free."""
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"'{text[:20]}' is no port; right is 0 to 65535")
    return int(text)


def _serve(options: argparse.Namespace) -> int:
    from api.serve import serve

    return serve(
        host=options.host,
        port=options.port,
        store=options.store,
        workers=options.workers,
        services=options.allow_service,
    )


def _publish(options: argparse.Namespace) -> int:
    from kg.publish import publish

    done = publish(release_dir(), options.store, update=options.update, progress=_progress)
    print(f"{options.store}: {'the release is there' if done else 'has the release already'}")
    return DONE


def _build(options: argparse.Namespace) -> int:
    from kg.build import build
    from kg.manifest import read_manifest, sources_digest

    out = options.out or release_dir()
    fits = False
    if options.if_changed:
        with suppress(StoreError):
            fits = read_manifest(out).sources == sources_digest()
    if not fits:
        manifest = build(out, paper=_paper(options.paper), progress=_progress)
        print(
            f"{out}: version {manifest.version}, {manifest.triples} triples, "
            f"digest {manifest.digest[:12]}"
        )
    if options.site:
        from api.site import export_site

        exported = export_site(options.site, release=out, progress=_progress)
        print(f"{options.site}: {exported.files} files, {exported.bytes / 2**20:.0f} MiB")
    return DONE


def _check(options: argparse.Namespace) -> int:
    from kg import reasoning
    from kg.build import REASONED
    from kg.checks import check, gather
    from kg.loader import load_all, merge
    from kg.passages import read_paper

    paper = _paper(options.paper)
    lines = read_paper(paper) if paper else None
    modules = load_all(ontology_dir(), shapes_dir())
    problems = [str(problem) for problem in check(gather(modules, paper=lines))]
    problems += _check_cases()
    if not options.no_reasoner and not problems:
        logical = reasoning.logical_part(merge(m.graph for m in modules if m.layer in REASONED))
        _progress("checking the OWL 2 DL profile")
        problems += [f"{violation} [owl-2-dl]" for violation in reasoning.check_profile(logical)]
        _progress("reasoning")
        digest, kept = reasoning.read_inferred(ontology_dir() / "inferred.nt")
        if digest != reasoning.digest_of(logical) or kept != reasoning.classify(logical):
            problems.append(
                "ontology/inferred.nt does not fit the modules; run 'alliance build' [inferred]"
            )
    if problems:
        raise CheckError(problems)
    against = f"against {paper}" if paper else "without a copy of the paper"
    print(f"{len(modules)} modules, no problem; passages checked {against}")
    return DONE


def _check_cases() -> list[str]:
    """Validate the paper's own cases by the shapes that everybody else's have to meet."""
    from kg.validation import validate_case

    found = []
    for path in sorted((ontology_dir() / "cases").glob("*.ttl")):
        data = path.read_bytes()
        if b" a aa:Case " in data:
            report = validate_case(data, media_type="text/turtle", source=str(path))
            found += [
                f"{path}: {finding.message} [{finding.rule}]"
                for finding in report.findings
                if not report.conforms
            ]
    return found


def _query(options: argparse.Namespace) -> int:
    from kg.query_guard import Limits, check_query
    from kg.release import open_release
    from kg.table import render_table

    text = _read_text(options.file)
    store = open_release(options.store).store
    results = _QUERY_FORMATS.get(options.format, "application/sparql-results+json")
    graph = _GRAPH_FORMATS.get(options.format, "text/turtle")
    try:
        # the engine would call other hosts if a query asked for it, and crash on a very deep one
        check_query(text, limits=Limits())
        answer = store.answer(text, results=results, graph=graph)
        if answer.form == "solutions" and options.format == "table":
            sys.stdout.write(render_table(store.select(text)))
            return DONE
    except InputError as error:
        raise InputError(
            error.message, source=options.file, line=error.line, column=error.column
        ) from error
    if answer.form == "graph" and options.format in _QUERY_FORMATS:
        raise InputError(
            f"this query gives a graph; choose one of {', '.join(_GRAPH_FORMATS)}",
            source=options.file,
        )
    if answer.form != "graph" and options.format in _GRAPH_FORMATS:
        raise InputError(
            f"this query gives no graph; choose table or one of {', '.join(_QUERY_FORMATS)}",
            source=options.file,
        )
    if answer.form == "boolean" and options.format == "table":
        print("yes" if json.loads(answer.body)["boolean"] else "no")
        return DONE
    _write(answer.body)
    return DONE


def _question(options: argparse.Namespace) -> int:
    from kg.answers import answer_as_graph, answer_as_markdown
    from kg.model import Literal as Text
    from kg.model import Solutions
    from kg.questions import answer_question, get_question
    from kg.release import open_release
    from kg.table import render_table, write_csv

    if options.name is None and options.help:
        options.parser.print_help()
        return DONE
    release = open_release()
    if options.name is None:
        if options.rest:
            raise InputError("name the question before its parameters")
        rows = tuple((Text(q.name), Text(q.title)) for q in release.questions.values())
        sys.stdout.write(render_table(Solutions(("question", "title"), rows)))
        return DONE
    question = get_question(release.questions, options.name)
    if options.help:
        sys.stdout.write(_explain(question))
        return DONE
    answer = answer_question(release.store, question, _parameters(options.rest))
    manifest = release.manifest
    if options.format == "json":
        print(json.dumps(answer.to_json(manifest=manifest), indent=2, ensure_ascii=False))
    elif options.format in {"csv", "tsv"}:
        sys.stdout.write(
            write_csv(answer.solutions, delimiter="," if options.format == "csv" else "\t")
        )
    elif options.format == "table":
        sys.stdout.write(render_table(answer.solutions))
        if answer.note:
            print(answer.note)
    elif options.format == "md":
        sys.stdout.write(answer_as_markdown(answer, catalog=release.catalog, manifest=manifest))
    elif options.format in _GRAPH_FORMATS:
        media_type = _GRAPH_FORMATS[options.format]
        _write(
            answer_as_graph(answer, store=release.store, manifest=manifest, media_type=media_type)
        )
    else:
        media_type = _QUERY_FORMATS["json" if options.format == "sparql-json" else "xml"]
        _write(release.store.answer(answer.sparql, results=media_type, graph="text/turtle").body)
    return DONE


def _ask(options: argparse.Namespace) -> int:
    from kg.ask import ANSWERED, NONE, Asker
    from kg.questions import answer_question
    from kg.release import open_release
    from kg.table import render_table

    text = _read_text("-") if options.text == ["-"] else " ".join(options.text)
    release = open_release()
    reading = Asker(release.folder, release.questions, release.catalog).read(text)
    answer = None
    if reading.status == ANSWERED:
        best = reading.choices[0]
        answer = answer_question(release.store, release.questions[best.question], best.parameters)
    if options.format == "json":
        found = answer.to_json(manifest=release.manifest) if answer else None
        print(json.dumps(reading.to_json(found), indent=2, ensure_ascii=False))
    elif answer:
        best = reading.choices[0]
        print(f"{best.title}\n{_as_command(best)} ({reading.confidence:.0%} sure)\n")
        sys.stdout.write(render_table(answer.solutions))
        if answer.note:
            print(answer.note)
    else:
        print(reading.note)
        if reading.choices:
            near = reading.status == NONE
            print("The nearest it can answer:" if near else "Do you mean one of these?")
        for choice in reading.choices:
            print(f"  {choice.title}\n    {_as_command(choice)}")
    return DONE if answer else FAILED


def _as_command(choice: Choice) -> str:
    """Write the command that answers a question that may be meant."""
    given = [f"--{name} {value}" for name, value in choice.parameters.items()]
    lacking = [f"--{name} ..." for name in choice.missing]
    return " ".join(["alliance question", choice.question, *given, *lacking])


def _explain(question: Question) -> str:
    """Tell what a question is good for, and what its parameters take."""
    lines = [question.title, question.why, ""]
    for parameter in question.parameters:
        left_out = ", or nothing" if parameter.optional else ""
        lines.append(f"--{parameter.name}: {parameter.label}; takes {parameter.takes}{left_out}")
    given = " ".join(f"--{name} {value}" for name, value in question.example.items())
    lines.append(f"for example: alliance question {question.name} {given}".rstrip())
    return "\n".join(lines) + "\n"


def _parameters(rest: Sequence[str]) -> dict[str, str]:
    """Read ``--name value`` and ``--name=value``."""
    found: dict[str, str] = {}
    words = iter(rest)
    for word in words:
        if not word.startswith("--") or word == "--":
            raise InputError(f"'{word}' is no parameter; write --NAME VALUE")
        name, equals, value = word[2:].partition("=")
        if not equals:
            value = next(words, "")
            if not value:
                raise InputError(f"--{name} needs a value")
        if name in found:
            raise InputError(f"--{name} is given twice")
        found[name] = value
    return found


def _describe(options: argparse.Namespace) -> int:
    from kg.dossier import compile_dossier, to_markdown
    from kg.entries import describe
    from kg.release import open_release

    release = open_release()
    entry = release.catalog.resolve(options.name)
    if options.format == "md":
        sys.stdout.write(to_markdown(compile_dossier(release.store, release.catalog, entry)))
    else:
        _write(describe(release.store, entry.iri, media_type=_GRAPH_FORMATS[options.format]))
    return DONE


def _validate(options: argparse.Namespace) -> int:
    from kg.batch import Checked, Earlier, find_cases, resume, validate_files
    from kg.report_formats import without_quotes
    from kg.validation import validate_case

    names = list(find_cases(options.files))
    many = len(names) > 1
    earlier = Earlier((), False)
    if options.resume:
        if "-" in names or options.format not in (None, "ndjson"):
            raise InputError("--resume is for files, and writes one JSON object a line (ndjson)")
        earlier = resume(options.resume, strict=options.strict)
        names = [name for name in names if name not in earlier.done]
    if "-" in names:
        if many:
            raise InputError("give '-' (standard input) by itself, without other files")
        if not options.type:
            raise InputError("tell the media type by --type", source="-")
        report = validate_case(
            _read_bytes("-"), media_type=options.type, source="-", strict=options.strict
        )
        checked: Iterable[Checked] = [Checked("-", report)]
    else:
        checked = validate_files(
            names, strict=options.strict, media_type=options.type, jobs=options.jobs
        )
    if options.no_quotes:
        checked = (
            replace(one, report=one.report and without_quotes(one.report)) for one in checked
        )
    if many:
        checked = _counted(checked, len(names), before=len(earlier.done))
    if options.resume:
        with options.resume.open("a", encoding="utf-8") as out, redirect_stdout(out):
            failed, unread = _write_reports(checked, "ndjson", many=many)
    else:
        failed, unread = _write_reports(checked, options.format or "text", many=many)
    for line in unread:
        print(f"alliance: {line}", file=sys.stderr)
    return USAGE if unread else FAILED if failed or earlier.failed else DONE


def _counted(checked: Iterable[Checked], total: int, *, before: int) -> Iterator[Checked]:
    """Count on a terminal how far it is, in one line that is overwritten.

    :param before: how many an earlier run has done.
    """
    shown = sys.stderr.isatty()
    start = time.monotonic()
    for number, one in enumerate(checked, 1):
        yield one
        if shown:
            left = (time.monotonic() - start) / number * (total - number)
            end = "\n" if number == total else "\r"
            told = f"{before + number} of {before + total} files, {left:.0f} s left"
            print(f"{told:<60}", end=end, file=sys.stderr, flush=True)


def _write_reports(checked: Iterable[Checked], form: str, *, many: bool) -> tuple[bool, list[str]]:
    """Write reports; tell whether one does not conform, and what could not be read.

    Text, Turtle and one JSON object a line are written as they come; the other forms are one
    document and so are kept until the end.
    """
    from kg import report_formats

    failed, unread, reports, errors = False, [], [], {}
    for one in checked:
        report = one.report
        if report is None:
            unread.append(one.error)
            errors[one.source] = one.error
            continue
        failed = failed or not report.conforms
        if form == "text":
            colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
            sys.stdout.write(report.to_text(colours=colours))
        elif form == "ttl":
            _write(report.to_graph("text/turtle"))
        elif form == "ndjson":
            # whole lines only, also when it is interrupted
            sys.stdout.write(json.dumps(report.to_dict(), ensure_ascii=False) + "\n")
            sys.stdout.flush()
        else:
            reports.append(report)
    match form:
        case "json" if many:
            sys.stdout.write(report_formats.to_json(reports))
        case "json":
            for report in reports:
                sys.stdout.write(report.to_json())
        case "csv":
            sys.stdout.write(report_formats.to_csv(reports))
        case "junit":
            sys.stdout.write(report_formats.to_junit(reports))
        case "sarif":
            log = report_formats.to_sarif(reports, errors=errors)
            print(json.dumps(log, indent=2, ensure_ascii=False))
    return failed, unread


def _verify_passages(options: argparse.Namespace) -> int:
    from kg.coverage import BODY, compare, cover, uncovered
    from kg.passages import read_paper
    from kg.release import open_release

    paper = read_paper(options.paper)
    store = open_release().store
    count, wrong = compare(store, paper)
    lines = cover(store)
    bare = uncovered(lines)
    for name in wrong:
        print(f"passage {name}: the words are not those that the graph rests on")
    print(f"passages: {count - len(wrong)} of {count} fit this copy")
    print(f"lines: something rests on {BODY - len(bare)} of the {BODY} of the body")
    if bare:
        print(f"nothing rests on: {', '.join(map(str, bare))}")
    return FAILED if wrong or bare else DONE


def _paper(given: Path | None) -> Path | None:
    """Give the copy of the paper to check against: the one named, else one beside the checkout."""
    if given:
        return given
    beside = ontology_dir().parent / PAPER
    return beside if beside.is_file() else None


def _read_bytes(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", source=name) from error


def _read_text(name: str) -> str:
    try:
        return _read_bytes(name).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text", source=name) from error


def _write(body: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(body if body.endswith(b"\n") else body + b"\n")
    sys.stdout.buffer.flush()


def _progress(step: str) -> None:
    if sys.stderr.isatty():
        print(f"{step} ...", file=sys.stderr)
