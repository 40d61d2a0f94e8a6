"""What a question asks for: its kind, the type of fact it wants, its words that carry meaning, its names and years."""

import re
from dataclasses import dataclass

# Words of questions that say nothing about the subject; keyword search has its own, shorter list.
EMPTY_WORDS = frozenset(
    (
        "a about above after again all also am an and any anyone are as ask asked at be because been before being "
        "between both but by can could did do does doing done during each ever explain far find for from get give "
        "given go got had has have having he her here him his how i if in into is it its itself just know let like "
        "list many may me might more most much must my name need no nor not now of off on one only or other our out "
        "over own please say said says she should show so some still such tell than that the their them then there "
        "these they thing things this those through to too under until up us very was way we well were what whats "
        "when where which while who whom whose why will with would you your describe detail details summarise "
        "summarize "
    ).split()
)
# What begins a request, in capitals only because it begins it.
_ORDERS = frozenset(
    "analyse assess assuming check compare compared comparing concerning considering contrast discuss either enumerate "
    "evaluate find highlight identify outline recap regarding review suppose thank thanks unlike".split()
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
# A year that is asked about: none that only bounds a time, and no number of things ("clear 2000 patients").
_YEAR = re.compile(
    r"(?<![£$€\d,.])\b(?<!\bsince )(?<!\bafter )(?<!\bbefore )(?<!\buntil )((?:19|20)\d\d)\b(?![,.]?\d)", re.I
)
_BETWEEN = re.compile(r"\bbetween (?:19|20)\d\d and (?:19|20)\d\d\b", re.I)
_THINGS = re.compile(
    r"(?<!in )\b(?:19|20)\d\d (?:patients|people|children|staff|nurses|operations|procedures|scans|tests|referrals"
    r"|appointments|admissions|cases|beds|hours|days)\b",
    re.I,
)

_LISTABLE = (
    "members|aims|goals|priorities|lessons|messages|challenges|services|programmes|programs|projects|networks|trusts|"
    "roles|benefits|changes|reasons|steps|things|ways|examples|topics|areas|objectives|principles|barriers|enablers|results|"
    "achievements|names"
)
# "Which trust runs it?" asks for one.
_SINGLE = (
    "provider|network|programme|group|trust|body|company|firm|hospital|town|city|centre|site|person|year|month|date|day"
    "|organisation|collaborative"
)
_POLITE = "(?:(?:please|can you|could you|give me|tell me|show me|a|the) )*"
_LIST = re.compile(
    rf"^{_POLITE}(?:list|name|which|what(?:'s|s)?)\b(?! happens).*\b(?:{_LISTABLE})\b"
    rf"|^{_POLITE}(?:which|what|who(?: are| were))\b(?! (?:{_SINGLE}|happens)\b)"
    r".{0,60}?\b(?!is\b|was\b|does\b|has\b|this\b)[a-z]{2,}[^\Ws]s\b"
    rf"|^{_POLITE}(?:{_LISTABLE})\b"
    r"|^what(?: (?:are|were))?(?: the)? (?:two|three|four|five|six|seven|eight|nine|ten)\b",
    re.I,
)
_BODY = (
    "collaboratives?|alliances?|federations?|partnerships?|trusts?|hospitals?|providers?|systems?|places|bodies"
    "|groups|areas"
)
_CROSS = re.compile(
    r"\b(?:which|what|how do|how have|where|do|are|have|across|among|different|other|any|all|most|several|each)\b"
    r"[^?]{0,40}\b(?:collaboratives|systems|bodies|alliances|federations|partnerships|groups|areas|places)\b"
    r"|\bacross (?:the )?(?:country|england|collaboratives|case studies)\b|\bcase studies\b"
    # None in particular is meant by "a trust", "have hospitals …", "anyone", "do any …", "who has …".
    rf"|\b(?:a|an|any|another|several|two or more) (?:{_BODY})\b"
    r"|^(?:where|how|why|when|which)\b.{0,20}\b(?:have|do|did|are|were) (?:the )?"
    r"(?:trusts|hospitals|providers|members)\b"
    r"|\b(?:any(?:one|body|where)|any of (?:them|these)|which ones|examples of|in each of)\b"
    r"|\b(?:each|every) (?:collaborative|partnership|alliance)\b|^compar(?:e|ing)\b"
    r"|^(?:who|which|where) (?:has|have)\b|^(?:do|does|has|have|is|are|did) (?:there )?any\b|\bwho is doing\b"
    r"|^which are the\b",
    re.I,
)
_ASKED_OF_ALL = re.compile(
    r"\b(?:(?:please|list|name|which|what|how|where|why|do|does|did|are|have|has|any|all|most|several|each|other"
    r"|different|of|the|across|among|between|by|in|provider|nhs)\s+)*"
    r"(?:collaboratives|alliances|federations|case studies)\b"
    r"(?:\s+(?:have|has|had|do|did|are|were|is|was|that|who)\b)*",
    re.I,
)
_HOW_OR_WHY = re.compile(
    r"\b(?:how (?!many|much|often|long|large|big|far|old)|why|what (?:led|made|let)|reasons?)\b", re.I
)
_SUMS = "money|sum|amount|budget|cost|funding|savings?|investment|income"
_SHARES = "share|proportion|percentage|percent|per cent|fraction"
# "How much did waits fall?" asks for no sum.
_CHANGES = (
    r"fall|fallen|fell|drop\w*|rise|risen|rose|grow\w*|grew|shrink|improve\w*|shorten\w*|reduced?|increased?|longer"
    r"|shorter"
)
# "How much" of anything that is named is a sum only where that is money.
_HOW_MUCH = (
    r"\bhow much(?: (?:extra|more|less))?(?= (?:did|do|does|is|was|were|are|will|would|has|had|have|can)\b|\?|$)"
    rf"(?!.*\b(?:{_CHANGES})\b)"
    rf"|\bhow much (?:[\w-]+ ){{0,2}}(?:{_SUMS}|cash|capital)\b|\bhow much\b.{{0,60}}\bcosts?\b"
)
# "Children who …" asks for nobody.
_BEFORE_WHO = (
    r"(?:^|[,;:(.?!-]\s*"
    r"|\b(?:and|or|but|so|to|by|with|for|from|about|of|on|at|in|under|me|us|know|say|says|said|out|see)\s)"
)
_WANTS = {
    name: re.compile(pattern, re.I)
    for name, pattern in {
        "money": rf"{_HOW_MUCH}|\bhow many (?:pounds|millions?|£)\b|\bcost of\b"
        rf"|\b(?:what|which) (?:extra |more |capital |total )?(?:{_SUMS})\b"
        r"|\bwhat (?:did|does|do|will|would|is|was) .*\bcost",
        "share": rf"\b(?:what|which|how (?:large|big) a|by what) (?:{_SHARES})\b",
        "number": r"\bhow many\b|\bwhat number\b",
        "date": r"\bwhen (?!.*\bshould)(?:did|was|were|is|are|does|do|will|has|have|had)\b|\bsince when\b"
        r"|\b(?:what|which) (?:year|yr|date|month|day)\b",
        "time": r"\bhow (?:long|quickly|fast|soon|often)\b|\bhow much (?:\w+ )?time\b",
        "person": rf"{_BEFORE_WHO}who(?:m|se)?\b(?! (?:benefits|pays))|\bname of the (?:chair|lead|director|chief)\b",
        "place": r"\bwhere\b|\b(?:which|what) (?:town|city|hospital|site|place)\b",
    }.items()
}
_COUNTED = re.compile(
    r"\bhow many\s+(.{2,60}?)(?=\s+(?:did|do|does|were|was|are|is|have|has|had|will|would|can|could|should|belong"
    r"|in|at|of|on|from)\b|[?,.]|$)",
    re.I,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, taken apart; ``wants`` are types of fact, ``words`` the ones that carry meaning.

    ``counted`` are the words for what "how many" asks the number of.
    """

    text: str
    wants: frozenset[str]
    is_list: bool
    is_cross: bool
    is_how_or_why: bool
    words: tuple[str, ...]
    counted: tuple[str, ...]
    names: tuple[str, ...]
    years: tuple[int, ...]


def content_words(text: str) -> tuple[str, ...]:
    """Return the words of a text that carry meaning, as written, in order, each once."""
    words = (match.group() for match in _WORD.finditer(text))
    return tuple(
        dict.fromkeys(word for word in words if word.lower().removesuffix("'s").removesuffix("’s") not in EMPTY_WORDS)
    )


def proper_names(text: str) -> tuple[str, ...]:
    """Return the runs of capitalised words of a question, without the capital that only begins it."""
    token = r"(?:[A-Z][\w&'’-]*|\d+)"
    joint = r"(?:and|of|for|&)(?:\s+the)?"
    runs = []
    for match in re.finditer(rf"\b[A-Z][\w&'’-]*(?:\s+(?:{joint}\s+)?{token})*", text):
        words = match.group().split()
        at_start = not text[: match.start()].strip(" \"'“‘(") or text[: match.start()].rstrip()[-1:] in ".?!:"
        while words and (
            (words[0].lower() in EMPTY_WORDS and (at_start or words[0] != "One"))  # "One LSC" is a name
            or (at_start and (len(words) == 1 or words[0].lower() in _ORDERS) and not words[0].isupper())
        ):
            words = words[1:]
            at_start = False
        while words and words[-1].lower() in EMPTY_WORDS:
            words = words[:-1]
        name = re.sub(r"['’]s$", "", " ".join(words))
        if name and not name.isdigit() and len(name) > 1:
            runs.append(name)
    return tuple(dict.fromkeys(runs))


def of_one(text: str) -> str:
    """Return a question across collaboratives without the words that only say so: what is asked of each of them."""
    bare = " ".join(_ASKED_OF_ALL.sub(" ", text).split()).strip(" ,;:")
    return bare if len(content_words(bare)) > 1 else text


def _counted(text: str) -> tuple[str, ...]:
    match = _COUNTED.search(text)
    return content_words(match.group(1)) if match else ()


def understand(question: str) -> Asked:
    """Take a question apart."""
    text = " ".join(question.split())
    wants = frozenset(name for name, pattern in _WANTS.items() if pattern.search(text))
    if wants & {"money", "share"}:
        wants -= {"number"}
    return Asked(
        text=text,
        wants=wants,
        is_list=bool(_LIST.search(text)),
        is_cross=bool(_CROSS.search(text)),
        is_how_or_why=bool(_HOW_OR_WHY.search(text)),
        words=content_words(text),
        counted=_counted(text),
        names=proper_names(text),
        years=tuple(int(year) for year in _YEAR.findall(_THINGS.sub("", _BETWEEN.sub("", text)))),
    )
