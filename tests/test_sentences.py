"""assistant/sentences.py: sentence spans of NHS prose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sentences import split_sentences

# Text made of what trips a splitter, more often than chance would.
pieces = st.sampled_from(
    [
        *"abAZ9.!?…,:;()[]\"'“”‘’-–\n\t £é",
        "Dr",
        "Mr",
        "e.g.",
        "St.",
        "No. 5",
        "£2.4m",
        "U.S.",
        "etc.",
        "\n\n",
        " ",
        ". ",
        "• ",
    ]
)
texts = st.lists(pieces, max_size=60).map("".join) | st.text(max_size=120)


@given(texts)
def test_spans_are_ordered_apart_tight_and_hold_every_visible_character(text: str) -> None:
    spans = split_sentences(text)
    covered: set[int] = set()
    last = 0
    for start, end in spans:
        assert last <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        covered.update(range(start, end))
        last = end
    assert all(text[at].isspace() for at in range(len(text)) if at not in covered)


@given(texts, st.data())
def test_a_part_of_a_text_gives_spans_within_that_part(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    spans = split_sentences(text, start, end)
    assert all(start <= s < e <= end for s, e in spans)
    held = "".join(text[s:e] for s, e in spans)
    assert "".join(held.split()) == "".join(text[start:end].split())


@given(texts)
def test_an_empty_line_is_always_a_boundary(text: str) -> None:
    assert all("\n\n" not in text[start:end] for start, end in split_sentences(text))


@pytest.mark.parametrize("first", ["The board met.", "It cost £2.4m.", "Who chairs it?"])
@pytest.mark.parametrize("second", ["Nobody came.", "10 people came.", "“We met,” she said."])
def test_two_plain_sentences_are_two(first: str, second: str) -> None:
    text = f"{first} {second}"
    assert [text[s:e] for s, e in split_sentences(text)] == [first, second]


WHOLE = [
    "Dr Jonathan Odum chairs the group.",
    "Dr. Jonathan Odum chairs the group.",
    "The chair is Mr. Salman Mirza of Walsall.",
    "Prof. Mike Thomas and Sir. David met Mrs. Lee.",
    "The unit is at St. George's in Tooting.",
    "Some specialties, e.g. Urology and ENT, go first.",
    "Surgery, i.e. Orthopaedics, was first.",
    "The cost was £2.4m. in capital.",
    "The plan put £2.4m into robots and £1.5 million a year into running them.",
    "See No. 5 of the list.",
    "It follows no. 7 and vol. 3 of the report.",
    "J. Hartley wrote it.",
    "The lead is A. B. Smith of Leeds.",
    "The U.S. National Library was asked.",
    "It opened in Sept. 2023 at the hospital.",
    "They met at 10 a.m. and again at 4 p.m. that day.",
    "Theatre use rose from 74.5% to 81.2% in a year.",
    "The website is www.example.nhs.uk/page and it is open.",
    "Yorkshire Imaging Collaborative v. 2.1 is live.",
    "Waits (over 52 weeks. or more) fell.",
    "Bath Ltd. and Swindon Co. share it.",
    "The figure (approx. 250 patients) is undated.",
    "The Trust vs. the Council: a case.",
    "One trust said “we had no choice!” and went on.",
    "Is it “safe?” asked the board.",
    "The trusts waited … and waited.",
]


@pytest.mark.parametrize("sentence", WHOLE)
def test_is_one_sentence(sentence: str) -> None:
    assert [sentence[s:e] for s, e in split_sentences(sentence)] == [sentence]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        pytest.param(
            "Savings were £2.4m. The board agreed.", ["Savings were £2.4m.", "The board agreed."], id="money at the end"
        ),
        pytest.param("It ended in 2023. Then came 2024.", ["It ended in 2023.", "Then came 2024."], id="a year"),
        pytest.param(
            "“We trust each other.” The chair agreed.",
            ["“We trust each other.”", "The chair agreed."],
            id="a quotation mark behind the stop",
        ),
        pytest.param(
            'He said "it works." "Nobody left," she said.',
            ['He said "it works."', '"Nobody left," she said.'],
            id="straight quotation marks",
        ),
        pytest.param(
            "Waits fell (by 10%). Costs rose.", ["Waits fell (by 10%).", "Costs rose."], id="a bracket before the stop"
        ),
        pytest.param(
            "Waits fell. (Costs rose.) All went on.",
            ["Waits fell.", "(Costs rose.)", "All went on."],
            id="a sentence in brackets",
        ),
        pytest.param("Why? Because it works! Well.", ["Why?", "Because it works!", "Well."], id="other marks"),
        pytest.param(
            "It covers HR, finance etc. The rest follows.",
            ["It covers HR, finance etc.", "The rest follows."],
            id="etc. at the end",
        ),
        pytest.param(
            "It was led by the NHS. Nobody else came.", ["It was led by the NHS.", "Nobody else came."], id="NHS."
        ),
        pytest.param(
            "They use A.I. 20 trusts have it.",
            ["They use A.I. 20 trusts have it."],
            id="an abbreviation with stops is doubtful",
        ),
        pytest.param(
            "The answer was no. The board went on.", ["The answer was no.", "The board went on."], id="no is a word too"
        ),
        pytest.param(
            "It took 30 min. The rest was quick.", ["It took 30 min.", "The rest was quick."], id="min. at the end"
        ),
        pytest.param(
            "They met at 4 p.m. The chair spoke.", ["They met at 4 p.m.", "The chair spoke."], id="p.m. at the end"
        ),
        pytest.param("He moved to plan B. Then she left.", None, id="a lone capital is doubtful"),
        pytest.param("First item\nSecond item", ["First item", "Second item"], id="list items without stops"),
        pytest.param("A heading\n\nsmall letters follow", ["A heading", "small letters follow"], id="an empty line"),
        pytest.param(
            "A line of text that was wrapped by hand at about seventy characters\nand goes on here.",
            ["A line of text that was wrapped by hand at about seventy characters\nand goes on here."],
            id="a wrapped line",
        ),
        pytest.param(
            "A line of text that was wrapped by hand at about seventy characters\nAnd a new item of a list.",
            [
                "A line of text that was wrapped by hand at about seventy characters",
                "And a new item of a list.",
            ],
            id="a long list item and the next",
        ),
        pytest.param("Short line\nand more", ["Short line", "and more"], id="a short line was not wrapped"),
        pytest.param("The aims are: • one. • Two.", ["The aims are: • one.", "• Two."], id="bullets in a line"),
        pytest.param("  \n \t ", [], id="nothing visible"),
        pytest.param("", [], id="nothing"),
        pytest.param("...", ["..."], id="only stops"),
    ],
)
def test_sentences(text: str, sentences: list[str] | None) -> None:
    found = [text[s:e] for s, e in split_sentences(text)]
    if sentences is None:
        assert " ".join(found) == text
    else:
        assert found == sentences


def test_a_long_text_is_cut_in_one_pass() -> None:
    text = "The trust met Dr. Lee. " * 20_000
    assert len(split_sentences(text)) == 20_000
