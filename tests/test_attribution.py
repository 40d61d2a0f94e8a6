"""assistant/attribution.py: whose fact it is, over the names of the real corpus."""

from dataclasses import replace

import pytest

from assistant.attribution import Bodies
from tests import corpus_check as check
from tests.answer_samples import document

STUDIES = [check.page(slug).documents[0] for slug in check.slugs() if slug != "glossary"]
ALIASES = [
    pytest.param(name, study.id, id=f"{study.id}: {name}")
    for study in STUDIES
    for name in dict.fromkeys((study.metadata.collaborative, *study.metadata.aliases))
]


@pytest.fixture(scope="module")
def bodies() -> Bodies:
    return Bodies(check.page(slug).documents[0] for slug in check.slugs())


def _documents(bodies: Bodies, question: str) -> list[str]:
    return [name for mention in bodies.mentions(question) for name in mention.documents]


@pytest.mark.parametrize("question", ["What does {} do?", "What did {}'s members agree?", "{}: who chairs it?", "{}"])
@pytest.mark.parametrize(("name", "page"), ALIASES)
def test_every_name_of_every_page_finds_that_page_alone(bodies: Bodies, question: str, name: str, page: str) -> None:
    assert _documents(bodies, question.format(name)) == [page]


@pytest.mark.parametrize(("name", "page"), [row for row in ALIASES if " " in str(row.values[0])])
def test_a_name_of_several_words_is_found_in_small_letters(bodies: Bodies, name: str, page: str) -> None:
    assert _documents(bodies, f"how does {name.lower()} work") == [page]


@pytest.mark.parametrize(
    ("page", "name"),
    [
        pytest.param("west-yorkshire-wyaat.md", "WYAAT", id="an abbreviation"),
        pytest.param("black-country.md", "BCPC", id="of several names the shortest"),
    ],
)
def test_the_short_name_of_a_body(bodies: Bodies, page: str, name: str) -> None:
    assert bodies.short_name(page) == name


@pytest.mark.parametrize(
    ("collaborative", "aliases", "name"),
    [
        pytest.param("Alpha Provider Collaborative", ("AP",), "Alpha Provider Collaborative", id="too short to tell"),
        pytest.param("Alpha", ("AP",), "Alpha", id="short, and tells"),
        pytest.param("AP", (), "AP", id="no other"),
        pytest.param("", (), "The title", id="none: the title"),
    ],
)
def test_a_short_name_tells_who_it_is(collaborative: str, aliases: tuple[str, ...], name: str) -> None:
    named = replace(document().metadata, collaborative=collaborative, aliases=aliases)
    page = replace(document(), title="The title", metadata=named)
    assert Bodies([page]).short_name(page.id) == name


@pytest.mark.parametrize(
    ("question", "pages"),
    [
        pytest.param("What has BCPC done?", ["black-country.md"], id="an abbreviation"),
        pytest.param("what has bcpc done", ["black-country.md"], id="an abbreviation in small letters"),
        pytest.param("BCPC's robots", ["black-country.md"], id="a genitive"),
        pytest.param("BCPC, and WYAAT?", ["black-country.md", "west-yorkshire-wyaat.md"], id="two, in their order"),
        pytest.param("BCPC or the Black Country collaborative", ["black-country.md"], id="one body named twice"),
        pytest.param("What do the four Black Country trusts share?", ["black-country.md"], id="its trusts"),
        pytest.param(
            "What does the Black Country Provider Collaborative's board do?", ["black-country.md"], id="longest"
        ),
        pytest.param("What does Lancashire/South Cumbria pay?", ["lancashire-south-cumbria.md"], id="a stroke for and"),
        pytest.param("What do Norfolk & Waveney pay?", ["norfolk-waveney.md"], id="an ampersand for and"),
        pytest.param("What are the aims of the hub?", [], id="nobody"),
        pytest.param("What is the Frimley collaborative?", [], id="a body that is not here"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_whom_a_question_names(bodies: Bodies, question: str, pages: list[str]) -> None:
    assert _documents(bodies, question) == pages


@pytest.mark.parametrize(
    ("question", "pages"),
    [
        pytest.param(
            "What are the priorities of the GPs' group in the Black Country, the primary care one?",
            ["black-country.md", "short-notes.md"],
            id="the words of a longer name stand apart",
        ),
        pytest.param("Where does the Black Country give primary help?", ["black-country.md"], id="not all its words"),
        pytest.param("How does BCPC plan with primary care?", ["black-country.md"], id="an abbreviation"),
    ],
)
def test_a_short_name_may_mean_a_namesake_that_the_question_describes(
    bodies: Bodies, question: str, pages: list[str]
) -> None:
    assert _documents(bodies, question) == pages


@pytest.mark.parametrize(
    ("question", "page"),
    [
        pytest.param("What is the Black Country Primary Care Collaborative?", "short-notes.md", id="primary care"),
        pytest.param("What is the West Yorkshire mental health collaborative?", "west-yorkshire-mhlda.md", id="mental"),
        pytest.param("What is the West Yorkshire Association of Acute Trusts?", "west-yorkshire-wyaat.md", id="acute"),
        pytest.param("What is the North East London APC?", "short-notes.md", id="North East London"),
        pytest.param("What is the North West London APC?", "north-west-london-apc.md", id="North West London"),
        pytest.param("What is the South East London APC?", "south-east-london-apc.md", id="South East London"),
        pytest.param("What is the South West London APC?", "south-west-london-apc.md", id="South West London"),
        pytest.param("What is the South London partnership?", "south-london-partnership.md", id="South London"),
        pytest.param("What is North Central East London?", "ncel-camhs.md", id="North Central East London"),
        pytest.param("What is PROSPECT?", "prospect-cheshire-merseyside.md", id="PROSPECT"),
        pytest.param("What is CMAST?", "cmast.md", id="CMAST"),
        pytest.param("What is IMPACT?", "impact-east-midlands.md", id="IMPACT"),
        pytest.param("What is EMAP?", "east-midlands-acute-providers.md", id="EMAP"),
        pytest.param("What is South Yorkshire?", "south-yorkshire-acute-federation.md", id="South Yorkshire"),
        pytest.param("Who leads the Norfolk and Waveney EPR?", "norfolk-waveney.md", id="a thing of the body"),
        pytest.param("Where is the North West London EOC?", "north-west-london-apc.md", id="a centre of the body"),
    ],
)
def test_namesakes_do_not_mix(bodies: Bodies, question: str, page: str) -> None:
    assert _documents(bodies, question) == [page]


@pytest.mark.parametrize(
    "question",
    [
        pytest.param("What was the impact of the hub?", id="impact in small letters"),
        pytest.param("Impact of mutual aid?", id="Impact at the beginning"),
        pytest.param("What does Black Country Healthcare NHS Foundation Trust do?", id="a trust named like its area"),
        pytest.param("Who runs Harrogate and District?", id="a member of two bodies"),
        pytest.param("What is South West London and St George's?", id="a trust whose name begins like a body's"),
        pytest.param("What is the foundation of the group?", id="words of a name apart"),
    ],
)
def test_what_only_sounds_like_a_body_is_none(bodies: Bodies, question: str) -> None:
    assert bodies.mentions(question) == ()


@pytest.mark.parametrize(
    ("question", "pages"),
    [
        pytest.param(
            "What happens in West Yorkshire?",
            ["national-context.md", "west-yorkshire-mhlda.md", "west-yorkshire-wyaat.md"],
            id="WY, its community collaborative in the national pages",
        ),
        pytest.param("Who leads in Cheshire and Merseyside?", ["cmast.md", "prospect-cheshire-merseyside.md"], id="CM"),
        pytest.param("The East Midlands?", ["east-midlands-acute-providers.md", "impact-east-midlands.md"], id="EM"),
    ],
)
def test_a_name_that_fits_several_bodies_is_said_to_fit_them(bodies: Bodies, question: str, pages: list[str]) -> None:
    assert bodies.mentions(question) == ()
    (shared,) = bodies.shared_mentions(question)
    assert list(shared.documents) == pages


@pytest.mark.parametrize(
    ("question", "pages"),
    [
        pytest.param("Which Lancashire hospitals do it?", ["lancashire-south-cumbria.md"], id="a county of one body"),
        pytest.param("lessons from leicester", ["leicestershire-lda.md"], id="a city in small letters"),
        pytest.param("Who pays in Cheshire?", ["cmast.md", "prospect-cheshire-merseyside.md"], id="a county of two"),
        pytest.param(
            "Did WYAAT and Norfolk merge?", ["west-yorkshire-wyaat.md", "norfolk-waveney.md"], id="and a body"
        ),
        pytest.param("What do the University Hospitals of Leicester do?", [], id="the end of a name"),
        pytest.param("Which Leicester Royal wards closed?", [], id="the beginning of a name"),
        pytest.param("Is there a bath?", [], id="a word of the language"),
        pytest.param("How do trusts in Bath share lists?", ["bsw-acute-hospitals-alliance.md"], id="a place called so"),
        pytest.param("Thanks. Does Leicester have a hub?", ["leicestershire-lda.md"], id="in a second sentence"),
        pytest.param("Which Leicester NHS trusts take part?", ["leicestershire-lda.md"], id="before NHS"),
        pytest.param("What happens in North East London?", ["ncel-camhs.md"], id="longer than another's name"),
        pytest.param("What happens up north?", [], id="a point of the compass"),
    ],
)
def test_a_place_stands_for_the_bodies_whose_region_it_is_in(bodies: Bodies, question: str, pages: list[str]) -> None:
    assert [name for mention in bodies.all_mentions(question) for name in mention.documents] == pages


def test_a_mention_holds_the_words_as_written(bodies: Bodies) -> None:
    (mention,) = bodies.mentions("what did the  black country do")
    assert mention.text == "black country"


def test_the_same_alias_on_two_pages_names_both() -> None:
    both = Bodies([document("a.md", "Alpha"), document("b.md", "Alpha")])
    (mention,) = both.mentions("What does Alpha do?")
    assert mention.documents == ("a.md", "b.md")


def test_documents_without_names_name_nobody() -> None:
    assert Bodies([]).mentions("What does the Black Country do?") == ()
    assert Bodies([]).shared_mentions("West Yorkshire") == ()


@pytest.mark.parametrize(
    ("name", "general"), [("ICB", True), ("Covid", True), ("Cannock Chase", False), ("SLP", False)]
)
def test_a_name_that_many_pages_hold_tells_no_body_from_others(bodies: Bodies, name: str, general: bool) -> None:
    assert bodies.is_everybodys(name) is general


def test_a_library_is_about_three_bodies_or_more(bodies: Bodies) -> None:
    assert bodies.are_several
    assert not Bodies([document("a.md", "Alpha"), document("b.md", "Beta")]).are_several
    assert not Bodies([document(f"{letter}.md", "") for letter in "abcd"]).are_several, "pages on no body"
