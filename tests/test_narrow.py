"""Filters: what can be chosen comes from the case studies, and nothing else can."""

import frontend_fakes as fakes
import pytest
from frontend_seen import is_ours

from frontend import narrow
from frontend.chat import Desk, Session

KNOWN = narrow.choices((fakes.ANYTOWN, fakes.HOSTILE_PAGE))


def test_what_can_be_chosen_is_what_the_case_studies_say_of_themselves() -> None:
    assert KNOWN == {
        "collaborative": ("<svg onload=alert(4)>", "Anytown Collaborative"),
        "region": ("South West",),
        "topic": ("elective recovery", "workforce"),
        "type": ("acute",),
    }
    assert narrow.choices(()) == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("region", "Narnia", id="a value that is not there"),
        pytest.param("document", "anytown.md", id="a filter that is not offered"),
        pytest.param(None, "acute", id="no field"),
        pytest.param("type", ["acute"], id="a list"),
    ],
)
def test_what_is_not_offered_is_passed_over(field: object, value: object) -> None:
    assert narrow.narrowed({}, KNOWN, field, value) == {}


def test_values_come_and_go_once() -> None:
    only = narrow.narrowed({}, KNOWN, "topic", "workforce")
    only = narrow.narrowed(only, KNOWN, "topic", "elective recovery")
    assert only == narrow.narrowed(only, KNOWN, "topic", "workforce")
    assert narrow.widened(only, "topic", "workforce") == {"topic": ("elective recovery",)}
    assert narrow.widened({"type": ("acute",)}, "type", "acute") == {}
    assert narrow.widened(only, None, []) == only


def test_the_bar_shows_what_is_chosen_and_offers_the_rest() -> None:
    seen = is_ours(narrow.bar(KNOWN, {"topic": ("workforce",)}))
    assert seen.texts("cb-chip") == ["Topic: workforce", "×"]
    assert seen.texts("option").count("elective recovery") == 1
    assert "workforce" not in seen.texts("option")


def test_questions_are_asked_under_the_filters_of_the_session() -> None:
    fake = fakes.FakeAssistant()
    desk = Desk(fake)  # type: ignore[arg-type]
    session, _ = desk.narrowed(Session(), "region", "South West")
    *_, screen = desk.ask(fakes.BACKLOG, session)
    assert (fakes.BACKLOG, (), {"region": ("South West",)}) in fake.asked
    assert screen.session.only == {"region": ("South West",)}
    assert desk.start(screen.session.only).session.only == screen.session.only
    assert desk.widened(screen.session, "region", "South West")[0].only == {}
