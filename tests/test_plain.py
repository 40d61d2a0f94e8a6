"""The plain pages: the same answers in HTML alone, under a policy that runs and loads nothing."""

import base64
import hashlib
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote, urlencode

import frontend_fakes as fakes
import pytest
from frontend_seen import Seen, fetch
from hypothesis import given
from hypothesis import strategies as st

from assistant.schema import Turn
from frontend import gate, plain
from frontend.chat import Desk
from frontend.checks import LONGEST_QUESTION
from frontend.purpose import INTENDED_USE


@pytest.fixture(scope="module")
def fake() -> fakes.FakeAssistant:
    return fakes.FakeAssistant()


@pytest.fixture(scope="module")
def site(fake: fakes.FakeAssistant) -> Iterator[str]:
    with fakes.served(fake) as address:
        yield address


def asked(site: str, *pairs: tuple[str, str]) -> Seen:
    status, _, page = fetch(f"{site}/plain?{urlencode(pairs)}")
    assert status == 200
    return Seen(page)


def test_its_policy_allows_nothing_but_its_own_style(site: str) -> None:
    _, headers, page = fetch(f"{site}/plain")
    sheet = re.search("<style>(.*?)</style>", page, re.S)
    assert sheet
    hashed = base64.b64encode(hashlib.sha256(sheet[1].encode()).digest()).decode()
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert f"style-src 'sha256-{hashed}'" in policy
    assert "script" not in policy + page
    assert "unsafe" not in policy
    seen = Seen(page)
    assert not {name for _, attributes in seen.tags for name in attributes if name.startswith("on") or name == "style"}
    assert not {tag for tag, _ in seen.tags} & {"link", "img", "script", "iframe"}
    assert 'lang="en-GB"' in page
    assert INTENDED_USE in page


def test_it_starts_with_questions_that_are_links(site: str) -> None:
    seen = asked(site)
    links = [attributes["href"] for tag, attributes in seen.tags if tag == "a"]
    assert f"/plain?{urlencode({'q': fakes.LESSONS})}" in links


def test_an_answer_has_a_mark_for_every_sentence_and_its_source_below(site: str) -> None:
    seen = asked(site, ("q", fakes.BACKLOG))
    assert [text for text in seen.texts("answer") if not text.startswith("[")] == list(fakes.SENTENCES)
    marks = [attributes["href"] for tag, attributes in seen.tags if attributes.get("aria-label", "").startswith("[")]
    ids = [attributes["id"] for tag, attributes in seen.tags if attributes.get("class") == "card"]
    assert marks == [f"#{name}" for name in ids]
    assert seen.texts("mark") == list(fakes.SENTENCES)
    assert "2 May 2023" in seen.text()


def test_an_answer_about_several_bodies_names_each() -> None:
    fake = fakes.FakeAssistant()
    fake.pages = {page.id: page for page in fakes.TWO_BODIES}
    parts = plain.answer_parts(fakes.several(), Desk(fake))  # type: ignore[arg-type]
    assert parts[1].index("<h3>The Ayton Group") < parts[1].index("Ayton has a board.")
    assert parts[1].index("Ayton has a board.") < parts[1].index("<h3>The Beeton Group")


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_source_opens_with_exactly_its_quote_marked(site: str, number: int) -> None:
    seen = asked(site, ("q", fakes.BACKLOG))
    links = [a["href"] for tag, a in seen.tags if tag == "a" and "/source?" in (a["href"] or "")]
    status, headers, page = fetch(site + str(links[number]).partition("#")[0])
    assert status == 200
    assert headers["content-security-policy"] == plain.POLICY
    opened = Seen(page)
    assert opened.text("mark") == fakes.SENTENCES[number]
    assert opened.text("cb-document") == fakes.ANYTOWN.text
    assert [tag for tag, attributes in opened.tags if attributes.get("id") == "quote"] == ["mark"]


def test_a_refusal_says_why_and_marks_nothing(site: str) -> None:
    seen = asked(site, ("q", fakes.REFUSED))
    assert "The case studies do not say." in seen.text("refused")
    assert "Nearest passages, not an answer" in seen.texts("h2")
    assert not seen.texts("mark")


def test_a_follow_up_brings_the_questions_before_it_and_the_filters(site: str, fake: fakes.FakeAssistant) -> None:
    seen = asked(site, ("earlier", fakes.BACKLOG), ("q", "And then?"), ("collaborative", "Anytown"), ("colour", "red"))
    question, history, only = fake.asked[-1]
    assert (question, history) == ("And then?", (Turn(role="user", text=fakes.BACKLOG),))
    assert only == {"collaborative": ("Anytown",)}
    assert seen.text("cb-searched") == f"Searched for: And then? {fakes.BACKLOG}"
    kept = [attributes["value"] for tag, attributes in seen.tags if attributes.get("name") == "earlier"]
    assert kept == [fakes.BACKLOG, "And then?"]


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        pytest.param([("q", "x" * (LONGEST_QUESTION + 1))], "2,001 characters", id="too long"),
        pytest.param([("q", "a"), ("earlier", "x" * 3_000)], "3,000 characters", id="too long before"),
        pytest.param([("q", fakes.BROKEN)], "The index <is> damaged. Run rebuild.", id="a fault"),
    ],
)
def test_what_cannot_be_asked_is_said(site: str, pairs: list[tuple[str, str]], words: str) -> None:
    assert words in asked(site, *pairs).text("refused")


ODD = st.text(max_size=60) | st.sampled_from(["</textarea><script>", '"><img src=x onerror=alert(1)>', "\ud800", "\0"])


@given(ODD, ODD)
def test_nothing_that_is_sent_becomes_html(question: str, other: str) -> None:
    desk = Desk(fakes.FakeAssistant())  # type: ignore[arg-type]
    wish = plain.wish_from([("q", question), ("earlier", other), ("topic", other)])
    seen = Seen(plain.ask_page(desk, wish))
    assert not {tag for tag, _ in seen.tags} & {"script", "img", "iframe", "svg", "object", "link"}
    assert wish.question in seen.text()


def test_a_hostile_document_is_only_text(site: str) -> None:
    for page in (
        fetch(f"{site}/plain?q={quote(fakes.HOSTILE)}")[2],
        fetch(f"{site}/plain/library")[2],
        fetch(f"{site}/plain/source?id={quote(fakes.HOSTILE_PAGE.id)}")[2],
    ):
        seen = Seen(page)
        assert not {tag for tag, _ in seen.tags} & {"script", "img", "svg", "b", "i", "u"}
        assert "evil.example" not in str([attributes.get("href") for _, attributes in seen.tags])


@pytest.mark.parametrize(
    ("start", "end", "sha256"),
    [
        pytest.param(0, 10, "another", id="another text"),
        pytest.param(0, 10**7, "", id="beyond the end"),
        pytest.param(9, 3, "", id="backwards"),
    ],
)
def test_a_span_that_does_not_fit_is_not_marked(start: int, end: int, sha256: str) -> None:
    seen = Seen(plain.source_page(fakes.ANYTOWN, start, end, sha256))
    assert not seen.texts("mark")
    assert "changed since" in seen.text("refused")
    assert seen.text("cb-document") == fakes.ANYTOWN.text


def test_an_unknown_document_is_said_plainly(site: str) -> None:
    status, _, page = fetch(f"{site}/plain/source?id=nothing.md&start=-1&end=%C2%B2")
    assert status == 404
    assert "There is no document" in page


def test_a_reason_is_said_where_the_text_does_not_hold_it() -> None:
    desk = Desk(fakes.FakeAssistant())  # type: ignore[arg-type]
    refused = replace(desk.assistant.ask(fakes.REFUSED), text="Try a name.", hits=())
    words = "".join(Seen(part).text() for part in plain.answer_parts(refused, desk))
    assert "The case studies do not say." in words
    assert "Nearest" not in words


def test_fifty_at_once_get_an_answer_or_a_clear_busy() -> None:
    slow = fakes.SlowAssistant()
    replies: list[tuple[int, str]] = []

    def one(site: str) -> None:
        status, _, page = fetch(f"{site}/plain?q={quote(fakes.BACKLOG)}")
        replies.append((status, page))

    with fakes.served(slow) as site:
        slow.let.clear()
        threads = [threading.Thread(target=one, args=(site,)) for _ in range(50)]
        for thread in threads:
            thread.start()
        refused = 50 - gate.RUNNING - gate.WAITING
        while len(replies) < refused:
            threads[0].join(0.05)
        slow.let.set()
        for thread in threads:
            thread.join(60)
    busy = [page for status, page in replies if status == 503]
    answered = [page for status, page in replies if status == 200]
    assert (len(busy), len(answered)) == (refused, 50 - refused)
    assert all("Many people are asking just now." in page for page in busy)
    assert all(fakes.SENTENCES[2] in page for page in answered)
