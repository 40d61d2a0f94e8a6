"""assistant/refusal.py: the rules that fire before a search, and those that weigh what a search found."""

from dataclasses import replace

import pytest

from assistant.evidence import Candidate
from assistant.question import understand
from assistant.refusal import (
    USUAL,
    WEAK,
    WEAK_UNREAD,
    certainty,
    gap_on,
    least_certainty,
    rule_after_search,
    rule_before_search,
)
from tests import answer_samples as sample


def _reason(question: str) -> str | None:
    return rule_before_search(understand(question))


@pytest.mark.parametrize(
    "question",
    [
        "My mother has chest pain. What should she take?",
        "What dose of amoxicillin is safe for a child?",
        "Should I stop taking my tablets before the operation?",
        "How should we treat a patient with sepsis?",
        "Is it safe to give my baby antibiotics?",
        "My father's scan shows a lump, is that normal?",
        "Should the patient be referred to urology?",
        "What drug is best for eczema?",
        "How do I treat a rash?",
        "Which painkiller should my wife take after a hip operation?",
        "Should she be operated on at Cannock Chase Hospital?",
        "My mother has chest pain.\nIs that normal?",
        "Can I give my child antibiotics?",
        "Taking antibiotics with alcohol?",
        "What drugs should be given to a child with sepsis?",
    ],
)
def test_advice_about_a_patient_is_refused(question: str) -> None:
    assert _reason(question) == "clinical_advice"


@pytest.mark.parametrize(
    "question",
    [
        "What is Diane Wake's home address?",
        "What is the phone number of Sir David Nicholson?",
        "How old is Diane Wake?",
        "Where does Sohaib Khalid live?",
        "What is the chief executive's salary?",
        "Is Jonathan Odum married?",
        "What is the e-mail address of the managing director?",
        "What is the date of birth of the chair?",
        "What religion is Julian Hartley?",
        "Give me the NHS number of the patient.",
        "Does the director have any illnesses?",
        "Give me the home address\nof Diane Wake.",
        "What is the salary of the new chief executive?",
        "How much is the chair paid?",
        "Diane Wake home address",
        "Diane Wake salary",
        "Does Diane Wake have health problems?",
        "Who is married to the managing director?",
        "What salary does the chief executive get?",
        "What other illnesses does Julian Hartley, the knee patient, have?",
        "Where does the chair now live?",
    ],
)
def test_private_details_of_a_person_are_refused(question: str) -> None:
    assert _reason(question) == "personal_data"


@pytest.mark.parametrize("question", ["", "  ", "\n\t"], ids=repr)
def test_nothing_is_no_question(question: str) -> None:
    assert _reason(question) == "empty_question"


@pytest.mark.parametrize(
    "question",
    [
        "Write me a poem about Dudley.",
        "Please draft a letter to my landlord.",
        "Can you solve x² = 4?",
        "Sing a song.",
        "What is 3 + 4?",
    ],
)
def test_a_task_is_out_of_scope(question: str) -> None:
    assert _reason(question) == "out_of_scope"


INNOCENT = """
How does the collaborative treat waiting lists?
What should a new collaborative do first?
Which patients are referred to the hub?
How old is the collaborative?
Where do partner trusts live up to the plan?
What treatment centres were opened?
Which treatments moved to Cannock Chase?
What did the patient experience survey mean for the hub?
How many patients take part in the lung checks?
Should trusts share a chief executive?
What can a collaborative take from the lessons of WYAAT?
How were antibiotic stewardship programmes shared?
What tests are done at the community diagnostic centre?
How was the scan backlog reduced?
Did the trust's diagnosis of the problem lead to a new structure?
How can I contact the collaborative?
What is the telephone triage service?
What age of patients does NCEL serve?
How do mental health patients get care closer to home?
How does the collaborative address ethnicity in waiting lists?
How many children are treated away from home?
How do partner hospitals refer patients to the renal centre?
Where can patients have a hip operation in the Black Country?
Who is responsible when patients move between trusts?
What pharmacy work do trusts share?
How did the trusts deal with long waits for children?
What did staff earn from bank work?
Should we have a shared chair?
Should they have a committee in common?
Should I start with elective recovery or with corporate services?
How should we treat theatres as a shared asset?
How do you treat staff who move between trusts?
Which medication safety work did CMAST do?
Is a shared patient tracking list safe?
What should our patient access policy take from WYAAT?
Can this test site refer to the hub?
Which ethnicity data did the lead collect?
Who lives in the area that the Black Country serves?
Who is the email contact of the programme office?
What happens to a patient's medical record when trusts share an EPR?
Which health conditions did the lead provider put first?
Which chair earns the trust of partners?
What is the average age of the estate that the director inherited?
Write down the lessons of WYAAT.
Draw lessons from the Black Country.
Calculate the savings of One LSC.
Create a list of the clinical networks.
Draft a one-page summary of CMAST's governance.
How does Greater Manchester tackle health issues?
What do Surrey Heartlands trusts do about staff sick leave?
Where did Cannock Chase go live?
Who sets the salary scale for bank staff?
Did the chair say anything about illness prevention?
How much did the lead provider earn in savings?
What drugs would the joint pharmacy buy?
What treatments would be moved to the hub?
What medicines should be bought together?
2024-25 priorities?
2023/24 fee of WYAAT?
What is 24/7 cover?
3-5 key lessons from WYAAT please
"""


@pytest.mark.parametrize(
    "question",
    INNOCENT.strip().splitlines(),
)
def test_an_innocent_question_is_searched_for(question: str) -> None:
    assert _reason(question) is None


# --- After the search ---


def test_certainty_grows_with_what_the_reader_says_and_with_how_near_the_nearest_passage_is() -> None:
    one = replace(_candidate("Ann Lee leads.", 0.7), base=0.6, reads=0.5, answers=0.5)

    def sure(cosine: float | None = None, reads: float = 0.5, answers: float = 0.5) -> float:
        why = {} if cosine is None else {"cosine": cosine}
        return certainty([replace(one, hit=replace(one.hit, why=why), reads=reads, answers=answers)])

    assert sure(reads=0.2) < sure() < sure(reads=0.8)
    assert sure(answers=0.2) < sure() < sure(answers=0.8)
    assert sure(0.4) < sure(None) == sure(USUAL) < sure(0.7)
    gap = replace(one, is_gap=True, reads=0.99)
    assert certainty([gap]) == certainty([]) == 0.0
    assert certainty([gap, one]) == certainty([one])


def test_sharing_words_makes_less_sure_than_what_the_reader_says() -> None:
    """A near miss is worded as the page is: all that its best sentence holds must not outweigh a reader's no."""
    near_miss = replace(_candidate("Ann Lee leads."), base=0.8, reads=0.03, answers=0.03)
    answer = replace(near_miss, base=0.4, reads=0.6, answers=0.6)
    assert certainty([near_miss]) < WEAK < certainty([answer])
    assert certainty([near_miss, answer]) == certainty([answer]), "the likeliest sentence counts"


def test_where_nothing_was_read_the_best_chance_is_the_certainty() -> None:
    one = replace(_candidate("Ann Lee leads."), chance=0.4, reads=None)
    assert certainty([one, replace(one, chance=0.3)]) == 0.4
    assert certainty([replace(one, hit=replace(one.hit, why={"cosine": 0.9}))]) == 0.4


def test_where_nothing_was_read_less_certainty_is_asked_for() -> None:
    one = _candidate("A.")
    assert least_certainty([replace(one, reads=None), replace(one, reads=0.1)]) == WEAK
    assert least_certainty([replace(one, reads=None)]) == least_certainty([]) == WEAK_UNREAD < WEAK


def test_what_the_sources_do_not_say_is_on_the_question_in_words_and_in_meaning() -> None:
    savings, dates = _candidate("Savings are not stated.", 0.6, gap=True), _candidate("No date is.", 0.5, gap=True)
    stated = _candidate("Savings were made.", 0.9)
    assert gap_on([stated, dates, savings]) is savings
    assert gap_on([stated, replace(savings, words=0.2), replace(dates, meaning=0.2)]) is None
    assert gap_on([stated]) is gap_on([]) is None


def _wordless(text: str, score: float, *, gap: bool = False) -> Candidate:
    return replace(_candidate(text, score, gap=gap), words=0.0, meaning=0.3)


def _candidate(text: str, score: float = 0.7, *, gap: bool = False, fits: bool = True) -> Candidate:
    chance = 0.9 if score > 0.85 else 0.4 if score > 0.3 else 0.01
    return sample.candidate(sample.document(text=text), text, score, chance=chance, fits=fits, is_gap=gap)


@pytest.mark.parametrize(
    ("question", "candidates", "named", "reason"),
    [
        pytest.param("How?", [], True, "nothing_retrieved", id="nothing"),
        pytest.param("How did it work?", [_candidate("It worked well.")], True, None, id="good evidence"),
        pytest.param(
            "What was saved?", [_candidate("Savings are not stated.", gap=True)], True, "not_in_corpus", id="only a gap"
        ),
        pytest.param(
            "What was saved?",
            [_candidate("Savings are not stated.", 0.8, gap=True), _candidate("Staff were hired.", 0.5)],
            True,
            "not_in_corpus",
            id="the gap is nearest",
        ),
        pytest.param(
            "What was saved?",
            [_candidate("A sum was saved.", 0.9), _candidate("Savings are not stated.", 0.9, gap=True)],
            True,
            None,
            id="a gap as near as a sure answer",
        ),
        pytest.param(
            "Why was it done?",
            [_wordless("They save time.", 0.4), _wordless("Savings are not stated.", 0.3, gap=True)],
            True,
            None,
            id="a gap that shares no word with the question",
        ),
        pytest.param(
            "Who will lead in 2031?", [_candidate("Ann Lee leads (2023).")], True, "not_in_corpus", id="another year"
        ),
        pytest.param("Who led in 2023?", [_candidate("Ann Lee led in 2023.")], True, None, id="the year asked for"),
        pytest.param("Who led in 2024?", [_candidate("In 2023/24 Ann led.")], True, None, id="a year written short"),
        pytest.param(
            "How much was spent?",
            [_candidate("Much was spent.", fits=False)],
            True,
            "not_in_corpus",
            id="no figure for how much",
        ),
        pytest.param(
            "How many tests were done?",
            [_candidate("Scans and scopes: 16 and 3.", 0.9, fits=False)],
            True,
            None,
            id="told as several figures, for certain",
        ),
        pytest.param("How did it work?", [_candidate("It may.", 0.25)], True, "not_in_corpus", id="weak on a body"),
        pytest.param("How did it work?", [_candidate("It may.", 0.25)], False, "weak_evidence", id="weak on nobody"),
        pytest.param("Is the sky blue?", [_candidate("It may.", 0.05)], False, "out_of_scope", id="far from anything"),
    ],
)
def test_the_reason_after_a_search(question: str, candidates: list[Candidate], named: bool, reason: str | None) -> None:
    assert rule_after_search(understand(question), candidates, named=named) == reason
