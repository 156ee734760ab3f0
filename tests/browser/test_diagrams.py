"""Diagrams in a real browser: letters stay in their boxes, links are reached by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

PAGES = [
    "/", "/concept/therapeutic-alliance", "/concept/shift-magical-to-working",
    "/concept/internalization-freud", "/case/l-dissociation", "/case/kool",
]  # fmt: skip

#: What does not hold its own text, and what leaves the drawing.
ESCAPED = """() => {
  const found = [];
  for (const svg of document.querySelectorAll("svg.drawing")) {
    const whole = svg.getBoundingClientRect();
    if (!whole.width) continue;
    for (const text of svg.querySelectorAll("text")) {
      const box = text.getBoundingClientRect();
      if (box.left < whole.left - 1 || box.right > whole.right + 1 || box.bottom > whole.bottom + 1)
        found.push(["leaves the drawing", text.textContent]);
    }
    for (const shape of svg.querySelectorAll(".node path, .sessions rect")) {
      const outer = shape.getBoundingClientRect();
      for (const text of shape.parentElement.querySelectorAll("text")) {
        const box = text.getBoundingClientRect();
        if (box.left < outer.left || box.right > outer.right)
          found.push(["leaves its box", text.textContent]);
      }
    }
  }
  return found;
}"""


def test_letters_stay_in_their_boxes(page: Page, address: str) -> None:
    for path in PAGES:
        for width in (1200, 360):
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(address + path)
            shown = page.locator("svg.drawing:visible")
            assert shown.count() == 1, path
            assert page.evaluate(ESCAPED) == [], path


def test_the_map_is_walked_by_keyboard(page: Page, address: str) -> None:
    page.goto(address + "/")
    page.locator("#words").focus()
    seen = []
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.getAttribute('href')"))
    assert "/concept/magical-alliance" in seen
    assert "/concept/shift-magical-to-working" in seen
    page.locator("svg.drawing:visible a[href='/concept/shift-magical-to-working']").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/concept/shift-magical-to-working")


def test_the_page_sets_the_colours_of_a_diagram(page: Page, address: str) -> None:
    ink = "getComputedStyle(document.querySelector('.drawing text')).fill"
    page.emulate_media(color_scheme="light")
    page.goto(address + "/case/ms-l")
    light = page.evaluate(ink)
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ink) != light
