"""The library: facts at a glance, a search, and documents to read, whole and as text only."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import frontend_fakes as fakes
import pytest
from frontend_seen import Seen, is_ours
from hypothesis import given
from hypothesis import strategies as st

from assistant.schema import Source, sha256_of
from frontend import library
from frontend.links import document_link, question_link, read_link
from frontend.shelves import Shelves
from frontend.uploads import Uploads


def shelves_of(fake: fakes.FakeAssistant) -> Shelves:
    return Shelves(fake, Uploads(Path("no such index"), is_open=False))  # type: ignore[arg-type]


@pytest.fixture
def shelves() -> Shelves:
    return shelves_of(fakes.FakeAssistant())


def test_every_document_is_listed_with_its_facts(shelves: Shelves) -> None:
    seen = is_ours(shelves.all())
    assert len([a for _, a in seen.tags if a.get("class") == "cb-book"]) == 2
    words = seen.text()
    for fact in ("2 documents", "600,000", "North Anytown NHS Trust; South", "South West", "elective recovery", "2023"):
        assert fact in words
    assert not [a for _, a in seen.tags if a.get("data-act") == "remove"]


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        pytest.param([], "", id="none"),
        pytest.param([""], "1 source, undated", id="undated"),
        pytest.param(["May 2021", "2023-05-02", ""], "3 sources, 2021 to 2023, 1 of them undated", id="some"),
        pytest.param(["2022-23 year", "June 2022"], "2 sources, 2022", id="one year"),
    ],
)
def test_the_dates_of_sources_are_summed_up(dates: list[str], said: str) -> None:
    assert library.dates_of([Source(key="A", date=date) for date in dates]) == said


def test_a_document_says_since_when_it_is_here_and_when_it_was_reviewed() -> None:
    page = replace(fakes.ANYTOWN, metadata=replace(fakes.ANYTOWN.metadata, date="2024", reviewed="2026-11-22"))
    words = is_ours(shelves_of(fakes.FakeAssistant(page)).all()).text()
    assert "Date2024" in words
    assert "Reviewed22 November 2026" in words
    assert "In the librarysince 1 November 2026, changed 20 November 2026" in words
    assert library.in_words(("2026-11-01", "2026-11-01")) == "since 1 November 2026"
    assert library.in_words(("", "2026-11-01")) == "changed 1 November 2026"
    assert library.in_words(None) == ""


@pytest.mark.parametrize(
    ("day", "said", "books"),
    [
        pytest.param("2026-11-20", "1 document new or changed since 20 November 2026.", 1, id="the very day"),
        pytest.param("2026-11-21", "0 documents new or changed since 21 November 2026.", 0, id="a day later"),
        pytest.param("2020-01-01", "1 document new or changed since 1 January 2020.", 1, id="one of no known day"),
        pytest.param("soon", "Choose a day", 2, id="no day"),
        pytest.param(None, "Choose a day", 2, id="nothing"),
        pytest.param(["2026-11-20"], "Choose a day", 2, id="a list"),
    ],
)
def test_what_has_changed_since_a_day(shelves: Shelves, day: object, said: str, books: int) -> None:
    seen = is_ours(shelves.since(day))
    assert said in seen.text()
    assert len([a for _, a in seen.tags if a.get("class") == "cb-book"]) == books


def test_where_no_day_is_known_none_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fakes.FakeAssistant, "days", lambda _: {})
    assert "cb-since" not in shelves_of(fakes.FakeAssistant()).all()


def test_a_search_names_documents_and_leads_to_the_passage(shelves: Shelves) -> None:
    seen = is_ours(shelves.find("waiting list"))
    assert "1 document for “waiting list”" in seen.text()
    (link,) = [a for _, a in seen.tags if a.get("data-act") == "read"]
    assert link["href"] == document_link("anytown.md", fakes.ANYTOWN.marks[0].start)
    assert is_ours(shelves.find("<script>")).text("cb-quiet").startswith("0 documents for “<script>”")


@pytest.mark.parametrize("words", ["", "   ", None, 7, ["x"]], ids=repr)
def test_searching_for_nothing_shows_everything(shelves: Shelves, words: object) -> None:
    assert shelves.find(words) == shelves.all()


def test_a_document_is_read_whole_with_its_contents(shelves: Shelves) -> None:
    seen = is_ours(shelves.read("anytown.md"))
    assert seen.text("cb-document") == fakes.ANYTOWN.text
    links = [a["href"] for _, a in seen.tags if a.get("data-act") == "jump"]
    ids = [f"#{a['id']}" for tag, a in seen.tags if tag in ("h4", "h5", "h6")]
    assert links
    assert set(links) <= set(ids)
    assert seen.texts("cb-level-2") == ["Results", "Lessons for others"]


@pytest.mark.parametrize("document", ["nothing.md", None, 7, ["x"]], ids=repr)
def test_an_unknown_document_is_said(shelves: Shelves, document: object) -> None:
    assert "not in the library" in is_ours(shelves.read(document)).text("cb-problem")


@pytest.mark.parametrize("start", [-1, 10**9, "0", None, 0.5], ids=repr)
def test_an_odd_place_is_the_beginning(shelves: Shelves, start: object) -> None:
    assert shelves.read("anytown.md", start) == shelves.read("anytown.md")


def test_a_hostile_document_is_only_text(shelves: Shelves) -> None:
    seen = is_ours(shelves.read(fakes.HOSTILE_PAGE.id))
    assert seen.text("cb-document") == fakes.HOSTILE_PAGE.text
    is_ours(shelves.all())


@given(st.integers(0, 300_000), st.integers(1, 70_000))
def test_the_parts_of_a_long_text_are_the_text(length: int, line: int) -> None:
    text = (("x" * line + "\n") * (length // line + 1))[:length]
    parts = library.divided(text)
    assert "".join(text[low:high] for low, high in parts) == text
    assert all(high - low <= library.WHOLE for low, high in parts)


def test_a_long_document_opens_at_the_part_of_the_place() -> None:
    text = "word " * 30 + "\n"
    long = replace(fakes.ANYTOWN, text=text * 1_000, sha256=sha256_of(text * 1_000), headings=(), marks=())
    shelves = shelves_of(fakes.FakeAssistant(long))
    shown = "".join(Seen(shelves.read(long.id, low)).text("cb-document") for low, _ in library.divided(long.text))
    assert shown == long.text
    assert "Part 3" in is_ours(shelves.read(long.id)).text()


TEXTS = st.text(min_size=1, max_size=40).map(str.strip).filter(lambda text: text and "\0" not in text)
SAFE = TEXTS.filter(lambda text: text.isprintable())


@given(st.lists(SAFE, max_size=4), SAFE, st.integers(0, 10**6))
def test_an_address_gives_back_what_it_was_made_of(questions: list[str], value: str, start: int) -> None:
    link = read_link(parse_qsl(urlsplit(question_link(questions, {"topic": (value,)})).query))
    assert (link.questions, link.only) == (tuple(questions), {"topic": (value,)})
    link = read_link(parse_qsl(urlsplit(document_link(value, start)).query))
    assert (link.document, link.start) == (value, start)


@given(st.lists(st.tuples(st.sampled_from(["q", "doc", "at", "topic", "x"]), st.text(max_size=30))))
def test_an_odd_address_is_borne(pairs: list[tuple[str, str]]) -> None:
    link = read_link(pairs)
    assert all(link.questions)
    assert link.start >= 0
