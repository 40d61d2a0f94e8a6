"""The conversation as HTML: questions, answers with their marks, refusals and the welcome."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.schema import REASONS, Answer, Sentence
from frontend.markup import Html, element, join
from frontend.tools import Verdict, tools

PANEL_ID = "cb-sources"
# Keeps a mark on the line of the word that it follows.
WORD_JOINER = "\u2060"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A question and what came of it: an answer, a problem in words, or neither while it is looked for."""

    question: str
    answer: Answer | None = None
    problem: str = ""
    link: str = ""
    offers: tuple[str, ...] = ()
    verdict: Verdict | None = None


def counted(number: int, thing: str) -> str:
    """Return a number with its noun: ``1 source``, ``2 sources``."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def conversation(exchanges: Sequence[Exchange], *, shown: int | None = None, first: int = 0) -> Html:
    """Return the log of a conversation.

    ``shown`` is how many sentences of the last answer are out so far (None: all); ``first`` is the
    number of the first exchange, where earlier ones are no longer kept.
    """
    parts = [element("p", "Earlier questions are no longer shown.", class_="cb-quiet")] if first else []
    last = len(exchanges) - 1
    parts += [
        exchange_part(first + place, exchange, shown if place == last else None)
        for place, exchange in enumerate(exchanges)
    ]
    # The log is replaced whole at each step, and as a live region would be read out whole: the script says what is new.
    return element("div", *parts, class_="cb-log", role="log", aria_live="off", aria_label="Conversation")


def exchange_part(number: int, exchange: Exchange, shown: int | None) -> Html:
    """Return one question with what came of it."""
    asked = element("span", "You asked: ", class_="cb-hidden")
    question = element("h2", asked, exchange.question, class_="cb-question", dir="auto")
    parts = [question] if exchange.question else []
    parts.append(outcome(number, exchange, shown))
    return element("section", *parts, class_="cb-exchange", id=f"cb-exchange-{number}")


def outcome(number: int, exchange: Exchange, shown: int | None) -> Html:
    """Return what a question came to."""
    if exchange.problem:
        return element("div", element("p", exchange.problem), class_="cb-problem")
    if exchange.answer is None:
        return waiting(exchange.question)
    if exchange.answer.abstained:
        parts = [refusal(number, exchange.answer)]
    else:
        parts = [answered(number, exchange.answer, shown)]
    if shown is None:
        parts += [tools(number, exchange.answer, exchange.link, exchange.verdict), offered(exchange.offers)]
    return join(parts)


def waiting(question: str) -> Html:
    """Return what stands in place of an answer that is being looked for, and the way to stop it."""
    stop = element("button", "Stop", type="button", class_="cb-plain-button", data_act="stop", data_question=question)
    return element("div", element("p", "Searching the case studies…"), stop, class_="cb-waiting")


def offered(questions: Sequence[str]) -> Html:
    """Return questions to go on with."""
    if not questions:
        return Html()
    return element("div", element("h3", "You could also ask"), asking(questions), class_="cb-offers")


def asking(questions: Sequence[str]) -> Html:
    """Return a list of questions, each a button that asks it."""
    buttons = (
        element("button", question, type="button", class_="cb-example", data_act="ask", data_question=question)
        for question in questions
    )
    return element("ul", *(element("li", button) for button in buttons))


def answered(number: int, answer: Answer, shown: int | None) -> Html:
    """Return an answer, or its first sentences; the closing line comes when all is there."""
    titles = {citation.number: citation.title for citation in answer.citations}
    parts = [searched_for(number, answer)]
    left = len(answer.sentences) if shown is None else shown
    for name, sentences in answer.groups:
        # Where an answer speaks of several bodies, none of its sentences may be taken for another's.
        parts += [element("h3", name, class_="cb-whose")] if name and left > 0 else []
        parts += [sentence_part(number, sentence, titles) for sentence in sentences[: max(left, 0)]]
        left -= len(sentences)
    if shown is None:
        parts += [*noted(answer), closing(number, answer)]
    return element("div", *parts, class_="cb-answer")


def noted(answer: Answer) -> list[Html]:
    """Return Casebook's own words on an answer, told apart from the sentences of the documents."""
    return [element("p", element("strong", "Note: "), note, class_="cb-note", dir="auto") for note in answer.notes]


def sentence_part(number: int, sentence: Sentence, titles: dict[int, str]) -> Html:
    """Return a sentence and its marks; the text stands alone in its own element."""
    marks = (mark(number, citation, titles.get(citation, "")) for citation in sentence.citations)
    return element(
        "p",
        element("span", sentence.text, class_="cb-text"),
        element("span", WORD_JOINER, join(marks, WORD_JOINER), class_="cb-marks"),
        class_="cb-sentence",
    )


def mark(exchange: int, citation: int, title: str) -> Html:
    """Return a citation mark: a link into the sources panel."""
    return element(
        "a",
        f"[{citation}]",
        href=f"#{PANEL_ID}",
        class_="cb-mark",
        data_act="open",
        data_exchange=exchange,
        data_citation=citation,
        aria_label=f"[{citation}] source in {title}",
        title=title,
    )


def searched_line(answer: Answer) -> Html:
    """Return what was searched for, where it is not what was asked."""
    if answer.searched_for.strip() == answer.question.strip() or not answer.searched_for.strip():
        return Html()
    return element("p", "Searched for: ", element("q", answer.searched_for), class_="cb-searched")


def searched_for(number: int, answer: Answer) -> Html:
    """Return what was searched for, what of it was carried over, each removable, and a way to word it anew."""
    line = searched_line(answer)
    if not line:
        return line
    text = answer.searched_for.removesuffix(f" ({', '.join(answer.carried)})")
    chips = []
    for place, word in enumerate(answer.carried):
        rest = ", ".join(answer.carried[:place] + answer.carried[place + 1 :])
        cross = element("span", "×", aria_hidden="true", class_="cb-cross")
        button = element(
            "button",
            element("span", word),
            cross,
            type="button",
            class_="cb-chip",
            data_act="again",
            data_question=f"{text} ({rest})" if rest else text,
            aria_label=f"Search again without {word}",
        )
        chips.append(element("li", button))
    kept = element("span", "Carried over from before:", class_="cb-quiet")
    row = [element("div", kept, element("ul", *chips, class_="cb-chips"), class_="cb-carried")] if chips else []
    name = f"cb-again-{number}"
    form = element(
        "form",
        element("label", "What to search for", for_=name),
        element("input", id=name, name="question", value=answer.searched_for, maxlength=2_000, autocomplete="off"),
        element("button", "Search again", type="submit", class_="cb-plain-button"),
        class_="cb-again",
        data_act="again",
    )
    edit = element("details", element("summary", "Edit what was searched for"), form)
    return element("div", line, *row, edit, class_="cb-searched-part")


def closing(number: int, answer: Answer) -> Html:
    """Return the line under an answer: how many sources, of whom, and a way to them."""
    return element(
        "p",
        counted(len(answer.citations), "passage"),
        " from ",
        ", ".join(dict.fromkeys(citation.whose for citation in answer.citations)),
        ". ",
        sources_link(number, "Show the sources"),
        class_="cb-closing",
    )


def sources_link(number: int, label: str) -> Html:
    """Return the link that brings the sources of an answer into the panel."""
    return element("a", label, href=f"#{PANEL_ID}", class_="cb-link", data_act="sources", data_exchange=number)


def refusal(number: int, answer: Answer) -> Html:
    """Return a refusal: plainly no answer, its reason in words, and where the nearest passages are."""
    reason = REASONS[answer.reason] if answer.reason else ""
    parts = [searched_for(number, answer), element("p", "No answer", class_="cb-refusal-title")]
    parts += [element("p", reason)] if reason not in answer.text else []
    parts += [element("p", element("span", answer.text, class_="cb-text"))]
    if answer.hits:
        link = sources_link(number, "Show the nearest passages")
        parts.append(element("p", link, ". They are not an answer.", class_="cb-closing"))
    return element("div", *parts, class_="cb-refusal")


def welcome(examples: Sequence[str]) -> Html:
    """Return what stands in place of a conversation that has not begun."""
    intro = element(
        "p",
        "Ask how collaboratives were set up, what they changed and what they learned. Each sentence of an"
        " answer ends in a mark such as [1]: select it to read the passage in its document.",
    )
    offered = (
        [
            element("h3", "Questions to start with"),
            asking(examples),
        ]
        if examples
        else []
    )
    heading = element("h2", "What would you like to know?")
    return element("div", heading, intro, *offered, class_="cb-welcome")
