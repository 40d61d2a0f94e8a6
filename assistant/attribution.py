"""Whose fact it is: which collaboratives a question names, and what names the corpus does not know.

Names come from the front matter (collaborative, aliases, region), none is built in. The longest name wins, and a name
that goes on in capitals to another body's name ("Black Country" in "Black Country Primary Care Collaborative")
does not count as the shorter one.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from assistant.schema import Document

_WORD = re.compile(r"[^\W_]+|&")
# Words that may follow a body's short name without making it another body.
_GENERIC = frozenset(
    (
        "provider providers collaborative collaboratives collaboration partnership alliance federation group board "
        "trust trusts acute nhs apc the programme system s hospitals hospital region area network icb ics jpc case "
        "study"
    ).split()
)


# Words of the language that abbreviate bodies' names, or are places: in small letters they are words.
_ENGLISH = frozenset("acc aim alliance bath cap care hope impact one pact prospect reading sel start".split())
# A capital before or behind, but for the one that begins the question.
_IN_A_NAME = r"(?<=[^\s.?!:]\s)[A-Z][\w'’]*\s(?:of\s(?:the\s)?)?{0}\b|\b{0}\s(?!(?:NHS|ICB|ICS|APC)\b)[A-Z]"
# Documents of these types are about no collaborative.
NO_BODY = frozenset({"national", "glossary"})
# A name that stands in the pages on so many bodies is no body's own; so many bodies make a library.
_EVERYBODYS, _SEVERAL = 5, 3
# Of fewer characters a name tells too little by itself.
_TELLING = 4
_COMPASS = frozenset("north south east west mid central".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A body that a question names: the words as written and the documents that are about it.

    ``start`` is where it stands. What is no body, a hospital or a town, has the documents that name it.
    """

    text: str
    documents: tuple[str, ...]
    is_body: bool = True
    start: int = field(default=0, compare=False)

    def lies_inside(self, other: "Mention") -> bool:
        """Whether it is only a part of another mention's words: "North East" of "North East London"."""
        return other.start <= self.start and self._end <= other._end and len(self.text) < len(other.text)

    @property
    def _end(self) -> int:
        return self.start + len(self.text)


# What joins the words of a name, and is left out or written otherwise: "Cheshire & Merseyside", "Cheshire/Merseyside".
_JOINTS = frozenset({"and", "&"})


def _key(text: str) -> tuple[str, ...]:
    words = tuple(word for word in map(str.lower, _WORD.findall(text)) if word not in _JOINTS)
    return words[1:] if words[:1] == ("the",) and len(words) > 1 else words


class Bodies:
    """The names of the corpus' collaboratives, and the words of its texts."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._documents = tuple(documents)

    @cached_property
    def _names(self) -> Mapping[tuple[str, ...], frozenset[str]]:
        names: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for document in self._documents:
            for name in (document.metadata.collaborative, *document.metadata.aliases):
                if key := _key(name):
                    names[key].add(document.id)
        return {key: frozenset(ids) for key, ids in names.items()}

    @cached_property
    def _short_names(self) -> Mapping[str, str]:
        names = {}
        for document in self._documents:
            known = [name for name in (document.metadata.collaborative, *document.metadata.aliases) if name]
            telling = [name for name in known if len(name) >= _TELLING] or known or [document.title]
            names[document.id] = min(telling, key=len)
        return names

    def short_name(self, document: str) -> str:
        """Return the shortest name of the body that a document is about, or else the document's title."""
        return self._short_names[document]

    @cached_property
    def _shared(self) -> Mapping[tuple[str, ...], frozenset[str]]:
        """First words of at least two that begin the names of several bodies: ``West Yorkshire``."""
        parts: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for key, ids in self._names.items():
            for length in range(2, len(key)):
                parts[key[:length]] |= ids
        return {
            key: frozenset(ids)
            for key, ids in parts.items()
            if len(ids) > 1
            and key not in self._names
            and not set(key) <= _GENERIC | {"of"}
            and key[-1] not in {"of", "the"}
        }

    @cached_property
    def _places(self) -> Mapping[tuple[str, ...], frozenset[str]]:
        """The places that the bodies' regions list: ``West Midlands - Warwickshire, Herefordshire`` has two."""
        places: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for document in self._documents:
            _, _, listed = document.metadata.region.partition(" - ")
            for place in re.split(r"\s*(?:,|\band\b|\(.*)\s*", listed):
                if (key := _key(place)) and not set(key) <= _COMPASS:
                    places[key].add(document.id)
        return {key: frozenset(ids) for key, ids in places.items() if key not in self._names}

    @cached_property
    def _plain_words(self) -> frozenset[str]:
        """Words that the corpus writes in small letters: ``impact`` is one, ``wyaat`` is not."""
        words: set[str] = set()
        for document in self._documents:
            words.update(re.findall(r"\b[a-z]{2,}\b", document.text))
        return frozenset(words)

    @cached_property
    def _folded(self) -> tuple[str, ...]:
        return tuple(" " + " ".join(_WORD.findall(document.text.lower())) + " " for document in self._documents)

    def mentions(self, question: str) -> tuple[Mention, ...]:
        """Return the bodies that a question names, in its order, each once."""
        words = set(map(str.lower, _WORD.findall(question)))
        return tuple(self._with_namesakes(mention, words) for mention in self._find(question, self._names))

    def _with_namesakes(self, mention: Mention, words: set[str]) -> Mention:
        """Add the documents of a longer name whose words a question has apart: "the Black Country … primary care"."""
        own = set(_key(mention.text))
        longer = [
            ids
            for key, ids in self._names.items()
            if own < set(key) and len(more := set(key) - own - _GENERIC) > 1 and more <= words
        ]
        return replace(mention, documents=tuple(sorted(set(mention.documents).union(*longer))))

    def shared_mentions(self, question: str) -> tuple[Mention, ...]:
        """Return the parts of names that fit several bodies, where no whole name is there."""
        return self._find(question, self._shared)

    def places_mentioned(self, question: str) -> tuple[Mention, ...]:
        """Return the bodies of the places that a question names, none for a place in some name: "Leicester Royal"."""
        found = self._find(question, self._places)
        return tuple(m for m in found if not re.search(_IN_A_NAME.format(re.escape(m.text)), question))

    def all_mentions(self, question: str) -> tuple[Mention, ...]:
        """Return the bodies that a question names, parts of names that fit several others, and places of others yet.

        What stands inside a longer name does not count: "North East London" is not the North East.
        """
        kinds = [finds(question) for finds in (self.mentions, self.shared_mentions, self.places_mentioned)]
        every = [mention for kind in kinds for mention in kind]
        found: list[Mention] = []
        for kind in kinds:
            named = {document for mention in found for document in mention.documents}
            found += [
                mention
                for mention in kind
                if not named & set(mention.documents) and not any(mention.lies_inside(other) for other in every)
            ]
        return tuple(found)

    def _find(self, question: str, names: Mapping[tuple[str, ...], frozenset[str]]) -> tuple[Mention, ...]:
        tokens = list(_WORD.finditer(question))
        # The words that name, each with its place among all.
        words = [(token.group().lower(), at) for at, token in enumerate(tokens) if token.group().lower() not in _JOINTS]
        longest = max(map(len, names), default=0)
        found: list[Mention] = []
        at = 0
        while at < len(words):
            for length in range(min(longest, len(words) - at), 0, -1):
                run = words[at : at + length]
                documents, start, end = names.get(tuple(word for word, _ in run)), run[0][1], run[-1][1] + 1
                span = question[tokens[start].start() : tokens[end - 1].end()]
                span += ")" if "(" in span and question.startswith(")", tokens[end - 1].end()) else ""
                is_name = span[0].isupper() and names is self._places and tokens[start].start() > 0
                meant = is_name or self._means_the_body(span)
                if documents and meant and not self._goes_on(question, tokens, start, end):
                    found.append(Mention(text=span, documents=tuple(sorted(documents)), start=tokens[start].start()))
                    at += length - 1
                    break
            at += 1
        unique = {mention.documents: mention for mention in reversed(found)}
        return tuple(reversed(unique.values()))

    def _means_the_body(self, span: str) -> bool:
        """Whether a short name is meant: an abbreviation that is also a plain word counts in capitals only."""
        return " " in span or span.isupper() or span.lower() not in self._plain_words | _ENGLISH

    def _goes_on(self, question: str, tokens: list[re.Match[str]], start: int, end: int) -> bool:
        """Whether capitals before or behind a name make it part of another body's name that the corpus holds."""
        behind: list[str] = []
        for token in tokens[end : end + 6]:
            if not (token.group()[0].isupper() or token.group().lower() in {"and", "of", "&"}):
                break
            if question[tokens[end - 1 + len(behind)].end() : token.start()].strip(" '’-"):
                break
            behind.append(token.group().lower())
        while behind and behind[-1] in {"and", "of", "&"}:
            behind.pop()
        before: list[str] = []
        for token in reversed(tokens[max(0, start - 2) : start]):
            if not (token.group()[0].isupper() and token.start() > 0):
                break
            before.insert(0, token.group().lower())
        if set(behind) <= _GENERIC and not before:
            return False
        own = [token.group().lower() for token in tokens[start:end]]
        # "Black Country Primary Care Collaborative" is another body; "Norfolk and Waveney EPR" is a thing of this one;
        # "South West London and St George's" is a trust.
        goes_on = bool(behind) and not set(behind) <= _GENERIC
        wider = [own + behind] if goes_on and (_GENERIC & set(behind) or self.is_trust(" ".join(own + behind))) else []
        wider += [before[i:] + own for i in range(len(before))]
        return any(f" {' '.join(words)} " in text for words in wider for text in self._folded)

    def holding(self, name: str, *, general: bool = False) -> tuple[str, ...]:
        """Return the documents about a body, or the ``general`` ones too, in which a name stands, by id."""
        words = f" {' '.join(_WORD.findall(name.lower()))} "
        return tuple(
            document.id
            for document, text in zip(self._documents, self._folded, strict=True)
            if words in text and (general or document.metadata.type not in NO_BODY)
        )

    def is_everybodys(self, name: str) -> bool:
        """Whether so many pages hold a name that it tells no body from others: "NHS", "Covid", "ICB"."""
        return len(self.holding(name)) >= _EVERYBODYS

    @cached_property
    def are_several(self) -> bool:
        """Whether the documents are about so many bodies that a question which names none is put to all."""
        return len({one.metadata.collaborative for one in self._documents} - {""}) >= _SEVERAL

    def is_trust(self, name: str) -> bool:
        """Whether a name stands in that of one of the bodies' trusts: "Sandwell and West Birmingham"."""
        words = f" {' '.join(_WORD.findall(name.lower()))} "
        return any(words in trust for trust in self._trusts)

    @cached_property
    def _trusts(self) -> frozenset[str]:
        return frozenset(
            f" {' '.join(_WORD.findall(trust.lower()))} " for one in self._documents for trust in one.metadata.trusts
        )

    def without_names(self, text: str) -> str:
        """Return a text without the names of bodies, which every sentence on a body shares."""
        spans = [(match.start(), match.end()) for match in self._name_pattern.finditer(text)]
        kept = "".join(
            text[i:j] for i, j in zip([0, *(e for _, e in spans)], [*(s for s, _ in spans), len(text)], strict=True)
        )
        bare = re.sub(r"\(\s*\)|['’]s\b(?<=\s['’]s)", " ", kept)
        return " ".join(bare.split()) or text

    @cached_property
    def _name_pattern(self) -> re.Pattern[str]:
        joint = r"(?:[\s'’/-]+(?:(?:and|&)\s+)?)"
        names = sorted((joint.join(map(re.escape, key)) for key in self._names), key=len, reverse=True)
        return re.compile(rf"\b(?:the )?(?:{'|'.join(names)})\b" if names else r"(?!)", re.I)
