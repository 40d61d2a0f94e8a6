"""corpus/: every case study holds what its fact sheet says, no less and no more, in a form that ingest reads whole."""

import re

import pytest

from assistant.schema import Document, sha256_of
from tests import corpus_check as check

SLUGS = check.slugs()
STUDIES = [slug for slug in SLUGS if slug != "glossary"]
needs_sheets = pytest.mark.skipif(not check.FACTS.is_dir(), reason=f"the fact sheets are not at {check.FACTS}")


@needs_sheets
def test_there_is_a_page_for_every_sheet() -> None:
    assert {path.stem for path in check.FACTS.glob("*.md")} == set(STUDIES)


@needs_sheets
@pytest.mark.parametrize("slug", STUDIES)
def test_no_fact_of_a_sheet_is_overlooked_by_this_check(slug: str) -> None:
    said = re.search(r"^facts: (\d+)$", check.sheet(slug), re.M)
    assert said is not None
    assert len(check.facts(check.sheet(slug))) == int(said[1])


@needs_sheets
@pytest.mark.parametrize("slug", STUDIES)
def test_the_facts_stand_together(slug: str) -> None:
    rows = check.coverage(slug)
    lacking = [f"{row.fact.id} lacks {', '.join(row.missing)}" for row in rows if not row.met]
    assert len(lacking) <= (1 - check.COVERED) * len(rows), lacking


@needs_sheets
@pytest.mark.parametrize("slug", STUDIES)
def test_the_paragraph_of_a_fact_is_marked_with_its_source(slug: str) -> None:
    wrong = [
        f"{row.fact.id}: {sorted(row.paragraph.keys)} and not {row.fact.source}"
        for row in check.coverage(slug)
        if row.fact.source not in row.paragraph.keys
    ]
    assert not wrong


@needs_sheets
@pytest.mark.parametrize("slug", SLUGS)
def test_nothing_is_said_that_no_sheet_says(slug: str) -> None:
    assert check.unsupported(slug) == []


@needs_sheets
@pytest.mark.parametrize("slug", STUDIES)
def test_the_sources_are_those_of_the_sheet(slug: str) -> None:
    sources = check.page(slug).documents[0].metadata.sources
    assert {source.key: source.url for source in sources} == check.sheet_sources(slug)


@pytest.mark.parametrize("slug", STUDIES)
def test_front_matter_is_complete(slug: str) -> None:
    document = check.page(slug).documents[0]
    about = document.metadata
    assert all((document.title, about.collaborative, about.aliases, about.region, about.type, about.population))
    assert 4 <= len(about.topics) <= 25
    assert all(topic == topic.strip() for topic in about.topics)
    assert all(source.title and source.publisher for source in about.sources)
    assert about.sources


@pytest.mark.parametrize("slug", SLUGS)
def test_a_page_reads_without_a_warning(slug: str) -> None:
    assert check.page(slug).warnings == ()


@pytest.mark.parametrize("slug", SLUGS)
def test_no_sentence_is_too_long(slug: str) -> None:
    assert check.long_sentences(slug) == []


@pytest.mark.parametrize("slug", SLUGS)
def test_every_address_is_well_formed(slug: str) -> None:
    for source in check.page(slug).documents[0].metadata.sources:
        assert not source.url or re.fullmatch(r"https?://[\w.-]+\.[a-z]{2,}(?::\d+)?(?:/[^\s<>\"]*)?", source.url)


@pytest.mark.parametrize("slug", STUDIES)
def test_marks_stand_at_the_end_and_every_paragraph_but_a_gap_has_some(slug: str) -> None:
    body = (check.CORPUS / f"{slug}.md").read_text(encoding="utf-8").split("\n---\n", 1)[1]
    assert not re.search(r"\]\(|https?://|<[a-z]", body), "links belong into the front matter"
    said, _, gaps = body.partition("\n## What the sources do not say")
    lines = [line for line in said.splitlines() if line.strip() and not line.startswith("#")]
    wrong = [line for line in lines if not re.fullmatch(r"[^\[]*?(?:\[\^\w+\])+", line)]
    assert wrong == []
    assert "[^" not in gaps


@pytest.mark.parametrize("slug", STUDIES)
def test_every_source_is_used(slug: str) -> None:
    document = check.page(slug).documents[0]
    used = {key for mark in document.marks for key in mark.keys}
    assert used == {source.key for source in document.metadata.sources}


def test_no_two_pages_have_a_name_in_common() -> None:
    names: dict[str, str] = {}
    for slug in STUDIES:
        about = check.page(slug).documents[0].metadata
        for name in {name.casefold() for name in (about.collaborative, *about.aliases)}:
            assert names.setdefault(name, slug) == slug, f"{name!r} names {names[name]} and {slug}"


def test_the_glossary_lists_each_abbreviation_once() -> None:
    lines = re.findall(r"^- ([^:]+):", (check.CORPUS / "glossary.md").read_text(encoding="utf-8"), re.M)
    assert len(lines) > 70
    assert len(lines) == len(set(lines))


# --- The check itself ---

_SHEET = (
    "- F001. Sir Ann Lee opened 20 beds at Hill Hospital on 3 May 2021, for NHS FT staff. [B1, section: x; <https://x>]"
)
_FACT = check.facts(_SHEET)[0]


def _page(text: str) -> Document:
    return Document(id="d.md", sha256=sha256_of(text), title="D", text=text)


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        pytest.param(
            "On 3 May 2021 Sir Ann Lee opened 20 beds at Hill Hospital for FT staff of the NHS.", (), id="all"
        ),
        pytest.param("On 3 May 2021 Sir Ann Lee opened twenty beds at Hill Hospital, NHS FT.", ("20",), id="number"),
        pytest.param("On 3 June 2021 Ann Lee of Hill Hospital: 20, sir, NHS FT.", ("3 May 2021", "May"), id="date"),
        pytest.param("On 3 May 2021 Sir Ann Lew opened 20 beds at Hill Hospital, NHS FT.", ("Lee",), id="name"),
    ],
)
def test_what_a_paragraph_lacks(text: str, lacks: tuple[str, ...]) -> None:
    document = _page(text)
    (paragraph,) = check.paragraphs(document)
    assert check.missing(_FACT, document, paragraph) == lacks


def test_a_fact_torn_apart_is_not_covered() -> None:
    document = _page("Sir Ann Lee opened Hill Hospital for NHS FT staff.\n\nOn 3 May 2021 it had 20 beds.")
    assert all(check.missing(_FACT, document, paragraph) for paragraph in check.paragraphs(document))


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        pytest.param(
            "The 20 beds of Hill Hospital, opened by Sir Ann Lee of an NHS Foundation Trust.", [], id="nothing"
        ),
        pytest.param("The hospital has 21 beds.", ["21"], id="number"),
        pytest.param("In the hospital there are fourteen beds.", ["14"], id="number in words"),
        pytest.param("It opened on 3 May 2022.", ["2022", "3 May 2022"], id="date"),
        pytest.param("The beds stand at Vale Hospital.", ["Vale", "Vale Hospital"], id="place"),
        pytest.param("The beds were opened by Ann Hill.", ["Ann Hill"], id="a name mixed from two"),
    ],
)
def test_what_no_sheet_holds(text: str, lacks: list[str]) -> None:
    assert check.not_held(text, "", _SHEET) == lacks
