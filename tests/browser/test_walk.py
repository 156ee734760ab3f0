"""From search to a case by keyboard alone; and the editor with its completion open."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

#: Whether whoever looks can see where the focus is: on screen, with a line around it.
FOCUS_IS_SEEN = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return "nothing has the focus";
  const box = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  const at = element.outerHTML.slice(0, 90);
  if (box.width < 1 || box.height < 1) return "has no size: " + at;
  if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth)
    return "is out of sight: " + at;
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2)
    return "has no line around it: " + at;
  return "";
}"""


class Walk:
    """Somebody who has no mouse."""

    def __init__(self, page: Page, faults: list[str]) -> None:
        self.page = page
        self.faults = faults

    def tab_to(self, text: str, *, most: int = 150) -> None:
        """Press Tab until what has the focus is called so; each stop on the way must be seen."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            unseen = self.page.evaluate(FOCUS_IS_SEEN)
            if unseen:
                self.faults.append(unseen)
            name = self.page.evaluate(
                "() => { const at = document.activeElement;"
                " return at.ariaLabel || at.innerText || at.labels?.[0]?.innerText || ''; }"
            )
            if " ".join(name.split()).casefold() == text.casefold():
                return
        pytest.fail(f"'{text}' is not reached on {self.page.url}")

    def enter(self) -> None:
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")


@pytest.fixture
def walk(browser: Browser, watch: Callable[[Page], list[str]]) -> Iterator[Walk]:
    page = browser.new_page(viewport={"width": 1000, "height": 700})
    yield Walk(page, watch(page))
    page.close()


def test_from_search_to_a_case_by_keyboard(walk: Walk, address: str) -> None:
    page = walk.page
    page.goto(address)
    walk.tab_to("Skip to the content", most=1)
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")
    page.keyboard.press("Tab")
    # the navigation is behind, the next stop is in the content
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    page.reload()
    walk.tab_to("Search concepts, signals, cases, claims")
    page.keyboard.type("defensive idealization")
    walk.enter()
    walk.tab_to("defensive idealization")
    walk.enter()
    expect(page.locator("h1")).to_have_text("defensive idealization")
    walk.tab_to("The whole comparison")
    walk.enter()
    assert "/compare?" in page.url
    assert page.locator("main table").count() >= 1
    page.go_back()
    expect(page.locator("h1")).to_have_text("defensive idealization")
    walk.tab_to("Cases")
    walk.enter()
    walk.tab_to("Ms. L")
    walk.enter()
    expect(page.locator("h1")).to_contain_text("Ms. L")
    page.go_back()
    assert page.url == f"{address}/case"
    assert walk.faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_open_completion_is_sound(
    editor: None,
    browser: Browser,
    address: str,
    violations: Callable[[Page], list[str]],
    watch: Callable[[Page], list[str]],
    scheme: str,
) -> None:
    page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
    faults = watch(page)
    page.goto(f"{address}/sparql")
    expect(page.locator("#example option").first).to_be_attached()
    page.locator("#editor .cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" magical")
    page.keyboard.press("Control+Space")
    expect(page.locator(".cm-tooltip-autocomplete li").first).to_be_visible()
    found = violations(page)
    page.close()
    assert found == []
    assert faults == []
