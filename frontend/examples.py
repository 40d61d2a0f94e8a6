"""Questions to start with: made from the case studies themselves, and only ones that get an answer."""

from collections.abc import Iterator
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING

from assistant.schema import Document

if TYPE_CHECKING:
    from assistant.pipeline import Assistant

SHOWN = 6
TRIED = 18
# Asked first where the corpus has them; a question that gets no answer is never offered.
FAVOURITES = (
    ("Black Country", "How did the Black Country reduce its elective backlog?"),
    ("WYAAT", "What was the first hard decision that WYAAT took together?"),
    ("CMAST", "How many community diagnostic centres did CMAST set up?"),
    ("LSC", "Why was One LSC set up?"),
)
# A heading word of the case studies, and the question that its section answers.
ABOUT = (
    ("lesson", "What lessons does {name} share with others?"),
    ("formed", "Why was {name} formed?"),
    ("governance", "How does {name} take decisions?"),
    ("result", "What results does {name} report?"),
    ("leadership", "Who leads {name}?"),
)
# A name that ends in one of these takes an article in a sentence: "the Black Country Provider Collaborative".
COMMON = frozenset(
    {
        "alliance",
        "association",
        "collaboration",
        "collaborative",
        "federation",
        "group",
        "partnership",
        "trusts",
    }
)


def spoken_name(name: str) -> str:
    """Return a collaborative's name as it stands in a sentence."""
    words = name.casefold().split()
    plain = words[:1] == ["the"] or not any(word.strip("(),") in COMMON for word in words)
    return name if plain else f"the {name}"


def questions_of(document: Document) -> Iterator[str]:
    """Yield the questions that a case study's headings promise to answer."""
    name = document.metadata.collaborative
    titles = [heading.title.casefold() for heading in document.headings]
    for word, question in ABOUT:
        if name and any(word in title for title in titles):
            yield question.format(name=spoken_name(name))


def candidates(documents: tuple[Document, ...]) -> Iterator[str]:
    """Yield questions worth trying: the favourites, then one of each case study in turn."""
    known = {name for document in documents for name in document.metadata.aliases}
    favourites = (question for name, question in FAVOURITES if any(name in alias for alias in known))
    # Each case study starts at another of its questions, so that the first round is not one question thrice.
    rows = [list(questions_of(document)) for document in documents]
    turned = [row[place % len(row) :] + row[: place % len(row)] for place, row in enumerate(rows) if row]
    rounds = (question for turn in zip_longest(*turned) for question in turn if question)
    yield from dict.fromkeys(chain(favourites, rounds))


def example_questions(assistant: "Assistant") -> tuple[str, ...]:
    """Return up to six questions that the assistant answers now; it is asked each of them."""
    tried = islice(candidates(assistant.documents()), TRIED)
    answered = (question for question in tried if not assistant.ask(question).abstained)
    return tuple(islice(answered, SHOWN))
