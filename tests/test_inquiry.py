"""assistant/inquiry.py: to whom a question is put, and how: to one body, to several, to all, to none."""

from itertools import groupby

import pytest

from assistant.pipeline import Assistant
from assistant.schema import Turn
from tests.answer_laws import keeps_the_laws


def test_a_word_that_hardly_occurs_is_looked_for_under_its_other_names_too(casebook: Assistant) -> None:
    opened = casebook._current()
    assert "; fee" in opened.expanded("What is the subscription?").replace("(", "; ")
    assert opened.expanded("Which hub has most staff?") == "Which hub has most staff?", "both words are common here"
    assert "youngster" not in opened.expanded("What do teenagers get?"), "a word that no passage has finds none"


def test_a_later_part_that_points_back_adds_what_was_not_shown(casebook: Assistant) -> None:
    answer = casebook.ask("How much did the Cheshire and Merseyside endoscopy network win in 2023 and what was it for?")
    assert "£8.1m" in answer.text and "hub site" in answer.text
    assert len(set(answer.text.split(". "))) == len(answer.text.split(". ")), "nothing twice"


def test_a_sentence_that_only_gives_the_number_of_things_is_followed_by_them(casebook: Assistant) -> None:
    answer = casebook.ask("List what the Black Country eye network said it would work on after its away day")
    assert "seven priorities" in answer.text and "glaucoma" in answer.text


def test_a_glossary_is_never_listed_whole(casebook: Assistant) -> None:
    answer = casebook.ask("Which trust runs ONE LSC on everyone's behalf?")
    assert "ACC: Acute" not in answer.text


def test_what_is_not_answered_of_a_question_is_said(casebook: Assistant) -> None:
    half = casebook.ask("When was WYAAT set up, and what did its launch party cost?")
    assert half.notes[0] == "No passage found answers this by itself: “what did its launch party cost?”"
    one = casebook.ask("Compare the annual fee of WYAAT and the Foundation Group")
    assert {citation.document_id for citation in one.citations} == {"west-yorkshire-wyaat.md"}
    assert one.notes == ("No passage found answers this about Foundation Group.",)


@pytest.mark.parametrize(
    ("question", "quoted"),
    [
        pytest.param(
            "How much money has the Black Country corporate improvement programme saved?", "the savings", id="one body"
        ),
        pytest.param("How many people are on the CMAST waiting list?", "waiting list totals", id="another"),
    ],
)
def test_a_refusal_quotes_what_the_page_says_that_its_sources_do_not(
    casebook: Assistant, question: str, quoted: str
) -> None:
    answer = casebook.ask(question)
    assert answer.reason == "not_in_corpus"
    (note,) = answer.notes
    title, said = note.removeprefix("The page “").removesuffix("”").split("” says: “")
    (document,) = (document for document in casebook.documents() if document.title == title)
    assert quoted in said and said in document.text


def test_what_answers_a_later_part_is_looked_for_beside_what_answers_the_first(casebook: Assistant) -> None:
    answer = casebook.ask("How far did South London cut the use of forensic beds, and what did the savings pay for?")
    assert "24%" in answer.text and "community accommodation" in answer.text


def test_a_question_of_which_one_part_has_no_answer_is_answered_for_sure_or_not_at_all(casebook: Assistant) -> None:
    torn = "Which other suppliers did Norfolk and Waveney turn down when it chose MEDITECH, and why?"
    assert casebook.ask(torn).reason == "not_in_corpus"


def test_each_part_of_a_comparison_is_put_to_each_body(casebook: Assistant) -> None:
    answer = casebook.ask(
        "Compare the committees in common of the West Yorkshire mental health collaborative and the South London "
        "Partnership: when were they set up, and who sits on them?"
    )
    assert all(words in answer.text for words in ("2018", "four chief executives", "2020", "three chief executives"))


def test_a_later_part_of_a_question_put_to_all_is_answered_of_those_that_answer_the_first(casebook: Assistant) -> None:
    answer = casebook.ask("What delays have different collaboratives met with in their plans, and what caused them?")
    assert "gynaecology delays" in answer.text and "approval pathways" in answer.text


def test_what_is_of_one_body_stands_together_in_a_comparison_and_each_has_its_row(casebook: Assistant) -> None:
    answer = casebook.ask("Who are the members of WYAAT and the Foundation Group, and when were they set up?")
    own = [citation.document_id for citation in answer.citations]
    assert [body for body, _ in groupby(own)] == ["west-yorkshire-wyaat.md", "foundation-group.md"]
    assert answer.table is not None
    assert [row["collaborative"] for row in answer.table["rows"]] == [name for name, _ in answer.groups]
    assert [n for row in answer.table["rows"] for n in row["citations"]] == [c.number for c in answer.citations]


def test_a_body_that_a_comparison_asks_of_in_vain_has_an_empty_row(casebook: Assistant) -> None:
    answer = casebook.ask("Compare the annual fee of WYAAT and the Foundation Group")
    assert answer.table is not None
    assert answer.table["rows"][-1] == {"collaborative": "Foundation Group", "citations": []}


def test_hubs_that_are_no_bodies_are_compared_too(casebook: Assistant) -> None:
    answer = casebook.ask(
        "Compare expected yearly operations at the Maidstone centre, the Winchester hub and Central Middlesex."
    )
    assert all(figure in answer.text for figure in ("2,000", "2,400", "4,000"))


def test_each_part_is_put_to_the_body_that_it_names(casebook: Assistant) -> None:
    answer = casebook.ask("When was WYAAT formed and who chairs the Foundation Group?")
    assert not any("No passage found answers this about WYAAT: “who" in note for note in answer.notes)
    assert {citation.document_id for citation in answer.citations} == {"west-yorkshire-wyaat.md", "foundation-group.md"}


def test_a_question_on_one_body_has_no_table(casebook: Assistant) -> None:
    assert casebook.ask("When was WYAAT set up?").table is None


def test_each_body_of_a_comparison_may_show_a_list(casebook: Assistant) -> None:
    answer = casebook.ask("Compare the lessons of the Black Country and WYAAT")
    assert "engagement cannot be overdone" in answer.text and "cannot be compelled" in answer.text


def test_a_question_on_collaboratives_in_general_is_answered_from_the_page_on_them(casebook: Assistant) -> None:
    answer = casebook.ask("What governance models can collaboratives choose from?")
    assert answer.citations[0].document_id == "national-context.md"
    assert "provider leadership board" in answer.text


def test_a_question_across_is_answered_with_a_sentence_or_two_of_each_body(casebook: Assistant) -> None:
    answer = casebook.ask("What are the main priorities of the collaboratives for their staff?")
    own = [citation.document_id for citation in answer.citations]
    assert own and max(map(own.count, own)) <= 2
    assert [body for body, _ in groupby(own)] == list(dict.fromkeys(own)), "what is of one body stands together"
    assert not any(sentence.text.endswith(":") for sentence in answer.sentences)
    assert answer.table is not None
    assert [row["collaborative"] for row in answer.table["rows"]] == [name for name, _ in answer.groups]


def test_the_national_context_stands_among_the_bodies_of_a_question_across(casebook: Assistant) -> None:
    answer = casebook.ask("what makes mental health collaboratives work")
    assert "national-context.md" in {citation.document_id for citation in answer.citations}


def test_bodies_that_may_only_come_near_are_named(casebook: Assistant) -> None:
    answer = casebook.ask("What have others done about eye care?")
    assert answer.notes and answer.notes[0].startswith("May only come near what is asked: ")
    shown = {name for name, _ in answer.groups}
    doubted = set(answer.notes[0].removeprefix("May only come near what is asked: ").rstrip(".").split("; "))
    assert doubted and doubted < shown


def test_where_even_the_strongest_body_is_weak_nothing_is_shown(casebook: Assistant) -> None:
    assert casebook.ask("What would they advise a newcomer to tackle first?").reason == "weak_evidence"


def test_trust_between_people_is_asked_for_and_no_trust_that_runs_hospitals(casebook: Assistant) -> None:
    answer = casebook.ask("What do different collaboratives say about building trust before hard decisions?")
    assert "trusting relationships" in answer.searched_for
    assert "trusting relationships and a collaborative culture" in answer.text
    assert "start with 'soft' projects" in answer.text, "WYAAT's began with what built relationships"
    assert "on joining" not in answer.text, "what a trust's own board decides is another thing"


ALL = [
    pytest.param("What are people doing jointly about eye care?", 3, id="people"),
    pytest.param("What has been done about NHS out of area placements?", 2, id="a name that all pages hold"),
]


@pytest.mark.parametrize(("question", "bodies"), ALL)
def test_a_question_that_names_nobody_is_put_to_all(casebook: Assistant, question: str, bodies: int) -> None:
    answer = casebook.ask(question)
    assert len(answer.groups) >= bodies
    keeps_the_laws(casebook, answer)


def test_where_one_body_alone_answers_a_question_that_names_nobody_it_answers_in_full(casebook: Assistant) -> None:
    answer = casebook.ask("What are the three proposals for urology surgery?")
    assert {citation.document_id for citation in answer.citations} == {"black-country.md"}
    assert answer.table is None and len(answer.sentences) > 2, "no sentence or two of many"
    keeps_the_laws(casebook, answer)


def test_a_question_on_something_that_has_a_name_is_not_put_to_all(casebook: Assistant) -> None:
    answer = casebook.ask("Which trust runs One LSC for the others?")
    assert answer.table is None
    assert {citation.document_id for citation in answer.citations} == {"lancashire-south-cumbria.md"}


def test_a_follow_up_that_names_nobody_stays_with_what_was_spoken_of(casebook: Assistant) -> None:
    first = casebook.ask("When was WYAAT set up?")
    answer = casebook.ask("Who pays for it?", history=[Turn(role="user", text=first.question)])
    assert {citation.document_id for citation in answer.citations} == {"west-yorkshire-wyaat.md"}


def test_where_one_body_answers_for_sure_others_must_nearly_do_so(casebook: Assistant) -> None:
    answer = casebook.ask("Which collaboratives have opened or planned orthopaedic elective hubs, and with what money?")
    assert "£15 million" in answer.text and "£9.4m" in answer.text
    assert len(answer.groups) <= 4, "what only has a sum in it is left out"


@pytest.mark.parametrize(
    "question",
    [
        "Which collaboratives share a chief executive?",
        "How do different collaboratives decide when they disagree?",
        "Which of these partnerships came out of the Covid response?",
        "Which collaboratives have cut their carbon emissions, and by how many tonnes?",
    ],
)
def test_an_answer_across_keeps_the_laws_without_the_reader_too(casebook: Assistant, question: str) -> None:
    with Assistant(casebook._root, casebook._embedder) as unread:
        keeps_the_laws(unread, unread.ask(question))
    keeps_the_laws(casebook, casebook.ask(question))


def test_a_question_across_pages_on_no_body_is_put_to_these(casebook: Assistant) -> None:
    answer = casebook.ask("What governance models do collaboratives have?", only={"type": ["national"]})
    assert {citation.document_id for citation in answer.citations} == {"national-context.md"}


def test_where_the_named_body_is_silent_pages_on_others_that_name_it_may_answer_for_sure(casebook: Assistant) -> None:
    answer = casebook.ask("How quickly were young people with eating disorders assessed under FREED in SW London?")
    assert "within two weeks" in answer.text
    assert {citation.document_id for citation in answer.citations} == {"south-london-partnership.md"}
    assert answer.notes == (
        "The pages on South West London do not say; this stands in those on others, where it is named.",
    )
    assert casebook.ask("What was the annual fee of the Foundation Group in 2019?").abstained, "WYAAT's is no answer"
