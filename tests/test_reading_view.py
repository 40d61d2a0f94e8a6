"""frontend/reader.py and its panel: a document is shown whole, and exactly its span is highlighted."""

import re
from dataclasses import replace

from frontend_seen import is_ours
from hypothesis import given
from hypothesis import strategies as st

from assistant.schema import Document, Heading
from frontend import reader
from frontend.panel import context

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
