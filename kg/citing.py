"""How to cite a thing of a release: as a sentence, and for the programs that keep references.

Writing these formats takes a few lines each, and the libraries for them are made for reading.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from kg.entries import Entry
from kg.manifest import Manifest

__all__ = ["CITATION_TYPES", "cite", "write_citation"]

#: The formats of a citation: short names by media type, as the agencies for DOIs have them.
CITATION_TYPES: Mapping[str, str] = {
    "application/x-bibtex": "bib",
    "application/x-research-info-systems": "ris",
    "application/vnd.citationstyles.csl+json": "csl",
}

_AUTHOR = "Alliance Atlas contributors"
_WHOLE = "Alliance Atlas"
#: What TeX would read as a command, and how it is written as a sign.
_TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{sign: f"\\{sign}" for sign in "$&%#_"},
    }
)


def cite(entry: Entry, manifest: Manifest) -> str:
    """Say in a sentence which thing of which release is meant; it stays the same."""
    return (
        f"{_AUTHOR} ({manifest.date[:4]}). “{_title(entry)}”. {_WHOLE}, version "
        f"{manifest.version} of {manifest.date}, release {manifest.digest[:12]}. {entry.iri}"
    )


def write_citation(entry: Entry, manifest: Manifest, *, media_type: str) -> bytes:
    """Write a citation of a thing.

    :param media_type: one of :data:`CITATION_TYPES`.
    """
    write: Callable[[Entry, Manifest], str] = {
        "bib": _as_bibtex,
        "ris": _as_ris,
        "csl": _as_csl,
    }[CITATION_TYPES[media_type]]
    return write(entry, manifest).encode()


def _title(entry: Entry) -> str:
    # a label may be a whole sentence, whose full stop is not one of the reference
    return " ".join(entry.label.split()).removesuffix(".")


def _key(entry: Entry) -> str:
    return re.sub(r"[^a-z0-9]+", "-", f"alliance-atlas-{entry.kind}-{entry.name}".lower())


def _edition(manifest: Manifest) -> str:
    return f"version {manifest.version}, release {manifest.digest[:12]}"


def _as_bibtex(entry: Entry, manifest: Manifest) -> str:
    fields = {
        "author": f"{{{_AUTHOR}}}",
        # twice braced, so that no style changes its capitals
        "title": f"{{{_title(entry).translate(_TEX)}}}",
        "howpublished": _WHOLE,
        "note": _edition(manifest),
        "year": manifest.date[:4],
        "date": manifest.date,
        "url": re.sub(r"[{}\\%\s]", "", entry.iri),
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{{_key(entry)},\n{lines}\n}}\n"


def _as_ris(entry: Entry, manifest: Manifest) -> str:
    fields = [
        ("TY", "ENCYC"),
        ("AU", _AUTHOR),
        ("TI", _title(entry)),
        ("T2", _WHOLE),
        ("ET", _edition(manifest)),
        ("PY", manifest.date[:4]),
        ("DA", manifest.date.replace("-", "/")),
        ("UR", entry.iri),
        ("ID", _key(entry)),
        ("ER", ""),
    ]
    return "".join(f"{name}  - {value}\r\n" for name, value in fields)


def _as_csl(entry: Entry, manifest: Manifest) -> str:
    item = {
        "id": _key(entry),
        "type": "entry-encyclopedia",
        "author": [{"literal": _AUTHOR}],
        "title": _title(entry),
        "container-title": _WHOLE,
        "version": manifest.version,
        "note": f"release {manifest.digest[:12]}",
        "issued": {"date-parts": [[int(part) for part in manifest.date.split("-")]]},
        "URL": entry.iri,
    }
    return json.dumps(item, ensure_ascii=False, indent=1) + "\n"
