"""A reader at the page in a real Chromium, for the tests that need one."""

import os
import shutil
from dataclasses import dataclass, field
from typing import Any

BROWSER = os.environ.get("TEST_BROWSER", shutil.which("chromium") or "")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
# What a window of 1280 by 1024 shows when it is zoomed to 400 %.
ZOOMED = {"width": 320, "height": 256}


@dataclass
class Reader:
    """A reader's window, with what it asked the network for and what went wrong in it."""

    page: Any
    site: str
    requests: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def ask(self, question: str, *, by: str = "Enter") -> None:
        """Ask a question and wait for what it comes to."""
        before = self.page.locator(".cb-exchange").count()
        box = self.page.get_by_label("Your question")
        box.fill(question)
        if by == "Enter":
            box.press("Enter")
        else:
            self.page.get_by_role("button", name=by, exact=True).click()
        last = self.page.locator(".cb-exchange").nth(before)
        last.locator(".cb-closing, .cb-problem").first.wait_for()

    def settle(self) -> None:
        """Wait until nothing moves any more."""
        self.page.wait_for_function(
            """() => new Promise((done) => {
              const where = () => [...document.querySelectorAll(".cb-panel-column, .cb-conversation")]
                .map((node) => [node.scrollTop, node.scrollHeight]).join() + window.scrollY;
              const before = where();
              setTimeout(() => done(where() === before), 120);
            })"""
        )

    def in_view(self, locator: Any) -> bool:
        """Whether an element is within the window and not covered there."""
        return bool(
            locator.evaluate(
                """(node) => {
                  const box = node.getClientRects()[0], x = box.left + box.width / 2, y = box.top + box.height / 2;
                  const there = document.elementFromPoint(x, y);
                  return !!there && (node.contains(there) || there.contains(node));
                }"""
            )
        )
