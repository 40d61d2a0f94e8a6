"""ingest/chunker.py: passages are verbatim slices that fit the model and lose nothing."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.embedder import open_embedder
from assistant.schema import Document, Heading, Passage, sha256_of
from assistant.settings import PACKAGED_MODEL
from ingest.chunker import TARGET_TOKENS, CountTokens, chunk, embedded_text

MOST = 24
PIECES = st.sampled_from(
    [
        *"aZ9.!?,;()“”’–•\n\t £é漢",
        "word ",
        "Dr. ",
        "The board met. ",
        "£2.4m",
        "\n\n",
        "\n\n\n",
        "\u00a0",
        "e\u0301",
        "🏥",
        "x" * 40,
        "many words in a row without any end " * 3,
    ]
)
TEXTS = st.lists(PIECES, max_size=40).map("".join) | st.text(st.characters(exclude_categories=["Cs"]), max_size=120)


def words(texts: Sequence[str]) -> list[int]:
    """Count as a plain model would: a token a word, one more for every ten characters of it, two special ones."""
    return [2 + sum(1 + len(word) // 10 for word in text.split()) for text in texts]


def real_count() -> CountTokens:
    return open_embedder(PACKAGED_MODEL, "fp32").count_tokens


def make(
    text: str, *, title: str = "Notes", headings: Sequence[tuple[str, int]] = (), page_starts: Sequence[int] = ()
) -> Document:
    """Make a document whose headings are lines of its text, named in order with their levels."""
    found: list[Heading] = []
    after = 0
    for line, level in headings:
        start = text.index(line, after)
        after = start + len(line)
        found.append(Heading(start=start, end=after, level=level, title=line))
    return Document(
        id="notes.md",
        sha256=sha256_of(text),
        title=title,
        text=text,
        headings=tuple(found),
        page_starts=tuple(page_starts),
    )


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Draw a document of headings, paragraphs and pages, some of them empty."""
    text, headings, pages = "", [], [0]
    for level, title, body, new_page in draw(
        st.lists(
            st.tuples(
                st.integers(1, 3), st.sampled_from(["Aims", "Governance and money", "What next?"]), TEXTS, st.booleans()
            ),
            max_size=5,
        )
    ):
        if new_page and text:
            pages.append(len(text))
        headings.append(Heading(start=len(text), end=len(text) + len(title), level=level, title=title))
        text += f"{title}\n\n{body}\n\n"
    text += draw(TEXTS)
    return Document(
        id="drawn",
        sha256=sha256_of(text),
        title=draw(st.sampled_from(["", "Notes", "A title of rather many words " * 4, "t" * 300])),
        text=text,
        headings=tuple(headings),
        page_starts=tuple(pages) if draw(st.booleans()) else (),
    )


def passages_of(document: Document, most: int = MOST, count: CountTokens = words) -> list[Passage]:
    """Cut a document, holding every law on the way."""
    chunks = chunk(document, count, most)
    passages = [passage for passage, _ in chunks]
    for passage, embedded in chunks:
        assert passage.text == document.text[passage.start : passage.end]
        assert passage.text == passage.text.strip() != ""
        assert passage.id == f"{document.id}#{passage.start}-{passage.end}"
        assert passage.page == document.page_at(passage.start)
        assert embedded.endswith(passage.text)
    for before, after in pairwise(passages):
        assert before.end <= after.start
    kept = "".join("".join(passage.text.split()) for passage in passages)
    assert kept == "".join(document.text.split())
    assert all(length <= most for length in count([embedded for _, embedded in chunks]))
    return passages


@given(documents())
@example(make(""))
@example(make(" \n\n\t "))
def test_passages_are_ordered_verbatim_slices_that_hold_every_visible_character_and_fit(document: Document) -> None:
    passages_of(document)


@given(documents())
def test_the_same_document_gives_the_same_passages(document: Document) -> None:
    assert chunk(document, words, MOST) == chunk(document, words, MOST)


@given(documents())
def test_no_passage_crosses_a_heading_with_text_above_it_or_a_page(document: Document) -> None:
    for passage in passages_of(document):
        for heading in document.headings:
            above = document.text[passage.start : heading.start] if passage.start < heading.start < passage.end else ""
            titles = {line for line in above.splitlines() if line.strip()}
            assert titles <= {one.title for one in document.headings}
        assert not any(passage.start < page < passage.end for page in document.page_starts)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x" * 10_000, id="a word of 10,000 characters"),
        pytest.param("x9" * 5_000, id="a code of 10,000 letters and digits"),
        pytest.param("漢字" * 700, id="Chinese without a full stop"),
        pytest.param("!?" * 700, id="nothing but marks"),
        pytest.param("e\u0301" * 700, id="combining accents"),
        pytest.param("🏥 " * 300, id="emoji"),
        pytest.param("word " * 900, id="one endless sentence"),
        pytest.param("The board met in May. " * 150, id="one endless paragraph"),
        pytest.param("A row of a table 1 2 3\n" * 100, id="one endless table"),
        pytest.param("Short.\n\n" * 300, id="many short paragraphs"),
    ],
)
@pytest.mark.parametrize("title", ["", "Black Country Provider Collaborative", "An endless title " * 60, "t" * 900])
def test_what_is_embedded_fits_the_real_model(text: str, title: str) -> None:
    assert passages_of(make(text, title=title), 256, real_count())


@pytest.mark.slow
def test_deep_headings_of_any_length_leave_room_for_the_passage() -> None:
    lines = [(f"Heading {level} {'that goes on ' * 40}".strip(), level) for level in range(1, 5)]
    text = "\n\n".join([*(line for line, _ in lines), "The board met. " * 60])
    passages = passages_of(make(text, headings=lines), 256, real_count())
    assert passages[-1].heading_path == tuple(line for line, _ in lines)


def test_a_repeated_paragraph_is_two_places_and_two_passages() -> None:
    paragraph = "The same nineteen words stand here again and again " * 2
    text = f"{paragraph.strip()}\n\n{paragraph.strip()}"
    first, second = passages_of(make(text))
    assert first.text == second.text == paragraph.strip()
    assert (first.start, second.start) == (0, len(paragraph.strip()) + 2)
    assert first.id != second.id


def test_a_short_section_is_one_passage_with_its_heading_in_it_and_its_path() -> None:
    text = "Aims\n\nTo share staff.\n\nMoney\n\nTwo trusts pay."
    passages = passages_of(make(text, headings=[("Aims", 1), ("Money", 2)]))
    assert [(p.text, p.heading_path) for p in passages] == [
        ("Aims\n\nTo share staff.", ("Aims",)),
        ("Money\n\nTwo trusts pay.", ("Aims", "Money")),
    ]


def test_a_heading_with_nothing_of_its_own_goes_with_the_next_one() -> None:
    text = "Part one\n\nAims\n\nTo share staff.\n\nEnd"
    passages = passages_of(make(text, headings=[("Part one", 1), ("Aims", 2), ("End", 1)]))
    assert [(p.text, p.heading_path) for p in passages] == [
        ("Part one\n\nAims\n\nTo share staff.", ("Part one", "Aims")),
        ("End", ("End",)),
    ]


def test_a_document_of_nothing_but_headings_loses_none() -> None:
    headings = [("One", 1), ("Two", 2), ("Three", 1)]
    (passage,) = passages_of(make("One\n\nTwo\n\nThree", headings=headings))
    assert passage.text == "One\n\nTwo\n\nThree"


def test_a_passage_ends_with_its_page_and_names_it() -> None:
    text = "First page.\nSecond page.\n\nThird page."
    starts = [0, text.index("Second"), text.index("Third")]
    assert [(p.text, p.page) for p in passages_of(make(text, page_starts=starts))] == [
        ("First page.", 1),
        ("Second page.", 2),
        ("Third page.", 3),
    ]


def test_an_empty_page_has_no_passage_and_counts_all_the_same() -> None:
    text = "First page.\n\nThird page."
    starts = [0, 12, text.index("Third")]
    assert [p.page for p in passages_of(make(text, page_starts=starts))] == [1, 3]


def test_a_long_section_is_cut_between_paragraphs_and_then_between_sentences() -> None:
    sentence = "These are eight words that make one sentence. "
    text = f"{sentence * 2}\n\n{sentence * 4}".replace(" \n", "\n").strip()
    passages = passages_of(make(text, title=""))
    assert [p.text for p in passages] == [(sentence * 2).strip()] * 3


def test_a_long_text_is_cut_near_the_target_not_at_the_limit() -> None:
    passages = passages_of(make("Six words make up this sentence. " * 200, title=""), TARGET_TOKENS + 50)
    lengths = words([p.text for p in passages])
    assert max(lengths) <= TARGET_TOKENS
    assert min(lengths[:-1]) > TARGET_TOKENS - 8


@pytest.mark.parametrize(
    ("title", "path", "expected"),
    [
        pytest.param("", (), "Text", id="nothing in front"),
        pytest.param("Title", (), "Title. Text", id="title"),
        pytest.param("Title", ("A", "B"), "Title. A. B. Text", id="title and path"),
        pytest.param("Title", ("Title", "B"), "Title. B. Text", id="the title is not said twice"),
        pytest.param("Title.", ("A.",), "Title. A. Text", id="no doubled stops"),
        pytest.param("", ("A",), "A. Text", id="no title"),
    ],
)
def test_embedded_text(title: str, path: tuple[str, ...], expected: str) -> None:
    assert embedded_text(title, path, "Text") == expected


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        pytest.param("one two three", "one two three. Short text.", id="fits"),
        pytest.param("word " * 12, "word word word word word word. Short text.", id="halved until it fits"),
        pytest.param("t" * 300, "Short text.", id="one endless word is left out"),
    ],
)
def test_a_long_title_loses_words_where_it_is_embedded_and_nowhere_else(title: str, kept: str) -> None:
    ((passage, embedded),) = chunk(make("Short text.", title=title), words, MOST)
    assert embedded == kept
    assert passage.text == "Short text."


def test_a_long_path_loses_its_beginning_where_it_is_embedded_and_nowhere_else() -> None:
    lines = [("A heading of exactly six words", 1), ("Aims", 2)]
    text = "A heading of exactly six words\n\nAims\n\nShort."
    ((passage, embedded),) = chunk(make(text, title="A title of six words here", headings=lines), words, MOST)
    assert embedded == f"A title of six words here. Aims. {text}"
    assert passage.heading_path == ("A heading of exactly six words", "Aims")
