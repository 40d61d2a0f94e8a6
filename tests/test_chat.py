"""frontend/chat.py: what is asked, what comes of it as HTML, and what a session keeps."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import frontend_fakes as fakes
import pytest
from frontend_seen import Seen, is_ours
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import QuestionSetError
from assistant.schema import Document, Turn, sha256_of
from frontend import panel, render
from frontend.chat import Desk, Screen, Session
from frontend.checks import LONGEST_HISTORY, LONGEST_QUESTION
from frontend.links import read_link
from frontend.markup import sendable

ANY_TEXT = st.text(max_size=80) | st.lists(
    st.sampled_from(["<b>", "</p>", "&lt;", "&", '"', "'", "<!--", "-->", "\r", "\n", "\0", "\ud800", "\u202e", "]]>"])
).map("".join)


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
    answer = fakes.several()
    assert is_ours(render.answered(0, answer, None)).texts("cb-whose") == ["The Ayton Group", "The Beeton Group"]
    for shown, names in ((0, []), (1, ["The Ayton Group"]), (2, ["The Ayton Group", "The Beeton Group"])):
        sofar = Seen(render.answered(0, answer, shown))
        assert sofar.texts("cb-whose") == names
        assert sofar.texts("cb-text") == [sentence.text for sentence in answer.sentences[:shown]]
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
