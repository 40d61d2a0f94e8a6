"""PDF: pages, paragraphs, headings, and what is refused or warned of."""

from io import BytesIO
from itertools import pairwise

import pytest
from reader_files import Lines, check_laws, make_pdf, prose

from assistant.errors import DocumentRefused
from assistant.schema import Document
from ingest.readers import Reading, read
from ingest.readers.pdf_lines import Line, page_blocks


def text_of_pdf(data: bytes) -> str:
    return read(data, "a.pdf").documents[0].text


WRAPPED = [
    "The collaborative was formed in September 2020 in response to the pan-",
    "demic. It has a well-known board, and an evidence-",
    "based plan for 2022-",
    "23 that it shares with the public and with all of its four member trusts,",
    "which meet every month.",
]
JOINED = (
    "The collaborative was formed in September 2020 in response to the pandemic. It has a well-known board, and an "
    "evidence-based plan for 2022-23 that it shares with the public and with all of its four member trusts, which "
    "meet every month."
)


def read_pdf(pages: list[Lines], **about: object) -> Reading:
    reading = read(make_pdf(pages, **about), "folder/a-report.pdf")  # type: ignore[arg-type]
    check_laws(reading)
    return reading


def document_of(pages: list[Lines], **about: object) -> Document:
    return read_pdf(pages, **about).documents[0]


def test_wrapped_lines_become_paragraphs_with_their_cut_words_whole() -> None:
    lines = [*prose(50, 700, WRAPPED), *prose(50, 600, ["Evidence-based care has no line end within it here."])]
    # "evidence-based" is written with its hyphen elsewhere, "pan-demic" nowhere.
    assert document_of([lines]).text == f"{JOINED}\n\nEvidence-based care has no line end within it here."


def test_pages_start_where_their_text_does_and_empty_ones_where_the_next_does() -> None:
    document = document_of(
        [[], prose(50, 700, ["First words of the page"]), [], prose(50, 700, ["Last words of it"]), []]
    )
    assert document.text == "First words of the page\n\nLast words of it"
    assert document.page_starts == (0, 0, 25, 25, 41)
    assert [document.page_at(offset) for offset in (0, 24, 25, 40)] == [2, 2, 4, 4]


def test_titles_of_the_outline_become_headings_where_they_stand() -> None:
    body = prose(50, 660, WRAPPED)
    pages: list[Lines] = [
        [(50, 770, 9, "Results"), (50, 700, 18, "1 Profile"), *body],
        [
            (50, 770, 9, "Results"),
            (50, 700, 18, "2. Results"),
            *body,
            (50, 500, 14, "A long title over"),
            (50, 482, 14, "two lines"),
        ],
    ]
    outline = [("Profile", 0), ("Results", 1), ("A long title over two lines", 1), ("Not there", 1)]
    document = document_of(pages, outline=outline)
    assert [heading.title for heading in document.headings] == [
        "1 Profile",
        "2. Results",
        "A long title over two lines",
    ]
    assert document.heading_path(document.text.rindex("pandemic")) == ("2. Results",)


def test_lists_are_items_and_tables_rows() -> None:
    lines = [
        *prose(50, 700, ["It has three aims:"]),
        (60, 680, 12, "•"),
        (75, 680, 12, "to reduce waits, which had grown longer in the pandemic than they had ever been"),
        (75, 666, 12, "before"),
        (60, 652, 12, "• to share staff"),
        *prose(50, 620, ["1. First", "2. Second"]),
        (50, 580, 12, "Trust"),
        (250, 580, 12, "Beds"),
        (50, 566, 12, "One Trust"),
        (250, 566, 12, "500"),
        (50, 552, 12, "Two Trust"),
        (250, 552, 12, "600"),
    ]
    assert document_of([lines]).text == (
        "It has three aims:\n\nto reduce waits, which had grown longer in the pandemic than they had ever been before\n"
        "to share staff\n1. First\n2. Second\n\nTrust | Beds\nOne Trust | 500\nTwo Trust | 600"
    )


def test_short_lines_stay_lines_and_columns_go_on() -> None:
    address = prose(50, 700, ["The Example Trust", "1 High Street", "Dudley", "West Midlands"])
    left = prose(50, 500, ["The collaborative's four trusts have agreed", "to share their staff, their theatres and"])
    right = prose(320, 500, ["their waiting lists, so that nobody waits", "longer for where they live."])
    assert document_of([[*address, *left, *right]]).text == (
        "The Example Trust\n1 High Street\nDudley\nWest Midlands\n\nThe collaborative's four trusts have agreed to "
        "share their staff, their theatres and their waiting lists, so that nobody waits longer for where they live."
    )


@pytest.mark.parametrize("turn", [0, 1, 2, 3], ids=["upright", "upwards", "upside down", "downwards"])
@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_turned_pages_read_like_upright_ones(turn: int, rotate: int) -> None:
    lines = prose(150, 500, WRAPPED)
    turned = make_pdf([lines], turn=turn).replace(b"/MediaBox", b"/Rotate %d /MediaBox" % rotate)
    assert text_of_pdf(turned) == document_of([lines]).text


def test_a_raised_number_does_not_join_a_figure() -> None:
    lines = [(50, 700, 12, "It serves 5,400"), (137, 705, 7, "2"), (145, 700, 12, "people in all of its places.")]
    assert document_of([lines]).text == "It serves 5,400 2 people in all of its places."


@pytest.mark.parametrize(
    ("own", "title"),
    [
        ("The Example Report", "The Example Report"),
        ("", "a-report"),
        ("Microsoft Word - report v2.doc", "a-report"),
        ("report.indd", "a-report"),
        ("untitled", "a-report"),
        ("PowerPoint Presentation", "a-report"),
        ("-", "a-report"),
    ],
)
def test_the_title_is_the_file_s_own_where_a_person_wrote_it(own: str, title: str) -> None:
    assert document_of([prose(50, 700, ["Some words on a page"])], title=own).title == title


def test_a_scan_is_refused_as_one_and_a_few_words_are_read_with_a_warning() -> None:
    with pytest.raises(DocumentRefused, match=r"has no text layer .* run OCR on it first"):
        read_pdf([[], []])
    reading = read_pdf([prose(50, 700, ["Hello World"])])
    assert reading.documents[0].text == "Hello World"
    assert reading.warnings == ("holds only 11 characters: is the rest of it a scan?",)


def locked(user: str) -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(BytesIO(make_pdf([prose(50, 700, WRAPPED)]))))
    writer.encrypt(user, "owner", algorithm="RC4-128")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_password_is_named_and_an_empty_one_opens() -> None:
    with pytest.raises(DocumentRefused, match="needs a password"):
        read(locked("secret"), "a.pdf")
    assert "in response to the pandemic" in read(locked(""), "a.pdf").documents[0].text


def test_what_the_first_reader_cannot_open_the_second_may() -> None:
    whole = make_pdf([prose(50, 700, WRAPPED), prose(50, 700, ["Last page"])])
    reading = read(whole.replace(b"/Root 1 0 R", b"/Roof 1 0 R"), "a.pdf")
    check_laws(reading)
    assert reading.warnings == ("is damaged, and was read by the second reader (pypdf): look it over",)
    assert "in response to the pan" in reading.documents[0].text
    assert reading.documents[0].page_starts == (0, reading.documents[0].text.index("Last page"))


def test_what_neither_reader_can_open_is_refused() -> None:
    with pytest.raises(DocumentRefused, match="is damaged beyond reading"):
        read(make_pdf([prose(50, 700, WRAPPED)])[:300], "a.pdf")


def test_a_file_that_is_cut_short_is_read_or_refused() -> None:
    whole = make_pdf([prose(50, 700, WRAPPED)] * 3)
    for share in (0.1, 0.5, 0.9, 0.99):
        try:
            check_laws(read(whole[: int(share * len(whole))], "a.pdf"))
        except DocumentRefused as refusal:
            assert str(refusal)


def line(text: str, left: float = 0, base: float = 0, size: float = 10) -> Line:
    return Line(text, left, left + len(text) * size / 2, base, size)


@pytest.mark.parametrize(
    ("lines", "blocks"),
    [
        (
            ["A line of the usual full width of all lines", "and its end."],
            ["A line of the usual full width of all lines and its end."],
        ),
        (["A sentence that ends well short of it.", "The next paragraph begins here and is longer than it"], None),
        (
            ["Care in 2018–", "19 was shared by all of the four trusts there."],
            ["Care in 2018–19 was shared by all of the four trusts there."],
        ),
        (
            ["Anglo-", "Saxon customs were shared by all of the trusts."],
            ["Anglo-Saxon customs were shared by all of the trusts."],
        ),
    ],
    ids=["wrapped", "two paragraphs", "range", "name with a hyphen"],
)
def test_line_ends(lines: list[str], blocks: list[str] | None) -> None:
    placed = [line(text, base=-12.0 * number) for number, text in enumerate(lines)]
    assert [block.text for block in page_blocks(placed, 1)] == (blocks or lines)


def test_a_gap_or_another_size_begins_a_paragraph() -> None:
    text = "words that fill the line as far as it goes on"
    placed = [line(text), line(text, base=-12), line(text, base=-40), line(text, base=-54, size=14)]
    blocks = page_blocks(placed, 1)
    assert [block.text for block in blocks] == [f"{text} {text}", text, text]
    assert all(one.group != other.group for one, other in pairwise(blocks))
