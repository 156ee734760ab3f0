"""The page that validates: an example to start from, and findings beside the text."""

from __future__ import annotations

import re

import httpx
import pytest

from api.rule_examples import list_examples

PAGE = {"Accept": "text/html"}


def typed(client: httpx.Client, text: str, **fields: str) -> str:
    answer = client.post("/validate?format=html", data={"case": text, **fields})
    assert answer.status_code == 200, answer.text
    return answer.text


def test_an_example_is_put_into_the_form(client: httpx.Client) -> None:
    page = client.get("/validate", params={"example": "R05-breaks"}, headers=PAGE).text
    assert '<option value="R05-breaks" selected>' in page
    assert "a aa:Case" in page.partition("<textarea")[2].partition("</textarea>")[0]
    assert len(re.findall(r'<option value="R\d\d-', page)) == len(list_examples()) >= 40


def test_no_example_has_that_name(client: httpx.Client) -> None:
    answer = client.get("/validate", params={"example": "<b>"})
    assert answer.status_code == 422
    assert "R01-conforms" in answer.json()["allowed"]


@pytest.mark.parametrize("name", ["R05-breaks", "R06-breaks", "R12-breaks"])
def test_a_finding_and_its_line_lead_to_each_other(client: httpx.Client, name: str) -> None:
    text = list_examples()[name].text
    page = typed(client, text)
    line = next(n for n, words in enumerate(text.splitlines(), 1) if "# <--" in words)
    assert f'<a href="#line-{line}">line {line}</a>' in page
    row = re.search(rf'<tr id="line-{line}" class="found">.*?</tr>', page)
    assert row
    assert 'href="#finding-1"' in row[0]
    assert '<li class="violation" id="finding-1">' in page
    assert page.count("<tr id=") >= len(text.splitlines())


def test_what_was_typed_can_be_changed_and_sent_again(client: httpx.Client) -> None:
    text = list_examples()["R05-conforms"].text + "# </textarea><b>&amp;\n"
    page = typed(client, text)
    assert "There is nothing to mend" in page
    assert page.count("</textarea>") == 1
    assert "# &lt;/textarea&gt;&lt;b&gt;&amp;amp;" in page


def test_without_quotes_nothing_of_the_case_is_shown(client: httpx.Client) -> None:
    text = list_examples()["R05-breaks"].text
    answer = client.post("/validate?format=html&quotes=false", data={"case": text})
    assert "aa:hasClient" not in answer.text
    assert "<textarea" not in answer.text


def test_a_very_long_case_is_quoted_line_by_line_only(client: httpx.Client) -> None:
    page = typed(client, list_examples()["R05-breaks"].text + "\n" * 4000)
    assert "<tr id=" not in page
    assert '<li class="violation">' in page
