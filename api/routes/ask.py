"""Questions in plain English: what was understood, and the answer or what to choose from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, FastAPI, HTTPException, Query, Request, Response

from api.context import Context, Deferred
from api.representation import describe_types, format_parameter, negotiate, respond
from kg.ask import ANSWERED, LONGEST_TEXT, Asker, Choice, Reading
from kg.errors import StoreError
from kg.questions import QuestionAnswer, answer_question

__all__ = ["install"]

_TYPES: Mapping[str, str] = {"application/json": "json", "text/html": "html"}
#: An answer's rows go on at its own address.
_ROWS = 1000
_KEPT = 256
_UNBUILT = (
    "this release lacks what questions in plain English are understood by; its operator can build "
    "it anew with 'alliance build', and the questions at /question are answered meanwhile"
)

_Text = Annotated[
    str,
    Query(
        alias="q",
        description=f"A question in plain English. The first {LONGEST_TEXT} characters are read.",
        examples=["which signals show someone moving from magical to working?"],
    ),
]


def install(app: FastAPI, context: Context) -> None:
    """Give an application the address at which questions in plain English are answered."""
    router = APIRouter(tags=["questions"])
    # made when somebody asks, so that a start does not wait for it
    asker = Deferred(lambda: Asker(context.settings.release, context.questions, context.catalog))

    @lru_cache(maxsize=_KEPT)
    def read(text: str) -> Reading:
        try:
            return asker.get().read(text)
        except StoreError as error:
            # everything else works without it
            raise HTTPException(503, _UNBUILT) from error

    @router.get(
        "/ask",
        response_class=Response,
        responses=describe_types(
            _TYPES,
            "What was understood; `status` is `answered`, `unsure` (choose among the "
            "`alternatives`) or `none` (the graph holds no answer).",
        ),
        openapi_extra={"parameters": [format_parameter(_TYPES)]},
    )
    def ask(request: Request, text: _Text = "") -> Response:
        """Match a question in plain English to a named question, and answer that."""
        media_type = negotiate(request, _TYPES)
        # what is not read makes no difference, and would only be kept
        reading = read(text[: LONGEST_TEXT + 1])
        return respond(
            request, lambda: _write(reading, media_type, context), media_type, atlas=context
        )

    app.include_router(router)


def _write(reading: Reading, media_type: str, atlas: Context) -> bytes:
    answer = _answer(reading, atlas)
    if media_type == "text/html":
        page = atlas.templates.get_template("ask.html").render(
            manifest=atlas.manifest,
            catalog=atlas.catalog,
            questions=atlas.questions,
            reading=reading,
            answer=answer,
            address=_address,
        )
        return page.encode()
    found = None
    if answer:
        following = _address(reading.choices[0], page=2) if answer.total > _ROWS else None
        found = answer.to_json(manifest=atlas.manifest, next_page=following)
    text = json.dumps(reading.to_json(found), ensure_ascii=False, indent=2)
    return (text + "\n").encode("utf-8", "replace")


def _answer(reading: Reading, atlas: Context) -> QuestionAnswer | None:
    if reading.status != ANSWERED:
        return None
    best = reading.choices[0]
    answer = answer_question(atlas.store, atlas.questions[best.question], best.parameters)
    return answer.page(1, size=_ROWS)


def _address(choice: Choice, **more: str | int) -> str:
    """Give the address of a choice's answer; or of the question, if it lacks something."""
    if choice.missing:
        return f"/question/{choice.question}"
    query = urlencode({**choice.parameters, **more}, safe="/")
    return f"/question/{choice.question}/answer{'?' if query else ''}{query}"
