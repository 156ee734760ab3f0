"""The pages of rules: their examples are what they are said to be, and are shown."""

from __future__ import annotations

import html
import re

import httpx
import pytest

from api.rule_examples import EXAMPLES, find_examples
from kg.namespaces import PREFIXES
from kg.validation import default_validator

RULES = [f"R{number:02}" for number in range(1, 21)]


@pytest.mark.parametrize("rule", RULES)
def test_examples_are_what_they_are_said_to_be(rule: str) -> None:
    examples = find_examples(rule)
    assert examples is not None
    good, bad = examples
    validator = default_validator()
    report = validator.validate(good.text.encode(), media_type="text/turtle")
    assert [finding.message for finding in report.findings] == []
    assert good.shape is None
    report = validator.validate(bad.text.encode(), media_type="text/turtle")
    [finding] = report.findings
    assert (finding.rule, finding.shape) == (rule, f"{PREFIXES['shape']}{bad.shape}")
    assert finding.line is not None
    assert "# <--" in bad.text.splitlines()[finding.line - 1]
    for example in examples:
        assert re.fullmatch(r"[A-Z][^\n]+\.", example.about), rule


def test_there_is_no_other_example() -> None:
    names = {f"{rule}-{kind}.ttl" for rule in RULES for kind in ("breaks", "conforms")}
    assert {path.name for path in EXAMPLES.iterdir()} == names
    assert find_examples("R05-client") is None
    assert find_examples("../R05") is None


@pytest.mark.parametrize("rule", ["R05", "R09", "R12"])
def test_a_rule_shows_its_examples_and_what_is_found(client: httpx.Client, rule: str) -> None:
    page = client.get(f"/shape/{rule}", headers={"Accept": "text/html"})
    assert page.status_code == 200
    text = html.unescape(page.text)
    examples = find_examples(rule)
    assert examples is not None
    for example in examples:
        assert example.text.strip() in text
    [finding] = (
        default_validator().validate(examples[1].text.encode(), media_type="text/turtle").findings
    )
    assert finding.message in text
    assert {"R05": "Violation", "R09": "Warning", "R12": "Violation"}[rule] in text
    for claim in finding.claims:
        assert f'href="{claim.removeprefix("https://w3id.org/alliance-atlas")}"' in text


def test_a_part_of_a_rule_leads_to_the_rule(client: httpx.Client) -> None:
    page = client.get("/shape/R05-client", headers={"Accept": "text/html"}).text
    assert 'href="/shape/R05"' in page
    assert "Two examples" not in page


def test_a_note_is_called_so(client: httpx.Client) -> None:
    page = client.get("/shape/S-consent", headers={"Accept": "text/html"}).text
    assert re.search(r'class="evidence">\s*Note', page)
