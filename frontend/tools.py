"""What can be done with an answer: copy it with its references, link to it, save it, say what it is worth."""

from dataclasses import dataclass
from datetime import UTC, datetime

from assistant.schema import Answer
from frontend.export import FORMATS, copied
from frontend.feedback import REASONS, VERDICTS
from frontend.markup import Html, element

_THUMBS = {"up": "Helpful", "down": "Not helpful"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a reader has said of an answer, and the number under which it is kept."""

    number: int
    verdict: str
    reason: str = ""


def tools(number: int, answer: Answer, link: str, verdict: Verdict | None) -> Html:
    """Return the row of things to do with an answer."""
    words = copied(answer, datetime.now(UTC))
    parts = [button("Copy with references", "copy", words=words)]
    parts += [element("a", "Link to this answer", href=link, class_="cb-tool", data_act="link")] if link else []
    parts.append(button("Edit the question", "edit", question=answer.question))
    parts.append(saving(number))
    parts += [thumb(number, way, verdict) for way in VERDICTS]
    row = element("div", *parts, class_="cb-tools", role="group", aria_label="This answer")
    return element("div", row, why(number, verdict) if verdict else Html(), class_="cb-tools-part")


def saving(number: int) -> Html:
    """Return the formats in which the conversation up to an answer can be saved."""
    buttons = [button(name, "export", exchange=number, format=kind) for kind, (name, *_) in FORMATS.items()]
    buttons.append(button("Print", "print"))
    items = element("ul", *(element("li", one) for one in buttons))
    return element("details", element("summary", "Save"), items, class_="cb-save")


def thumb(number: int, way: str, verdict: Verdict | None) -> Html:
    """Return one of the two verdicts; it is pressed where it was given."""
    pressed = "true" if verdict and verdict.verdict == way else "false"
    return element(
        "button",
        _THUMBS[way],
        type="button",
        class_="cb-tool cb-thumb",
        id=f"cb-thumb-{way}-{number}",
        aria_pressed=pressed,
        data_act="rate",
        data_exchange=number,
        data_verdict=way,
        data_reason="",
    )


def why(number: int, verdict: Verdict) -> Html:
    """Return thanks, and for a bad answer the reasons to choose from."""
    thanks = element(
        "p", "Thank you. It is kept on this machine for the people who look after Casebook.", class_="cb-quiet"
    )
    if verdict.verdict != "down":
        return thanks
    options = [element("option", words, value=key, selected=key == verdict.reason) for key, words in REASONS.items()]
    name = f"cb-why-{number}"
    select = element(
        "select",
        *options,
        id=name,
        data_act="reason",
        data_exchange=number,
        data_verdict="down",
    )
    return element(
        "div", element("div", element("label", "What is wrong with it?", for_=name), select, class_="cb-why"), thanks
    )


def button(name: str, act: str, **data: str | int) -> Html:
    """Return a quiet button that does something with an answer."""
    more = {f"data_{key}": value for key, value in data.items()}
    return element("button", name, type="button", class_="cb-tool", data_act=act, **more)
