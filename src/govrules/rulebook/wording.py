"""What is warned of in the words of a pack: a duty names who must do what, and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from govrules.diagnostics import Code
from govrules.nodes import Entries, Items, Node, Report, Scalar

#: A principle of more words is read twice.
MOST_WORDS: Final = 40

_NEGATIVE: Final = re.compile(
    r"\b(?:no|not|nobody|nothing|none|never|nowhere|without|neither|nor|cannot|\w+n['’]t)\b",
    re.IGNORECASE,
)
#: What stands behind these is no part of what a title says first.
_ASIDE: Final = re.compile(
    r"\b(?:and|that|which|who|what|how|whether|where|when|if|because|until|unless)\b|[,;:(]"
)
_NEITHER: Final = re.compile(r"\bneither\b(.*?)\bnor\b", re.IGNORECASE)
_STIFF: Final = re.compile(r"\b(?:whom|shall|it is required that)\b", re.IGNORECASE)
#: Questions that begin so are not answered by yes or no.
_OPEN: Final = ("how", "what", "who", "whose", "which", "when", "where", "why")
#: By when something is due: a number, which the rules read themselves, or what "in" stands before.
_BY_WHEN: Final = re.compile(r"[-\u22120-9]|(?:the|its|their|our|each|every) |$")
#: No act begins with one of these.
_NOT_VERBS: Final = frozenset(
    """
    a an the this that these those there it its they their we our you your he she each every
    all any some no none nobody nothing somebody someone everybody one two both either neither
    many most in on at by for from to of with within without before after until when where
    while if once and or but so not never only also then more less
    is are was were be been has had will would should must may can could
    shall
    """.split()  # noqa: SIM905 - in lines of its own each word would fill a page
)
#: Endings of nouns, of words in -ing and -ed, of plurals and of adverbs, and the verbs among them.
_ENDINGS: Final = re.compile(r"(?:tion|sion|ment|ness|ity|ing|ed|ly|ship|ance|ence)$|(?<![sui])s$")
_VERBS_ALL_THE_SAME: Final = frozenset(
    """
    mention question position commission provision function station caution condition bring
    ring sing string swing ping cling embed shed wed need feed heed proceed succeed exceed
    speed seed weed apply supply rely comply reply multiply fly tally rally balance finance
    advance enhance influence reference evidence commence sequence ship witness harness
    sanction ration auction partition implement document supplement complement comment augment
    experiment cement fragment segment
    """.split()  # noqa: SIM905 - in lines of its own each word would fill a page
)


def check_wording(node: Node, report: Report) -> None:
    """Report warnings on the wording of a rule file or `rulebook.yaml`."""
    for rule in _items(node, "rules"):
        _check_rule(rule, report)
    for part in ("facts", "derived"):
        for fact in _values(_of(node, part)):
            _check_fact(fact, report)
    for text in _sentences(node):
        _check_typed(text, report)


#: What is read as a sentence wherever it stands.
_SENTENCES: Final = (
    *("title", "met", "principle", "note", "because", "do", "label", "question", "reason"),
    *("name", "denial"),
)


def _sentences(node: Node) -> Iterator[Scalar]:
    match node:
        case Entries(items):
            for key, value in items:
                if key.text in _SENTENCES and isinstance(value, Scalar):
                    yield value
                else:
                    yield from _sentences(value)
        case Items(items):
            for item in items:
                yield from _sentences(item)


def _check_typed(text: Scalar, report: Report) -> None:
    """Report a sentence damaged by typing: word-processor quotes, a hidden comment."""
    if text.text[:1] in _SMART and text.text[-1:] in _SMART:
        report.add(
            Code.SMART_QUOTES,
            f"the quotes of `{text.text}` are those of a word processor, and a part of it",
            text,
            'type plain quotes, `"`, or none',
        )
    line = report.lines[text.line - 1] if text.line <= len(report.lines) else ""
    rest = line[text.column - 1 + text.length :]
    if text.plain and rest.startswith(" #"):
        report.add(
            Code.HIDDEN_BY_A_COMMENT,
            f"`{rest.strip()}` is a comment, and no part of `{text.text}`",
            text,
            "put the text in quotes, or the comment on a line of its own",
        )


_SMART: Final = ("“", "”", "„", "‘", "’")


def _check_rule(rule: Node, report: Report) -> None:
    title, met = _text(rule, "title"), _text(rule, "met")
    if title is not None and negatives(title.text) > 1:
        report.add(
            Code.TWO_NEGATIVES,
            f"the title says no twice: `{title.text}`",
            title,
            "say the fault with one negative, or with none",
        )
    if title is not None and met is not None and is_needless_no(met.text, title.text):
        report.add(
            Code.NEEDLESS_NO,
            f"the good state begins with no, though the fault is an absence: `{met.text}`",
            met,
            "say what is there when all is well",
        )
    principle = _text(rule, "principle")
    if principle is not None and len(principle.text.split()) > MOST_WORDS:
        report.add(
            Code.LONG_PRINCIPLE,
            f"the principle has {len(principle.text.split())} words, more than {MOST_WORDS}",
            principle,
            "keep the duty and one reason; remarks on the encoding go to `note`",
        )
    remedy = _of(rule, "remedy")
    acts = [_text(each, "do") for each in (remedy, *_items(remedy, "instead"))]
    for act in acts:
        if act is not None and not begins_with_a_verb(act.text):
            report.add(
                Code.NO_VERB,
                f"the remedy does not begin with a verb: `{act.text}`",
                act,
                "begin with what is to be done, such as `Agree …`",
            )
    within = _text(remedy, "within")
    if within is not None and not _BY_WHEN.match(within.text):
        report.add(
            Code.LABEL_AS_A_SENTENCE,
            f"`{within.text}` is no number of months, nor a time that `the` begins",
            within,
            "write a length of time such as `6 months`, or a time such as `the next meeting`",
        )
    reasons = [
        _text(item, "because") for part in ("unless", "mitigated_by") for item in _items(rule, part)
    ]
    _check_stiff([title, met, principle, *acts, *reasons], report)


def _check_fact(fact: Node, report: Report) -> None:
    label, denial, question = (_text(fact, key) for key in ("label", "denial", "question"))
    for each in (label, denial):
        if each is not None and is_a_sentence(each.text):
            report.add(
                Code.LABEL_AS_A_SENTENCE,
                f"`{each.text}` is written as a sentence, and stands inside one",
                each,
                "begin with a small letter and end without a full stop",
            )
    kind = _text(fact, "type")
    yes_or_no = kind is not None and kind.text == "yes or no"
    if yes_or_no and question is not None and is_open(question.text):
        report.add(
            Code.QUESTION_DOES_NOT_FIT,
            f"yes or no does not answer `{question.text}`",
            question,
            "ask so that yes or no is the answer, such as `Is there …?`",
        )
    _check_stiff([label, denial, question], report)


def _check_stiff(texts: list[Scalar | None], report: Report) -> None:
    for text in texts:
        found = _STIFF.search(text.text) if text is not None else None
        if found:
            report.add(
                Code.STIFF_WORDS,
                f"nobody says `{found[0].lower()}` aloud",
                text,
                "say who must do what, in words that people use",
            )


def negatives(text: str) -> int:
    """
    Return how many times a text says no; `neither … nor` is one.

    >>> negatives("Nothing says who pays"), negatives("Nobody leaves without notice")
    (1, 2)
    """
    return len(_NEGATIVE.findall(_NEITHER.sub(r"neither\1", text)))


def is_needless_no(met: str, title: str) -> bool:
    """
    Tell whether a good state begins with no, though the title's first part is an absence itself.

    >>> is_needless_no("No step is open", "There is no next step")
    True
    >>> is_needless_no("No partner dominates", "One partner dominates and nothing balances it")
    False
    """
    begins = re.match(r"(?:no|nobody|nothing|none)\b", met, re.IGNORECASE)
    return bool(begins) and negatives(_ASIDE.split(title, maxsplit=1)[0]) > 0


def is_open(question: str) -> bool:
    """
    Tell whether a question asks for more than yes or no.

    >>> is_open("How are decisions made?"), is_open("Are decisions minuted?")
    (True, False)
    """
    first = re.match(r"\w+", question)
    return first is not None and first[0].lower() in _OPEN


def is_a_sentence(label: str) -> bool:
    """
    Tell whether a label ends in a full stop or begins with a capital, save that of letters alone.

    >>> is_a_sentence("The budget."), is_a_sentence("VAT is settled")
    (True, False)
    """
    first = label.split(maxsplit=1)[0] if label.strip() else ""
    return label.rstrip().endswith(".") or (first[:1].isupper() and not first[1:2].isupper())


def begins_with_a_verb(act: str) -> bool:
    """
    Tell whether an act begins with a verb, as far as its first word shows.

    >>> begins_with_a_verb("Agree the aims."), begins_with_a_verb("The aims are agreed.")
    (True, False)
    """
    first = re.match(r"[A-Za-z'’-]+", act)
    if first is None:
        return False
    word = first[0].lower()
    if word in _VERBS_ALL_THE_SAME:
        return True
    return word not in _NOT_VERBS and not _ENDINGS.search(word)


def _of(node: Node | None, key: str) -> Node | None:
    if isinstance(node, Entries):
        return next((value for name, value in node.items if name.text == key), None)
    return None


def _text(node: Node | None, key: str) -> Scalar | None:
    found = _of(node, key)
    return found if isinstance(found, Scalar) else None


def _items(node: Node | None, key: str) -> list[Node]:
    found = _of(node, key)
    return found.items if isinstance(found, Items) else []


def _values(node: Node | None) -> Iterator[Node]:
    if isinstance(node, Entries):
        yield from (value for _, value in node.items)
