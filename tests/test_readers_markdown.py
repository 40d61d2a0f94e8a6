"""Markdown: front matter, source marks and what becomes of each kind of block."""

from pathlib import Path

import pytest
from reader_files import check_laws

from assistant.errors import DocumentRefused
from assistant.schema import Document, Source
from ingest.readers import Reading, read

PAGE = """---
title: "The Example Collaborative"
collaborative: Example
aliases: ["EC", "the example trusts"]
region: "West Midlands"
type: acute
population: 1.3
trusts: ["One Trust", "Two Trust"]
topics: [governance, recovery]
date: 2023-06-01
source_url: https://example.org/case
sources:
  - key: B0
    title: "Introduction"
    publisher: NHS Providers
    url: "https://example.org/intro"
    date: ""
    note: "repost: check it"
  - key: B1
    title: Board paper
    date: 2023-11-10
---

# The Example Collaborative

## Profile
It serves 1.3 million people,
in *two* places. [^B0][^B1]

It has [three aims](https://example.org "aims"): ![a picture](x.png)

- Reduce waits. [^B0]
- Share staff.
  - Within reason. [^B1]

1. First
2. Second

| Trust | Beds |
|-------|------|
| One   | 500 |
| Two   | 600 [^B1] |
"""


def read_page(text: str) -> Reading:
    reading = read(text.encode(), "folder/example.md")
    check_laws(reading)
    return reading


def document_of(text: str) -> Document:
    return read_page(text).documents[0]


def marked(document: Document) -> list[tuple[str, tuple[str, ...]]]:
    return [(document.text[mark.start : mark.end], mark.keys) for mark in document.marks]


def test_a_page_becomes_its_text_and_its_front_matter_metadata() -> None:
    reading = read_page(PAGE)
    document = reading.documents[0]
    assert not reading.warnings
    assert document.text == (
        "The Example Collaborative\n\nProfile\n\nIt serves 1.3 million people, in two places.\n\n"
        "It has three aims:\n\nReduce waits.\nShare staff.\nWithin reason.\n\n1. First\n2. Second\n\n"
        "Trust | Beds\nOne | 500\nTwo | 600"
    )
    assert [(heading.level, heading.title) for heading in document.headings] == [
        (1, "The Example Collaborative"),
        (2, "Profile"),
    ]
    about = document.metadata
    assert document.title == "The Example Collaborative"
    assert (about.collaborative, about.aliases, about.date) == ("Example", ("EC", "the example trusts"), "2023-06-01")
    assert (about.population, about.topics) == ("1.3", ("governance", "recovery"))
    assert about.sources == (
        Source(
            key="B0",
            title="Introduction (repost: check it)",
            publisher="NHS Providers",
            url="https://example.org/intro",
        ),
        Source(key="B1", title="Board paper", date="2023-11-10"),
    )


def test_marks_belong_to_the_block_that_they_end() -> None:
    assert marked(document_of(PAGE)) == [
        ("It serves 1.3 million people, in two places.", ("B0", "B1")),
        ("Reduce waits.", ("B0",)),
        ("Within reason.", ("B1",)),
        ("Trust | Beds", ("B1",)),  # the mark at the table's end is the whole table's
        ("One | 500", ("B1",)),
        ("Two | 600", ("B1",)),
    ]


HEAD = "---\nsources: [{key: B0}, {key: B1}]\n---\n"


@pytest.mark.parametrize(
    ("markdown", "expected", "warned"),
    [
        ("Text.[^B0]", [("Text.", ("B0",))], False),
        ("Text [^B0].", [("Text.", ("B0",))], False),
        ("Text.[^B0] [^B0]", [("Text.", ("B0",))], False),
        ("One.[^B0] Two.", [("One. Two.", ("B0",))], True),
        ("One [^B0], two.", [("One, two.", ("B0",))], True),
        ("One.\n\n[^B0]", [("One.", ("B0",))], False),
        ("- One.\n- Two.\n\n[^B1]", [("One.", ("B1",)), ("Two.", ("B1",))], False),
        ("|a|b|\n|-|-|\n|c[^B0]|d|\n|e[^B1]|f|", [("c | d", ("B0",)), ("e | f", ("B1",))], False),
        ("|a|\n|-|\n|c|\n\n[^B1]", [("a", ("B1",)), ("c", ("B1",))], False),
        ("One.[^B0]\n\n[^B0]: https://example.org", [("One.", ("B0",))], False),
        ("One.[^B0]\n\n[^B0]: The source says so.", [("One.", ("B0",)), ("The source says so.", ("B0",))], False),
        ("`[^B0]` is how a mark is written.", [], False),
        ("Text.[^B9]", [], True),
        ("## Results [^B0]", [("Results", ("B0",))], False),
    ],
)
def test_marks_go_from_the_text(markdown: str, expected: list[tuple[str, tuple[str, ...]]], warned: bool) -> None:
    reading = read_page(HEAD + markdown)
    assert marked(reading.documents[0]) == expected
    assert bool(reading.warnings) == warned
    if not markdown.startswith("`"):
        assert "[^" not in reading.documents[0].text


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("a  \nNew line\\\nthird", "a\nNew line third"),
        ("> quoted\n> text", "quoted text"),
        ("```python\nif x:\n\n    y()\n```", "if x:\n    y()"),
        ("a <!-- secret --> b", "a b"),
        ("<!--\nsecret\n-->\n\na", "a"),
        ("a <b>bold</b> <u>b</u> &amp; &lt;c&gt;", "a bold b & <c>"),
        ('<div style="display: none">\n\nsecret\n\n</div>\n\na', "a"),
        ("a\n\n***\n\nb", "a\n\nb"),
        ("![secret](x.png) a", "a"),
        ("<https://example.org>", "https://example.org"),
        ("[a][1]\n\n[1]: https://example.org", "a"),
        ("* a\n\n* b\n\n  more", "a\nb\nmore"),
        ("7. a\n8. b", "7. a\n8. b"),
        ("- a\n\n\n1. b", "a\n\n1. b"),
        ("-\ta\n\t- b", "a\nb"),
        ("# A # \n\nB\n===", "A\n\nB"),
        ("|a|b|\n|-|-|\n|x\\|y||", "a | b\nx|y"),
        ("ﬁve oﬃces", "five offices"),
    ],
)
def test_marks_of_markdown_go_and_what_is_seen_stays(markdown: str, expected: str) -> None:
    assert document_of(markdown).text == expected


@pytest.mark.parametrize(
    ("markdown", "title"),
    [
        ("---\ntitle: From the front\n---\n# From the heading", "From the front"),
        ("Intro\n\n## Second\n\n# From the heading", "From the heading"),
        ("## Second", "example"),
        ("---\ntitle:\n---\n# H", "H"),
    ],
)
def test_the_title_is_the_first_that_is_given(markdown: str, title: str) -> None:
    assert document_of(markdown).title == title


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ("topics: governance", r"""front matter: topics should be a list such as \["one", "two"\], not 'governance'"""),
        ("title: [a]", r"front matter: title should be a text, not \['a'\]"),
        ("title: yes", 'front matter: title should be a text, not True .write it in "quotes"'),
        ("aliases: [{a: b}]", "front matter: each of aliases should be a text"),
        ("sources: {key: B0}", "front matter: sources should be a list of sources"),
        ("sources: [B0]", r"front matter: sources\[1\] should have a key"),
        ("sources: [{title: x}]", r"front matter: sources\[1\].key should be a short word such as B1.*not None"),
        ("sources: [{key: 'a b'}]", "key should be a short word"),
        ("sources: [{key: B0}, {key: B0}]", "two sources have the key 'B0'"),
        ("just words", "front matter should be lines of 'name: value'"),
        ("title: 'open", r"front matter is not YAML: .* \(line \d\)"),
        ("date: 2023-02-31", "front matter is not YAML"),
        ("x: !!python/object/apply:os.getcwd []", "front matter is not YAML: could not determine a constructor"),
        ("x: " + "[" * 3000, "front matter is not YAML"),
    ],
)
def test_wrong_front_matter_is_refused_by_the_field(fields: str, reason: str) -> None:
    with pytest.raises(DocumentRefused, match=reason):
        read_page(f"---\n{fields}\n---\ntext")


@pytest.mark.parametrize(
    ("fields", "warning"),
    [
        ("colour: red", "front matter: the field 'colour' is not known and left out"),
        ("sources: [{key: B0, pages: 3}]", "front matter: the field 'sources[1].pages' is not known and left out"),
        ("source_url: 'javascript:alert(1)'", "source_url 'javascript:alert(1)' is not an http or https address"),
        ("sources: [{key: B0, url: 'ftp://x'}]", "sources[1].url 'ftp://x' is not an http or https address"),
    ],
)
def test_odd_front_matter_is_read_with_a_warning(fields: str, warning: str) -> None:
    reading = read_page(f"---\n{fields}\n---\ntext")
    assert warning in reading.warnings[0]
    assert reading.documents[0].metadata.source_url == ""


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    assert document_of("---\n\ntext").text == "text"


def test_what_lies_too_deep_is_refused_and_not_dropped() -> None:
    assert document_of("> " * 40 + "deep").text == "deep"
    with pytest.raises(DocumentRefused, match="nested deeper than"):
        read_page("> " * 80 + "deep")


def test_every_case_study_is_read_without_a_warning() -> None:
    for page in sorted((Path(__file__).parents[1] / "corpus").glob("*.md")):
        reading = read(page.read_bytes(), page.name)
        check_laws(reading)
        assert not reading.warnings, page.name
        assert "[^" not in reading.documents[0].text, page.name
