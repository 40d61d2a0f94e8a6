"""The front end below the browser: HTML that cannot be broken out of, the desk, and what is served over HTTP."""

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import frontend_fakes as fakes
import pytest
from frontend_seen import Seen, fetch, is_ours
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import CasebookError, QuestionSetError
from assistant.schema import Document, Heading, Sentence, Turn, sha256_of
from frontend import guard, panel, reader, render, server
from frontend.chat import Desk, Screen, Session
from frontend.checks import LONGEST_HISTORY, LONGEST_QUESTION
from frontend.dates import plain_date
from frontend.examples import SHOWN, TRIED, candidates, example_questions, spoken_name
from frontend.links import read_link
from frontend.markup import Html, element, escape, join, sendable, web_address
from frontend.panel import context

ROOT = Path(__file__).parents[1]
ANY_TEXT = st.text(max_size=80) | st.lists(
    st.sampled_from(["<b>", "</p>", "&lt;", "&", '"', "'", "<!--", "-->", "\r", "\n", "\0", "\ud800", "\u202e", "]]>"])
).map("".join)


@given(ANY_TEXT)
def test_text_is_shown_as_it_is(text: str) -> None:
    seen = Seen(escape(text))
    assert seen.text() == sendable(text)
    assert not seen.tags


@given(ANY_TEXT)
def test_an_attribute_cannot_be_left(text: str) -> None:
    seen = Seen(element("p", "x", title=text))
    assert [(tag, attributes) for tag, attributes in seen.tags] == [("p", {"title": sendable(text)})]


def test_finished_html_is_not_escaped_twice() -> None:
    inner = element("b", "<")
    assert element("p", inner, "&") == "<p><b>&lt;</b>&amp;</p>"
    assert join([inner, "<"], ", ") == "<b>&lt;</b>, &lt;"
    assert isinstance(join([]), Html)
    assert element("br") == "<br>"
    assert element("a", hidden=True, id=None, data_x=0) == '<a hidden data-x="0"></a>'


@pytest.mark.parametrize(
    ("url", "fit"),
    [
        pytest.param("https://example.org/a?b=c#d", True, id="https"),
        pytest.param("http://example.org", True, id="http"),
        pytest.param("javascript:alert(1)", False, id="javascript"),
        pytest.param("JAVASCRIPT://example.org/%0aalert(1)", False, id="javascript with a host"),
        pytest.param("data:text/html,<script>", False, id="data"),
        pytest.param("//example.org", False, id="no scheme"),
        pytest.param("https://", False, id="no host"),
        pytest.param("https://[oops", False, id="not an address"),
        pytest.param("java\nscript:alert(1)", False, id="a line end inside"),
        pytest.param("https://example.org/a b", False, id="a space inside"),
        pytest.param("https://example.org\\@evil.example", False, id="a backslash"),
        pytest.param("file:///etc/passwd", False, id="file"),
        pytest.param("", False, id="empty"),
    ],
)
def test_only_web_addresses_become_links(url: str, fit: bool) -> None:
    assert (web_address(url) is not None) is fit


LINES = st.lists(
    st.sampled_from(["a | b", "1. one", "<b>bold</b>", "word & word", "", "", "x" * 30, "\u202eright"]), max_size=14
)


@st.composite
def documents_with_a_span(draw: st.DrawFn) -> tuple[Document, int, int]:
    lines = draw(LINES)
    text = "\n".join(lines)
    starts = [match.start() for match in re.finditer(r"[^\n]+", text)]
    chosen = draw(st.sets(st.sampled_from(starts), max_size=3)) if starts else set()
    headings = tuple(
        Heading(start=start, end=end, level=draw(st.integers(1, 6)), title=text[start:end])
        for start in sorted(chosen)
        for end in [(text + "\n").index("\n", start)]
    )
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, len(text)))
    suffix = draw(st.sampled_from([".md", ".pdf", ".TXT", ""]))
    return Document(id=f"d{suffix}", sha256="", title="t", text=text, headings=headings), start, end


@given(documents_with_a_span(), st.sampled_from(["mark", "span"]))
def test_a_document_is_shown_whole_and_exactly_its_span_is_highlighted(
    case: tuple[Document, int, int], highlight: str
) -> None:
    document, start, end = case
    html = reader.body(document, 0, len(document.text), (start, end), highlight)
    seen = is_ours(html)
    assert seen.text() == document.text
    assert seen.text("cb-target") == document.text[start:end]
    assert seen.text("mark") == (document.text[start:end] if highlight == "mark" else "")


@given(st.integers(0, 300_000), st.integers(0, 500))
def test_a_long_document_is_cut_at_lines_around_the_span(start: int, length: int) -> None:
    text = ("word " * 30 + "\n") * 2_000
    end = min(len(text), start + length)
    low, high = reader.window(text, start, end)
    assert low <= start <= end <= high <= len(text)
    assert high - low <= 2 * reader.REACH + length + 1_000
    assert low == 0 or text[low - 1] == "\n"
    assert high == len(text) or text[high - 1] == "\n"


def test_a_list_a_table_and_numbers_are_laid_out_as_such() -> None:
    text = "Aims:\n\nOne\nTwo\n\na | b\nc | d\n\n1. first\n2. second"
    page = Document(id="x.md", sha256="", title="", text=text)
    html = reader.body(page, 0, len(text), (0, 0), "mark")
    assert "<ul><li>One\n</li><li>Two\n\n</li></ul>" in html
    assert '<div class="cb-rows"><p>a | b\n</p>' in html
    assert '<ul class="cb-numbered"><li>1. first' in html
    plain = reader.body(replace(page, id="x.pdf"), 0, len(text), (0, 0), "mark")
    assert "<li>" not in plain


@given(st.text(alphabet="ab \n", max_size=900), st.data())
def test_a_card_shows_context_of_its_own_line_only(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    before, after = context(text, start, end)
    assert "\n" not in before
    assert "\n" not in after
    assert text[:start].endswith(before.removeprefix("… "))
    assert text[end:].startswith(after.removesuffix(" …"))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        pytest.param("2025-06-18", "18 June 2025", id="a day"),
        pytest.param("2025-06-18T10:00", "2025-06-18T10:00", id="a moment stays"),
        pytest.param("2025-13-01", "2025-13-01", id="no such month stays"),
        pytest.param("about 2023", "about 2023", id="words stay"),
    ],
)
def test_dates_are_written_as_in_the_united_kingdom(written: str, shown: str) -> None:
    assert plain_date(written) == shown


@pytest.fixture
def desk() -> Desk:
    return Desk(fakes.FakeAssistant())  # type: ignore[arg-type]


def last(screens: Iterator[Screen]) -> Screen:
    return list(screens)[-1]


def test_an_answer_comes_sentence_by_sentence_each_with_its_marks(desk: Desk) -> None:
    screens = list(desk.ask(f"  {fakes.BACKLOG}\n", Session()))
    shown = [Seen(screen.log).texts("cb-text") for screen in screens]
    *steps, whole = shown
    assert steps == [list(fakes.SENTENCES[:count]) for count in range(len(fakes.SENTENCES) + 1)]
    assert whole == steps[-1]
    assert "cb-closing" not in screens[-2].log
    assert is_ours(screens[-1].log).texts("cb-example") == [fakes.LESSONS]
    final = is_ours(screens[-1].log)
    assert [text.strip("\u2060") for text in final.texts("cb-mark")] == ["[1]", "[2]", "[3]"]
    assert all(screen.session == Session() for screen in screens[:-1])
    assert screens[-1].session.exchanges[0].question == fakes.BACKLOG
    assert "cb-searched" not in screens[-1].log


def test_the_panel_lists_every_citation_with_its_quote_date_and_address(desk: Desk) -> None:
    seen = is_ours(last(desk.ask(fakes.BACKLOG, Session())).panel)
    assert seen.texts("mark") == list(fakes.SENTENCES)
    words = seen.text()
    assert "2 May 2023" in words
    assert "Anytown Trust" in words
    assert "Results" in words
    assert "Long ago there was a queue. " + fakes.SENTENCES[0] in words
    links = [attributes["href"] for tag, attributes in seen.tags if tag == "a" and "rel" in attributes]
    assert links == ["https://example.org/hub"] * 3


def test_an_undated_source_says_so() -> None:
    page = fakes.document("u.txt", [(0, "A fact stands here.")])
    fake = fakes.FakeAssistant(page)
    answer = fakes.answer("q", page, ["A fact stands here."])
    assert "undated" in Seen(panel.listing(0, answer, fake.document)).text()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_opened_citation_highlights_its_quote_in_the_whole_document(desk: Desk, number: int) -> None:
    session = last(desk.ask(fakes.BACKLOG, Session())).session
    html = desk.open(session, 0, number)
    seen = is_ours(html)
    assert seen.text("mark") == fakes.SENTENCES[number - 1]
    assert seen.text("cb-document") == fakes.ANYTOWN.text
    assert f'data-opened="0-{number}"' in html


def test_a_refusal_looks_different_and_has_no_marks(desk: Desk) -> None:
    screen = last(desk.ask(fakes.REFUSED, Session()))
    seen = is_ours(screen.log)
    assert not seen.texts("cb-mark")
    assert "The case studies do not say. They do not mention the cup." in seen.text("cb-refusal")
    assert "not an answer" in seen.text("cb-refusal")
    beside = is_ours(screen.panel)
    assert beside.text("h2") == "Nearest passages, not an answer"
    assert not beside.texts("mark")
    opened = is_ours(desk.open(screen.session, 0, 1))
    assert not opened.texts("mark")
    assert opened.text("h2") == "Nearest passage, not an answer"


def test_a_near_passage_is_shown_without_the_headings_named_above_it() -> None:
    near = fakes.hit(fakes.ANYTOWN, 1)
    text = "The Anytown Collaborative\n\nResults\n\nLong ago.\nResults came."
    near = replace(near, passage=replace(near.passage, text=text))
    assert panel.preview(panel.nearest(0, near)) == "Long ago.\nResults came."


def test_a_reason_is_said_in_words_where_the_text_does_not_hold_it(desk: Desk) -> None:
    refused = replace(desk.assistant.ask(fakes.REFUSED), text="Try a trust's name.", hits=())
    words = Seen(render.refusal(0, refused)).text()
    assert "The case studies do not say." in words
    assert "Try a trust's name." in words
    assert "nearest" not in words
    assert "nothing to show" in panel.listing(0, refused, desk.document)


def test_what_was_searched_for_is_shown_when_it_is_not_what_was_asked(desk: Desk) -> None:
    first = last(desk.ask(fakes.BACKLOG, Session()))
    second = last(desk.ask("And then?", first.session))
    assert Seen(second.log).text("cb-searched") == f"Searched for: And then? {fakes.BACKLOG}"
    turns = desk.assistant.asked[-1][1]  # type: ignore[attr-defined]
    assert turns == (Turn(role="user", text=fakes.BACKLOG), Turn(role="assistant", text=" ".join(fakes.SENTENCES)))


def test_what_was_carried_over_can_be_dropped_piece_by_piece(desk: Desk) -> None:
    first = last(desk.ask(fakes.BACKLOG, Session()))
    second = last(desk.ask("And hips?", first.session))
    seen = is_ours(second.log)
    chips = [a["data-question"] for _, a in seen.tags if a.get("class") == "cb-chip"]
    assert chips == ["And hips? (backlog)", "And hips? (Anytown)"]
    third = last(desk.ask(chips[0], second.session, alone=True))
    assert desk.assistant.asked[-1][:2] == (chips[0], ())  # type: ignore[attr-defined]
    assert third.session.exchanges[-1].link == "/?q=And+hips%3F+%28backlog%29"
    # A reader's own brackets are not taken for what was carried over.
    own = is_ours(last(desk.ask("And hips? (left)", first.session)).log)
    chips = [a["data-question"] for _, a in own.tags if a.get("class") == "cb-chip"]
    assert chips == ["And hips? (left) (backlog)", "And hips? (left) (Anytown)"]


def test_a_note_is_told_apart_from_the_answer_and_comes_with_its_end() -> None:
    noted = fakes.answer(fakes.BACKLOG, fakes.ANYTOWN, fakes.SENTENCES, notes=("Nothing <b>answers</b> “why?”",))
    seen = is_ours(str(render.answered(0, noted, None)))
    assert seen.text("cb-note") == "Note: Nothing <b>answers</b> “why?”"
    assert "cb-note" not in render.answered(0, noted, 1)


def test_a_link_asks_the_whole_conversation_again(desk: Desk) -> None:
    first = last(desk.ask(fakes.BACKLOG, Session(only={"type": ("acute",)})))
    second = last(desk.ask("And hips?", first.session))
    link = second.session.exchanges[-1].link
    again = last(desk.follow(read_link(parse_qsl(urlsplit(link).query))))
    assert again.session == second.session
    assert again.log == second.log


def test_a_link_cannot_bring_filters_that_are_not_offered(desk: Desk) -> None:
    screen = last(desk.follow(read_link([("q", fakes.BACKLOG), ("type", "<b>"), ("region", "South West")])))
    assert screen.session.only == {"region": ("South West",)}


def test_a_stopped_question_stays_in_the_box(desk: Desk) -> None:
    screen = desk.stopped(fakes.BACKLOG, Session())
    assert Seen(screen.log).text("cb-problem") == "Stopped."
    assert (screen.draft, screen.session) == (fakes.BACKLOG, Session())
    assert desk.stopped(None, Session()).draft == ""


def test_an_answer_about_several_bodies_names_each(desk: Desk) -> None:
    one, other = (
        fakes.document(f"{name}.md", [(0, f"{name} has a board.")], collaborative=f"The {name} Group")
        for name in ("Ayton", "Beeton")
    )
    citations = (fakes.citation(1, one, one.text), fakes.citation(2, other, other.text))
    answer = replace(
        fakes.answer("q", one, [one.text]),
        citations=citations,
        sentences=tuple(Sentence(text=c.quote, citations=(c.number,)) for c in (*citations, citations[1])),
    )
    assert is_ours(render.answered(0, answer, None)).texts("cb-whose") == ["The Ayton Group", "The Beeton Group"]
    alone = last(desk.ask(fakes.BACKLOG, Session())).log
    assert not Seen(alone).texts("cb-whose")


def test_nothing_of_a_hostile_document_becomes_html(desk: Desk) -> None:
    screen = last(desk.ask(fakes.HOSTILE, Session()))
    for html in (screen.log, screen.panel, desk.open(screen.session, 0, 1)):
        seen = is_ours(html)
        assert fakes.HOSTILE_SENTENCE in seen.text()
        assert not [attributes for tag, attributes in seen.tags if tag == "a" and "rel" in attributes]


@given(ANY_TEXT)
def test_nothing_of_a_question_becomes_html(text: str) -> None:
    desk = Desk(fakes.FakeAssistant())  # type: ignore[arg-type]
    screen = last(desk.ask(text, Session()))
    assert sendable(text).strip() in is_ours(screen.log).text()
    is_ours(screen.panel)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        pytest.param("x" * (LONGEST_QUESTION + 1), "2,001 characters, and at most 2,000", id="too long"),
        pytest.param("  \n ", "There is no question", id="empty"),
        pytest.param(None, "There is no question", id="not a text"),
        pytest.param(["x"], "There is no question", id="a list"),
    ],
)
def test_a_question_that_cannot_be_asked_is_not_asked(desk: Desk, question: object, words: str) -> None:
    screen = last(desk.ask(question, Session()))
    assert words in Seen(screen.log).text("cb-problem")
    assert not desk.assistant.asked  # type: ignore[attr-defined]
    assert not screen.session.exchanges
    assert screen.draft == (question.strip() if isinstance(question, str) else "")


def test_what_goes_wrong_is_said_in_words_and_the_question_stays(desk: Desk) -> None:
    screen = last(desk.ask(fakes.BROKEN, Session()))
    assert Seen(screen.log).text("cb-problem") == "The index <is> damaged. Run rebuild."
    assert screen.draft == fakes.BROKEN


@pytest.mark.parametrize("exchange", [None, "0", -1, 7, 0.5, {"a": 1}, [0]], ids=repr)
@pytest.mark.parametrize("number", [None, "1", 1, -1, 99, [1]], ids=repr)
def test_whatever_is_sent_only_the_sessions_own_sources_open(desk: Desk, exchange: object, number: object) -> None:
    session = last(desk.ask(fakes.BACKLOG, Session())).session
    assert desk.open(session, exchange, number) == panel.empty()
    assert desk.sources(session, exchange) == panel.empty()
    assert desk.open(Session(), 0, 1) == panel.empty()


@pytest.mark.parametrize("number", [0, 99, "1", None], ids=repr)
def test_an_unknown_number_lists_the_sources_instead(desk: Desk, number: object) -> None:
    session = last(desk.ask(fakes.BACKLOG, Session())).session
    assert desk.open(session, 0, number) == desk.sources(session, 0)


def changed(page: Document) -> Document:
    text = page.text.replace("Long ago", "Once upon a time")
    return replace(page, text=text, sha256=sha256_of(text))


@pytest.mark.parametrize("gone", [True, False], ids=["withdrawn", "changed"])
def test_a_document_that_moved_on_is_not_highlighted_wrongly(desk: Desk, gone: bool) -> None:
    session = last(desk.ask(fakes.BACKLOG, Session())).session
    pages = desk.assistant.pages  # type: ignore[attr-defined]
    if gone:
        del pages[fakes.ANYTOWN.id]
    else:
        pages[fakes.ANYTOWN.id] = changed(fakes.ANYTOWN)
    seen = is_ours(desk.open(session, 0, 2))
    assert seen.text("mark") == fakes.SENTENCES[1]
    assert "changed or gone" in seen.text("cb-problem")
    assert not seen.text("cb-document")
    assert is_ours(desk.sources(session, 0)).texts("mark") == list(fakes.SENTENCES)


def test_a_long_conversation_drops_its_oldest_and_says_so(desk: Desk) -> None:
    session = Session()
    for _ in range(LONGEST_HISTORY + 2):
        screen = last(desk.ask(fakes.BACKLOG, session))
        session = screen.session
    assert len(session.exchanges) == LONGEST_HISTORY
    assert "no longer shown" in screen.log
    assert session.answer(1) is None
    assert Seen(desk.open(session, 2, 1)).text("mark") == fakes.SENTENCES[0]
    assert f'id="cb-exchange-{LONGEST_HISTORY + 1}"' in screen.log


def test_the_json_is_the_contract(desk: Desk) -> None:
    history = [{"role": "user", "text": "Hello"}, {"role": "assistant", "text": "\ud800"}]
    sent = desk.as_json(fakes.BACKLOG, history, {"collaborative": ["Anytown"]})
    assert sent == desk.assistant.ask(fakes.BACKLOG).to_json()
    assert desk.assistant.asked[0] == (  # type: ignore[attr-defined]
        fakes.BACKLOG,
        (Turn(role="user", text="Hello"), Turn(role="assistant", text="\ufffd")),
        {"collaborative": ("Anytown",)},
    )


@pytest.mark.parametrize(
    ("question", "history", "only"),
    [
        pytest.param(7, None, None, id="question is a number"),
        pytest.param("x" * 2_001, None, None, id="question too long"),
        pytest.param("q", "hello", None, id="history is a text"),
        pytest.param("q", [{"role": "system", "text": "x"}], None, id="history has another role"),
        pytest.param("q", [{"role": "user"}], None, id="history has no text"),
        pytest.param("q", ["hello"], None, id="history has a bare text"),
        pytest.param("q", [{"role": ["user"], "text": "x"}], None, id="history has an odd role"),
        pytest.param("q", [{"role": "user", "text": "x"}] * 81, None, id="history too long"),
        pytest.param("q", None, ["a"], id="filters are a list"),
        pytest.param("q", None, {"a": "b"}, id="a filter is a text"),
    ],
)
def test_the_endpoint_refuses_what_is_not_in_its_form(
    desk: Desk, question: object, history: object, only: object
) -> None:
    with pytest.raises(QuestionSetError, match=r"\. Send|Shorten"):
        desk.as_json(question, history, only)


def test_examples_are_questions_that_get_an_answer() -> None:
    fake = fakes.FakeAssistant()
    assert example_questions(fake) == (fakes.LESSONS,)  # type: ignore[arg-type]
    assert len(fake.asked) <= TRIED
    welcome = is_ours(Desk(fake).start().log)  # type: ignore[arg-type]
    assert welcome.texts("cb-example") == [fakes.LESSONS]
    assert not is_ours(render.welcome(())).texts("cb-example")


def test_examples_take_turns_between_the_case_studies() -> None:
    blocks = [(1, "T"), (2, "Why it was formed"), (2, "Lessons"), (2, "Results")]
    pages = tuple(fakes.document(f"{n}.md", blocks, collaborative=f"Body {n}") for n in range(SHOWN))
    first = list(candidates(pages))[:SHOWN]
    assert [f"Body {n}" in question for n, question in enumerate(first)] == [True] * SHOWN
    assert len({question.split("Body")[0] for question in first}) == 3


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        pytest.param("Anytown Provider Collaborative", "the Anytown Provider Collaborative", id="common noun"),
        pytest.param("The Anytown Group", "The Anytown Group", id="has its article"),
        pytest.param("WYAAT", "WYAAT", id="letters"),
    ],
)
def test_names_take_an_article_where_english_wants_one(name: str, spoken: str) -> None:
    assert spoken_name(name) == spoken


# --- over HTTP ---


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


# --- as a process ---


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
