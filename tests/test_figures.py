"""assistant/figures.py: figures in one spelling, and the date of what a span rests on."""

from dataclasses import replace

import pytest

from assistant.figures import FACT, figures, newest
from assistant.schema import Metadata, Source
from tests import answer_samples as sample


@pytest.mark.parametrize(
    ("want", "text", "found"),
    [
        pytest.param("money", "It won £8.1m from NHS England.", {"8100000"}, id="millions"),
        pytest.param("money", "It won £8.1 million and $5 bn.", {"8100000", "5000000000"}, id="in words"),
        pytest.param("money", "It cost £1,250.", {"1250"}, id="a comma"),
        pytest.param("money", "It won £2mn and £5b.", {"2000000", "5000000000"}, id="short scales"),
        pytest.param("money", "It costs £5-6 million.", set(), id="a range"),
        pytest.param("number", "It has twenty-five trusts.", set(), id="a number of two words"),
        pytest.param("number", "It has six hundred staff.", set(), id="hundreds in words"),
        pytest.param("money", "It was done at no cost.", set(), id="no sum"),
        pytest.param("share", "It rose to 25%, or 12.5 per cent.", {"25", "12.5"}, id="per cent"),
        pytest.param("number", "Six trusts and 1,600 scans.", {"6", "1600"}, id="words and digits"),
        pytest.param("number", "It began in 2020.", set(), id="a year is no number"),
        pytest.param("date", "From May 2021 to 3 June 2022.", {"2021", "2022"}, id="years"),
        pytest.param("date", "It began in May.", set(), id="no year"),
    ],
)
def test_figures_have_one_spelling(want: str, text: str, found: set[str]) -> None:
    assert figures(text, want) == found


def test_of_things_that_are_counted_only_their_number_counts() -> None:
    text = "Its six member trusts serve 2.6 million people, and 20 staff work for the trust."
    assert figures(text, "number", ("trusts",)) == {"6"}
    assert figures(text, "number") >= {"6", "2600000", "20"}


@pytest.mark.parametrize(
    ("text", "match"),
    [pytest.param("It fell by 25%.", "25%", id="share"), pytest.param("It won £8.1m.", "£8.1", id="money")],
)
def test_a_figure_is_found_whole(text: str, match: str) -> None:
    assert match in {found.group() for pattern in FACT.values() for found in pattern.finditer(text)}


@pytest.mark.parametrize(
    ("text", "is_time"),
    [
        pytest.param("It takes six weeks.", True, id="weeks"),
        pytest.param("The role rotates every two years.", True, id="how often"),
        pytest.param("It has run since 2018.", True, id="since a year"),
        pytest.param("The conveyor is 76m long.", True, id="the length of a thing"),
        pytest.param("The board meets monthly.", True, id="an adverb"),
        pytest.param("The clinics heal leg ulcers with six new staff.", False, id="a number of people"),
        pytest.param("It may last.", False, id="a month that is a verb"),
    ],
)
def test_a_text_tells_how_long_or_how_often(text: str, is_time: bool) -> None:
    assert bool(FACT["time"].search(text)) == is_time


@pytest.mark.parametrize(
    ("dates", "day"),
    [
        pytest.param(["4 February 2022"], (2022, 2), id="a day"),
        pytest.param(["July 2018 (a birthday)", "2017"], (2018, 7), id="the newest of two"),
        pytest.param(["2025-11-20"], (2025, 11), id="ISO"),
        pytest.param(["4 Feb 2025"], (2025, 2), id="a short month"),
        pytest.param(["several versions, 2018 to about 2024"], (2024, 0), id="from one year to another"),
        pytest.param([""], (0, 0), id="undated"),
        pytest.param([], (0, 0), id="no source"),
    ],
)
def test_the_newest_source(dates: list[str], day: tuple[int, int]) -> None:
    sources = tuple(Source(key=f"A{number}", date=date) for number, date in enumerate(dates))
    document = replace(sample.document(), metadata=Metadata(sources=sources))
    assert newest(document, 0, 5) == day
    undated = replace(document, metadata=Metadata(date="2024-06-01"))
    assert newest(undated, 0, 5) == (2024, 6), "without sources the document's own date"
