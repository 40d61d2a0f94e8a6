"""The page over HTTP and as a process: who may ask for what, and how it begins and ends."""

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import frontend_fakes as fakes
import pytest
from frontend_seen import fetch

from assistant.errors import CasebookError
from frontend import guard, panel, server

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with fakes.served(fakes.FakeAssistant()) as address:
        yield address


def test_the_page_is_there_in_uk_english_with_every_header(site: str) -> None:
    status, headers, page = fetch(site + "/")
    assert status == 200
    assert 'lang="en-GB"' in page
    assert "<title>" not in page or "Casebook" in page
    assert "og:" not in page
    assert "--cb-ground" in page
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers
    config = fetch(site + "/config")[2]
    values = [str(component["props"].get("value")) for component in json.loads(config)["components"]]
    assert any("Not for clinical decisions about a patient." in value for value in values)


@pytest.mark.parametrize(
    "path",
    [
        "/openapi.json",
        "/docs",
        "/redoc",
        "/gradio_api/openapi.json",
        "/gradio_api/upload",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file/etc/passwd",
        "/gradio_api/proxy=https://example.org",
        "/gradio_api/deep_link",
        "/gradio_api/runs",
        "/gradio_api/vibe-code/",
        "/gradio_api/component_server",
        "/monitoring",
        "/login",
        "/assets/../../secret",
        "/ui.py",
    ],
)
def test_what_is_not_needed_is_not_there(site: str, path: str) -> None:
    status, headers, words = fetch(site + path)
    assert (status, words) == (404, "There is nothing here.")
    assert "content-security-policy" in headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Host": "evil.example"}, 421, id="another name for this machine"),
        pytest.param({"Host": "localhost:7860"}, 200, id="localhost"),
        pytest.param({"Host": "[::1]:7860"}, 200, id="loopback in IPv6"),
        pytest.param({"Origin": "https://evil.example"}, 403, id="another site"),
        pytest.param({"Origin": "null"}, 403, id="a page without origin"),
        pytest.param({"Origin": "http://127.0.0.1:7860"}, 200, id="this machine"),
    ],
)
def test_other_sites_cannot_reach_in(site: str, headers: dict[str, str], status: int) -> None:
    assert fetch(site + "/config", headers=headers)[0] == status


@pytest.mark.parametrize(
    ("local", "status"), [pytest.param(True, 421, id="local"), pytest.param(False, None, id="shared")]
)
def test_a_shared_server_answers_to_any_name(local: bool, status: int | None) -> None:
    scope = {"headers": [(b"host", b"casebook.example"), (b"origin", b"https://casebook.example")], "path": "/"}
    refused = guard.refusal(scope, local)
    assert (refused[0] if refused else None) == status


def test_a_body_that_is_too_large_is_refused(site: str) -> None:
    host, port = site.removeprefix("http://").split(":")
    head = f"POST /gradio_api/queue/join HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(f"{head}Content-Length: {guard.LARGEST_BODY + 1}\r\n\r\n".encode())
        assert b" 413 " in line.recv(200)
    piece = b"x" * 500_000
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        for _ in range(3):
            line.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        line.sendall(b"0\r\n\r\n")
        assert b" 200 " not in line.recv(200)


def test_only_ask_is_listed(site: str) -> None:
    listed = json.loads(fetch(site + "/gradio_api/info")[2])
    assert list(listed["named_endpoints"]) == ["/ask"]
    assert not listed["unnamed_endpoints"]
    config = json.loads(fetch(site + "/config")[2])
    hidden = [event for event in config["dependencies"] if event["api_name"] != "ask"]
    assert hidden
    assert all(event["api_visibility"] == "private" for event in hidden)


def test_a_program_gets_the_json(site: str) -> None:
    from gradio_client import Client
    from gradio_client.exceptions import AppError

    client = Client(site, verbose=False)
    got = client.predict(fakes.BACKLOG, api_name="/ask")
    assert got == json.loads(json.dumps(fakes.FakeAssistant().ask(fakes.BACKLOG).to_json()))
    assert client.predict(fakes.REFUSED, api_name="/ask")["reason"] == "not_in_corpus"
    with pytest.raises(AppError, match=r"2,001 characters, and at most 2,000"):
        client.predict("x" * 2_001, api_name="/ask")
    with pytest.raises(AppError, match=r"The index <is> damaged. Run rebuild."):
        client.predict(fakes.BROKEN, api_name="/ask")
    client.close()


def call(site: str, target: str, session: str, data: list[object], event: object = None) -> object:
    """Call a hidden handler as its page would, by the number of its event; returns the last data."""
    config = json.loads(fetch(site + "/config")[2])
    number = next(e["id"] for e in config["dependencies"] if any(t[1] == target for t in e["targets"]))
    body = {"data": data, "fn_index": number, "session_hash": session, "event_data": event}
    head = {"Content-Type": "application/json"}
    queued = next(e["queue"] for e in config["dependencies"] if e["id"] == number)
    if queued is False:
        status, _, words = fetch(site + "/gradio_api/run/predict", json.dumps(body).encode(), head)
        return json.loads(words)["data"] if status == 200 else words
    fetch(site + "/gradio_api/queue/join", json.dumps(body).encode(), head)
    stream = fetch(f"{site}/gradio_api/queue/data?session_hash={session}")[2]
    messages = [json.loads(line[6:]) for line in stream.splitlines() if line.startswith("data: ")]
    return next(m["output"]["data"] for m in messages if m["msg"] == "process_completed")


def test_sessions_do_not_see_each_other(site: str) -> None:
    log, *_ = call(site, "ask", "one", [None], {"question": fakes.BACKLOG})  # type: ignore[misc]
    assert fakes.SENTENCES[0].replace("&", "&amp;") in log
    (mine,) = call(site, "open", "one", [None], {"exchange": 0, "citation": 1})  # type: ignore[misc]
    assert "cb-document" in mine
    (theirs,) = call(site, "open", "two", [None], {"exchange": 0, "citation": 1})  # type: ignore[misc]
    assert theirs == panel.empty()
    log, *_ = call(site, "ask", "two", [None], {"question": fakes.REFUSED})  # type: ignore[misc]
    assert fakes.BACKLOG not in log


@pytest.mark.parametrize("event", [None, [], "x", {"exchange": {}}, {"citation": "<b>"}], ids=repr)
def test_hidden_handlers_bear_anything(site: str, event: object) -> None:
    assert call(site, "open", "three", [None], event) == [panel.empty()]
    assert call(site, "sources", "three", [None], event) == [panel.empty()]


def test_a_client_cannot_bring_its_own_session(site: str) -> None:
    forged = {"exchanges": [{"question": "<b>", "answer": None}], "dropped": 0}
    assert call(site, "open", "four", [forged], {"exchange": 0, "citation": 1}) == [panel.empty()]


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["--host", "0.0.0.0"], "has no login", id="open to the network"),
        pytest.param(["--host", "192.0.2.1", "--i-know-there-is-no-login"], "cannot be used", id="not this machine's"),
        pytest.param(["--port", "99999"], "does not exist", id="no such port"),
    ],
)
def test_an_address_that_cannot_be_served_is_one_line(arguments: list[str], words: str) -> None:
    with start("ui.py", "--index", "no such index", *arguments) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert err.startswith("casebook: ")
    assert words in err
    assert err.count("\n") == 1


def test_a_port_that_is_taken_is_one_line() -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    port = str(taken.getsockname()[1])
    with taken, start("ui.py", "--index", "no such index", "--port", port) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert "choose another with --port" in err
    assert err.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_it_ends_cleanly_when_told_though_a_page_is_open(how: signal.Signals) -> None:
    with start("tests/frontend_fakes.py", "0") as process:
        assert process.stderr and process.stdout
        ready = process.stderr.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+", ready)
        assert address, ready
        assert fetch(address[0] + "/")[0] == 200
        with urllib.request.urlopen(f"{address[0]}/gradio_api/heartbeat/x", timeout=20) as page:
            assert page.readline()
            process.send_signal(how)
            process.wait(10)
        assert process.returncode == 0
        assert process.stdout.read() == ""
        assert "Traceback" not in process.stderr.read()


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        *((host, True) for host in ("127.0.0.1", "127.9.9.9", "::1", "[::1]", "LOCALHOST")),
        *((host, False) for host in ("0.0.0.0", "::", "", "10.0.0.1", "localhost.evil.example")),
    ],
)
def test_loopback_is_this_machine_only(host: str, is_loopback: bool) -> None:
    assert guard.loopback(host) is is_loopback
    if not is_loopback:
        with pytest.raises(CasebookError, match="no login"):
            server.check_host(host, shared=False)
    server.check_host(host, shared=True)
