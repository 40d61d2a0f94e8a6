"""What can be done with an answer: copy it with its references, link to it, ask it anew."""

from assistant.schema import Answer
from frontend.markup import Html, element


def tools(number: int, answer: Answer, link: str) -> Html:
    """Return the row of things to do with an answer."""
    parts = [element("a", "Link to this answer", href=link, class_="cb-tool", data_act="link")] if link else []
    parts.append(button("Edit the question", "edit", question=answer.question))
    return element("div", *parts, class_="cb-tools", role="group", aria_label="This answer", data_exchange=number)


def button(name: str, act: str, **data: str | int) -> Html:
    """Return a quiet button that does something with an answer."""
    more = {f"data_{key}": value for key, value in data.items()}
    return element("button", name, type="button", class_="cb-tool", data_act=act, **more)
