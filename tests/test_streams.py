"""A question that is sent just when a page's stream ends is not lost."""

import asyncio
import time

import frontend_fakes as fakes
import pytest
from browser_reader import BROWSER, FLAGS, Reader

from frontend import guard, streams
from frontend.guard import Message, Receive, Send


async def gradio(scope: Message, receive: Receive, send: Send) -> None:
    """Reply as Gradio does: a stream that ends at once, and a number for a question."""
    body = b"data: {" + streams.END + b"}" if scope["path"] == streams.DATA else b"{}"
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": body})


async def nothing() -> Message:
    return {"type": "http.request"}


def test_a_number_waits_until_the_end_of_a_stream_has_arrived(monkeypatch: pytest.MonkeyPatch) -> None:
    now, waited = 100.0, []

    async def sleep(seconds: float) -> None:
        nonlocal now
        waited.append(seconds)
        now += seconds

    async def send(message: Message) -> None:
        sent.append(message["type"])

    def wait_for(path: str) -> float:
        sent.clear()
        waited.clear()
        asyncio.run(app({"type": "http", "path": path}, nothing, send))
        assert sent == ["http.response.start", "http.response.body"]
        return sum(waited)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: now)
    sent: list[str] = []
    app = streams.OrderedStreams(gradio)
    assert wait_for(streams.JOIN) == 0
    assert wait_for(streams.DATA) == 0
    assert wait_for("/config") == 0
    now += 0.05
    assert wait_for(streams.JOIN) == pytest.approx(streams.ARRIVAL_SECONDS - 0.05)
    assert wait_for(streams.JOIN) == 0


@pytest.mark.skipif(not BROWSER, reason="no browser")
def test_a_question_is_not_lost_that_is_asked_as_the_page_arrives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The page's first stream ends then; on the way to the page that end is late here."""
    from playwright.sync_api import sync_playwright

    def late_ends(send: guard.Send, policy: str) -> guard.Send:
        headed = with_headers(send, policy)

        async def sender(message: guard.Message) -> None:
            if streams.END in message.get("body", b""):
                await asyncio.sleep(streams.ARRIVAL_SECONDS / 2)
            await headed(message)

        return sender

    with_headers = guard.with_headers
    monkeypatch.setattr(guard, "with_headers", late_ends)
    with fakes.served(fakes.FakeAssistant()) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        for _ in range(6):
            page = browser.new_page()
            reader = Reader(page, address)
            page.goto(address)
            page.locator(".cb-welcome").wait_for(state="attached")
            reader.ask(fakes.BACKLOG)
            page.close()
        browser.close()
