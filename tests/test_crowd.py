"""Fifty at once on the page itself: each gets the answer or a clear "busy", and nothing else."""

import json
import threading
import urllib.request
from typing import Any

import frontend_fakes as fakes
from frontend_seen import fetch

CROWD = 50
WAITING = 32  # as many as the page's queue holds, beside the two that are answered


def handler_of_the_box(site: str) -> int:
    """Return the number of the handler that a question typed into the box goes to."""
    config = json.loads(fetch(f"{site}/config")[2])
    box = next(part["id"] for part in config["components"] if part["props"].get("label") == "Your question")
    return next(one["id"] for one in config["dependencies"] if [box, "submit"] in map(list, one["targets"]))


def visit(site: str, handler: int, name: str, said: dict[str, str], joined: threading.Semaphore) -> None:
    """Ask as a browser does: join the queue, and listen until the handler has ended."""
    body = {"data": [fakes.BACKLOG, None], "fn_index": handler, "session_hash": name, "event_data": None}
    status, _, words = fetch(
        f"{site}/gradio_api/queue/join", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    joined.release()
    if status != 200:
        said[name] = f"{status} {words}"
        return
    last: dict[str, Any] = {}
    with urllib.request.urlopen(f"{site}/gradio_api/queue/data?session_hash={name}", timeout=90) as stream:
        for line in stream:
            if line.startswith(b"data:"):
                message = json.loads(line[5:])
                last = message
                if message["msg"] in {"process_completed", "unexpected_error", "close_stream"}:
                    break
    said[name] = json.dumps(last, ensure_ascii=False)


def test_fifty_on_the_page_get_an_answer_or_a_clear_busy() -> None:
    slow, said, joined = fakes.SlowAssistant(), dict[str, str](), threading.Semaphore(0)
    with fakes.served(slow) as site:
        handler = handler_of_the_box(site)
        slow.let.clear()
        names = [f"visitor{number}" for number in range(CROWD)]
        threads = [threading.Thread(target=visit, args=(site, handler, name, said, joined)) for name in names]
        for thread in threads:
            thread.start()
        for _ in threads:
            assert joined.acquire(timeout=60)
        slow.let.set()
        for thread in threads:
            thread.join(90)
    busy = [words for words in said.values() if words.startswith("503")]
    answered = [words for words in said.values() if '"process_completed"' in words and '"success": true' in words]
    assert len(busy) + len(answered) == CROWD, [words[:300] for words in said.values()]
    assert len(answered) >= WAITING
    assert busy, "a crowd larger than the queue is told so at once"
    assert all("Queue is full" in words for words in busy)
