"""corpus/: every case study holds what its fact sheet says, no less and no more, in a form that ingest reads whole."""

import re

import pytest

from assistant.attribution import Bodies
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


ALIASES = [
    pytest.param(name, f"{slug}.md", id=f"{slug}: {name}")
    for slug in STUDIES
    for name in (
        check.page(slug).documents[0].metadata.collaborative,
        *check.page(slug).documents[0].metadata.aliases,
    )
]


@pytest.fixture(scope="module")
def bodies() -> Bodies:
    return Bodies(check.page(slug).documents[0] for slug in SLUGS)


@pytest.mark.parametrize("question", ["What does {} do?", "What did {}'s members agree?", "{}: who chairs it?"])
@pytest.mark.parametrize(("name", "document"), ALIASES)
def test_every_name_finds_its_own_page(bodies: Bodies, question: str, name: str, document: str) -> None:
    mentions = bodies.mentions(question.format(name))
    assert [mention.documents for mention in mentions] == [(document,)]
