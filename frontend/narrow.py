"""Narrowing questions to some case studies: by collaborative, region, topic and type of body."""

from collections.abc import Iterator, Mapping, Sequence

from assistant.schema import Document
from frontend.markup import Html, element

Only = Mapping[str, Sequence[str]]
FIELDS = ("collaborative", "region", "topic", "type")


def values_of(document: Document, field: str) -> Iterator[str]:
    """Yield what a case study says of itself under one filter."""
    data = document.metadata
    named = {
        "collaborative": (data.collaborative,),
        "region": (data.region,),
        "topic": data.topics,
        "type": (data.type,),
    }
    yield from filter(None, named[field])


def choices(documents: Sequence[Document]) -> dict[str, tuple[str, ...]]:
    """Return the values of each filter, in the order of the alphabet; a filter without any is left out."""
    every = {
        field: sorted({value for document in documents for value in values_of(document, field)}, key=str.casefold)
        for field in FIELDS
    }
    return {field: tuple(values) for field, values in every.items() if values}


def narrowed(only: Only, known: Only, field: object, value: object) -> Only:
    """Return filters with one value more; the same where the case studies have no such value."""
    if not isinstance(field, str) or not isinstance(value, str) or value not in known.get(field, ()):
        return only
    return {**only, field: tuple(dict.fromkeys((*only.get(field, ()), value)))}


def widened(only: Only, field: object, value: object) -> Only:
    """Return filters without one value."""
    rest = {name: tuple(one for one in values if (name, one) != (field, value)) for name, values in only.items()}
    return {name: values for name, values in rest.items() if values}


def bar(known: Only, only: Only, *, opened: bool = False) -> Html:
    """Return the filters: what is chosen, each removable, and lists to choose more from."""
    chips = [chip(field, value) for field, values in only.items() for value in values]
    chosen = (
        [element("ul", *chips, class_="cb-chips", aria_label="Only these case studies are searched")] if chips else []
    )
    lists = element("div", *(choice(field, values, only.get(field, ())) for field, values in known.items()))
    summary = element("summary", "Search only some case studies")
    more = element("details", summary, lists, class_="cb-narrow-lists", open=opened)
    return element("div", *chosen, more, class_="cb-narrow")


def chip(field: str, value: str) -> Html:
    """Return a chosen value with the way to drop it."""
    cross = element("span", "×", aria_hidden="true", class_="cb-cross")
    button = element(
        "button",
        element("span", f"{field.capitalize()}: {value}"),
        cross,
        type="button",
        class_="cb-chip",
        data_act="widen",
        data_field=field,
        data_value=value,
        aria_label=f"Search without {field} {value}",
    )
    return element("li", button)


def choice(field: str, values: Sequence[str], chosen: Sequence[str]) -> Html:
    """Return the list of one filter's values that are not chosen yet."""
    options = [element("option", f"Any {field}" if not chosen else f"Add another {field}", value="")]
    options += [element("option", value, value=value) for value in values if value not in chosen]
    label = element("label", field.capitalize(), for_=f"cb-narrow-{field}")
    return element(
        "div", label, element("select", *options, id=f"cb-narrow-{field}", data_act="narrow", data_field=field)
    )
