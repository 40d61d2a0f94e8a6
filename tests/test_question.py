"""assistant/question.py: a question, taken apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.question import content_words, of_one, proper_names, understand


@pytest.mark.parametrize(
    ("question", "wants"),
    [
        pytest.param("How much did the robots cost?", {"money"}, id="how much"),
        pytest.param("What savings were made?", {"money"}, id="savings"),
        pytest.param("How many trusts belong to it?", {"number"}, id="how many"),
        pytest.param("What share of patients waited?", {"share"}, id="share"),
        pytest.param("When was it set up?", {"date"}, id="when"),
        pytest.param("In which year did it begin?", {"date"}, id="which year"),
        pytest.param("Who chairs the board?", {"person"}, id="who"),
        pytest.param("Where is the hub?", {"place"}, id="where"),
        pytest.param("At WYAAT, who chairs it?", {"person"}, id="who behind a comma"),
        pytest.param("Tell me who chairs it.", {"person"}, id="told who"),
        pytest.param("What support is there for children who wait?", set(), id="children who"),
        pytest.param("How much have waits fallen?", set(), id="how much things fell"),
        pytest.param("How much did costs fall?", {"money"}, id="how much costs fell"),
        pytest.param("Which hospital has it?", {"place"}, id="which hospital"),
        pytest.param("How long did the talks last?", {"time"}, id="how long"),
        pytest.param("How often does the board meet?", {"time"}, id="how often"),
        pytest.param("Why was it set up?", set(), id="why"),
        pytest.param("How did it work?", set(), id="how"),
        pytest.param("How much more will it save by then?", {"money"}, id="how much more"),
        pytest.param("how much national funding was won", {"money"}, id="how much funding"),
        pytest.param("Tell me how much the robots cost.", {"money"}, id="how much it cost"),
        pytest.param("How much extra testing will it do?", set(), id="how much extra testing"),
        pytest.param("How much time did it take?", {"time"}, id="how much time"),
        pytest.param("WHEN WAS IT SET UP", {"date"}, id="in capitals"),
    ],
)
def test_the_type_of_fact_that_is_wanted(question: str, wants: set[str]) -> None:
    assert understand(question).wants == wants


@pytest.mark.parametrize(
    ("question", "is_list", "is_how_or_why", "is_cross"),
    [
        pytest.param("What are the goals of BCPC?", True, False, False, id="list"),
        pytest.param("List the lessons.", True, False, False, id="an order"),
        pytest.param("How did it cut waits?", False, True, False, id="how"),
        pytest.param("Why did it fail?", False, True, False, id="why"),
        pytest.param("How many beds are there?", False, False, False, id="how many is no how"),
        pytest.param("Which collaboratives share a chair?", True, False, True, id="across"),
        pytest.param("Who chairs it?", False, False, False, id="plain"),
        pytest.param("Who pays for the team that runs a collaborative?", False, False, True, id="of any one"),
        pytest.param("Where have trusts pooled their buying?", False, False, True, id="of trusts in general"),
        pytest.param("Do any of them use robots?", False, False, True, id="any of them"),
        pytest.param("Who has opened a shared laboratory?", False, False, True, id="who has"),
        pytest.param("Where has planned surgery been moved?", False, False, True, id="where has"),
        pytest.param("How big is the fee of each collaborative?", False, False, True, id="of each one"),
        pytest.param("Comparing the hubs, where are waits lowest?", False, False, True, id="a comparison"),
        pytest.param("Which trust runs it for all?", False, False, False, id="one, and a verb in s"),
        pytest.param("Which trusts run it?", True, False, False, id="several"),
        pytest.param("Give me a list of the members.", True, False, False, id="a polite order"),
        pytest.param("Can you list the members?", True, False, False, id="a polite question"),
        pytest.param("Tell me the priorities.", True, False, False, id="an order that says what of"),
        pytest.param("Which provider leads it?", False, False, False, id="one provider"),
        pytest.param("What process was used?", False, False, False, id="a word in ss"),
        pytest.param("What happens if a member leaves?", False, False, False, id="what happens"),
        pytest.param("What were the four bits of it?", True, False, False, id="so many of them"),
        pytest.param("Where is the hospital?", False, False, False, id="of the one"),
    ],
)
def test_the_kind_of_a_question(question: str, is_list: bool, is_how_or_why: bool, is_cross: bool) -> None:
    asked = understand(question)
    assert (asked.is_list, asked.is_how_or_why, asked.is_cross) == (is_list, is_how_or_why, is_cross)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(
            "How did the Black Country reduce its backlog?", ("Black", "Country", "reduce", "backlog"), id="words"
        ),
        pytest.param("backlog, backlog and Backlog", ("backlog", "Backlog"), id="each once, as written"),
        pytest.param("What is it?", (), id="nothing"),
        pytest.param("The trust's 52-week waits", ("trust's", "52", "week", "waits"), id="figures and genitives"),
    ],
)
def test_the_words_that_carry_meaning(text: str, words: tuple[str, ...]) -> None:
    assert content_words(text) == words


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("Who is Sir David Nicholson?", ("Sir David Nicholson",), id="a person"),
        pytest.param("Hubs at Dudley and Walsall", ("Dudley and Walsall",), id="two places"),
        pytest.param("Backlogs fell.", (), id="the capital that begins a sentence"),
        pytest.param("WYAAT grew.", ("WYAAT",), id="an abbreviation that begins one"),
        pytest.param("Compare WYAAT and CMAST.", ("WYAAT and CMAST",), id="an order that begins one"),
        pytest.param("Thanks! Compare BCPC with WYAAT.", ("BCPC", "WYAAT"), id="an order that begins another"),
        pytest.param("What is One LSC?", ("One LSC",), id="a name that begins with one"),
        pytest.param("Diane Wake came.", ("Diane Wake",), id="a person that begins one"),
        pytest.param("Is it Dudley's hub?", ("Dudley",), id="a genitive"),
        pytest.param("what did they do in 2023", (), id="a year is no name"),
    ],
)
def test_the_names(text: str, names: tuple[str, ...]) -> None:
    assert proper_names(text) == names


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("From 2019 to 2023/24", (2019, 2023)),
        ("52 weeks, 12025 beds", ()),
        ("£2.4m in 1999", (1999,)),
        ("Since 2019, or before 2021?", ()),
        ("between 2016 and 2024", ()),
        ("Did it clear 2000 patients?", ()),
        ("In 2023 trusts merged.", (2023,)),
        ("WYAAT's 2031 priorities?", (2031,)),
        ("It cost £2000", ()),
        ("2,000 beds", ()),
    ],
    ids=lambda value: str(value),
)
def test_the_years(text: str, years: tuple[int, ...]) -> None:
    assert understand(text).years == years


@given(st.text(max_size=200))
def test_any_text_can_be_taken_apart(text: str) -> None:
    asked = understand(text)
    assert asked.text == " ".join(text.split())
    assert all(word in text for word in asked.words)
    assert len(asked.words) == len(set(asked.words))
    assert asked == understand(text)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        pytest.param("Which collaboratives share one chief executive?", "share one chief executive?", id="which"),
        pytest.param("Where have collaboratives pooled their buying?", "pooled their buying?", id="where have"),
        pytest.param("How do different collaboratives measure success?", "measure success?", id="how do"),
        pytest.param(
            "How did the Black Country measure success?", "How did the Black Country measure success?", id="one"
        ),
        pytest.param("Which collaboratives are there?", "Which collaboratives are there?", id="nothing else asked"),
    ],
)
def test_what_is_asked_of_each_body_in_a_question_across_them(text: str, bare: str) -> None:
    assert of_one(text) == bare
