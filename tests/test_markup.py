"""What is placed on the page: text stays text, links lead to the web only, dates are written in UK English."""

import pytest
from frontend_seen import Seen
from hypothesis import given
from hypothesis import strategies as st

from frontend.dates import plain_date
from frontend.markup import Html, element, escape, join, sendable, web_address

ANY_TEXT = st.text(max_size=80) | st.lists(
    st.sampled_from(["<b>", "</p>", "&lt;", "&", '"', "'", "<!--", "-->", "\r", "\n", "\0", "\ud800", "\u202e", "]]>"])
).map("".join)


@given(ANY_TEXT)
def test_text_is_shown_as_it_is(text: str) -> None:
    seen = Seen(escape(text))
    assert seen.text() == sendable(text)
    assert not seen.tags


@given(ANY_TEXT)
def test_an_attribute_cannot_be_left(text: str) -> None:
    seen = Seen(element("p", "x", title=text))
    assert [(tag, attributes) for tag, attributes in seen.tags] == [("p", {"title": sendable(text)})]


def test_finished_html_is_not_escaped_twice() -> None:
    inner = element("b", "<")
    assert element("p", inner, "&") == "<p><b>&lt;</b>&amp;</p>"
    assert join([inner, "<"], ", ") == "<b>&lt;</b>, &lt;"
    assert isinstance(join([]), Html)
    assert element("br") == "<br>"
    assert element("a", hidden=True, id=None, data_x=0) == '<a hidden data-x="0"></a>'


@pytest.mark.parametrize(
    ("url", "fit"),
    [
        pytest.param("https://example.org/a?b=c#d", True, id="https"),
        pytest.param("http://example.org", True, id="http"),
        pytest.param("javascript:alert(1)", False, id="javascript"),
        pytest.param("JAVASCRIPT://example.org/%0aalert(1)", False, id="javascript with a host"),
        pytest.param("data:text/html,<script>", False, id="data"),
        pytest.param("//example.org", False, id="no scheme"),
        pytest.param("https://", False, id="no host"),
        pytest.param("https://[oops", False, id="not an address"),
        pytest.param("java\nscript:alert(1)", False, id="a line end inside"),
        pytest.param("https://example.org/a b", False, id="a space inside"),
        pytest.param("https://example.org\\@evil.example", False, id="a backslash"),
        pytest.param("file:///etc/passwd", False, id="file"),
        pytest.param("", False, id="empty"),
    ],
)
def test_only_web_addresses_become_links(url: str, fit: bool) -> None:
    assert (web_address(url) is not None) is fit


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        pytest.param("2025-06-18", "18 June 2025", id="a day"),
        pytest.param("2025-06-18T10:00", "2025-06-18T10:00", id="a moment stays"),
        pytest.param("2025-13-01", "2025-13-01", id="no such month stays"),
        pytest.param("about 2023", "about 2023", id="words stay"),
    ],
)
def test_dates_are_written_as_in_the_united_kingdom(written: str, shown: str) -> None:
    assert plain_date(written) == shown
