"""A question that is sent just when a page's stream ends is not lost."""

import asyncio
import time

import pytest

from frontend import streams
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
