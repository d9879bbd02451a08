"""
Mistakes that people make in the files of a policy team, each as one edit of sound files.

Of each stands what a good answer names: the place, by a text of the line; the cause, by its code;
and the cure, by words of the help.
"""

from __future__ import annotations

from typing import Final

import attrs

FILES: Final = {
    "pack/rulebook.yaml": """\
govrules: 1
id: our-law
title: Our law
version: "2026.1"
owner: the monitoring officer
sources:
  nlgaf:
    title: A framework
    publisher: A ministry
    year: "2021"
parameters:
  large_spend:
    value: 250000
    unit: pounds
    reason: It is much here.
    says: ours
  board_share:
    value: 66.6
    unit: per cent
    reason: It says two thirds.
    says: stated
facts:
  local.open_calls:
    type: yes or no
    kind: arrangement
    label: calls are advertised openly
    denial: calls are not advertised openly
    question: Are calls advertised openly?
  local.board_size:
    type: number
    kind: arrangement
    unit: members
    label: the size of the board
    question: How many members has the board?
  local.band:
    values: [small, middling, large]
    kind: circumstance
    label: the band
    question: Which band is it in?
derived:
  weighty:
    label: the weight
    values: [little, much]
    first_match:
      - when: { funding.annual_spend: { at_least: { parameter: large_spend } } }
        value: much
    otherwise: little
""",
    "pack/money.yaml": """\
govrules: 1
theme: money
rules:
  - id: calls-not-open
    title: Calls are not advertised openly
    met: Calls are advertised openly
    principle: The board advertises every call in public, so that anyone can bid.
    source: { document: nlgaf, paragraph: "12" }
    applies_when:
      status: active
    unless:
      - when: { funding.annual_spend: none }
        because: There is nothing to bid for.
        source: { document: nlgaf, paragraph: "13" }
    requires:
      local.open_calls: yes
    severity:
      high: { weighty: much }
      otherwise: medium
    remedy:
      do: Advertise each call.
      who: the board
      within: 3 months
    examples:
      - name: closed
        given: { status: active, funding.annual_spend: 300000, local.open_calls: no }
        expect: flagged
        severity: high
      - name: open
        given: { status: active, funding.annual_spend: 1, local.open_calls: yes }
        expect: clear
  - id: board-too-large
    title: The board is too large
    principle: The board has at most twenty members, so that it can decide.
    source: { document: nlgaf, paragraph: "20" }
    requires:
      local.board_size: { at_most: 20 }
    severity: low
  - id: agreement-too-old
    title: The agreement is too old
    principle: Partners review their agreement each year.
    source: { document: nlgaf, paragraph: "30" }
    applies_when: { funding.annual_spend: { at_least: { parameter: large_spend } } }
    requires:
      governing_document.reviewed: { newer_than: 12 months }
    severity: medium
""",
    "own/rulebook.yaml": """\
govrules: 1
id: own
title: Our own
version: "1"
owner: us
adapts:
  pack:
    parameters:
      large_spend: { value: £500000, reason: We are large., approved: Cabinet }
    rules:
      board-too-large: { severity: high, reason: It hurts., approved: Cabinet }
""",
    "waivers.yaml": """\
govrules: 1
waivers:
  - rule: board-too-large
    partnership: P-1
    reason: It is new.
    approved: Cabinet
    until: 2027-03-31
""",
    "actions.yaml": """\
govrules: 1
actions:
  - partnership: P-1
    rule: board-too-large
    do: Make it smaller.
    by: 2027-03-31
    state: planned
""",
    "govrules.yaml": """\
govrules: 1
rules: [own]
waivers: waivers.yaml
""",
}


@attrs.frozen
class Mistake:
    """
    A mistake and what a good answer names.

    Attributes:
        name: what somebody did.
        file: the file that is edited.
        old: what stood there.
        new: what stands there now.
        at: a text of the line that the answer must name; "" for the file as a whole.
        code: the code that says the cause.
        cure: words of the help.
    """

    name: str
    file: str
    old: str
    new: str
    at: str
    code: str
    cure: str


def _in(file: str, *several: tuple[str, str, str, str, str, str]) -> list[Mistake]:
    return [
        Mistake(name, file, old, new, at, code, cure) for name, old, new, at, code, cure in several
    ]


MISTAKES: Final = [
    *_in(
        "pack/money.yaml",
        (
            "a line indented too far",
            "    severity: low",
            "      severity: low",
            "severity: low",
            "GR101",
            "indent",
        ),
        ("a tab", "    severity: low", "\t severity: low", "severity: low", "GR007", "two spaces"),
        (
            "no colon",
            "    severity: low",
            "    severity low",
            "severity low",
            "GR006",
            "key: value",
        ),
        (
            "no space after a colon",
            "      status: active\n",
            "      status:active\n",
            "status:active",
            "GR",
            "status: ",
        ),
        (
            "a colon in a text",
            "title: The board is too large",
            "title: The board: too large",
            "title: The board",
            "GR006",
            "quotes",
        ),
        (
            "a quote never closed",
            "title: The board is too large",
            'title: "The board is too large',
            "title:",
            "GR006",
            "close the quote",
        ),
        (
            "a brace never closed",
            "{ at_most: 20 }",
            "{ at_most: 20",
            "at_most",
            "GR006",
            "close the bracket",
        ),
        (
            "a text that begins with a quote",
            "title: The board is too large",
            "title: 'Board' is too large",
            "title",
            "GR006",
            "quote the whole",
        ),
        (
            "smart quotes round a value",
            "local.open_calls: yes\n    severity",
            "local.open_calls: “yes”\n    severity",
            "“yes”",
            "GR10",
            "yes",
        ),
        (
            "smart quotes round a text",
            "do: Advertise each call.",
            "do: “Advertise each call.”",
            "“Advertise",
            "GR809",
            "plain quotes",
        ),
        (
            "Y for yes",
            "local.open_calls: yes\n    severity",
            "local.open_calls: Y\n    severity",
            "local.open_calls: Y",
            "GR10",
            "yes",
        ),
        (
            "a fact misspelt",
            "local.board_size: {",
            "local.board_sise: {",
            "board_sise",
            "GR101",
            "local.board_size",
        ),
        (
            "a fact of the vocabulary misspelt",
            "governing_document.reviewed: {",
            "governing_document.review: {",
            "governing_document.review:",
            "GR101",
            "governing_document.reviewed",
        ),
        (
            "a value misspelt",
            "status: active\n    unless",
            "status: activ\n    unless",
            "status: activ",
            "GR103",
            "active",
        ),
        (
            "a parameter misspelt",
            "{ parameter: large_spend } } }\n    requires",
            "{ parameter: large_spent } } }\n    requires",
            "large_spent",
            "GR107",
            "large_spend",
        ),
        ("a severity misspelt", "severity: low", "severity: lo", "severity: lo", "GR103", "low"),
        (
            "an invented severity",
            "severity: low",
            "severity: severe",
            "severity: severe",
            "GR103",
            "critical",
        ),
        ("no otherwise", "      otherwise: medium\n", "", "high:", "GR205", "otherwise: medium"),
        (
            "no requires",
            "    requires:\n      local.board_size: { at_most: 20 }\n",
            "",
            "board-too-large",
            "GR202",
            "requires",
        ),
        ("no expect", "        expect: clear\n", "", "name: open", "GR202", "expect"),
        (
            "a key twice",
            "    severity: low",
            "    severity: low\n    severity: high",
            "severity: high",
            "GR010",
            "keep one",
        ),
        (
            "a list for a mapping",
            "      local.open_calls: yes\n    severity",
            "      - local.open_calls: yes\n    severity",
            "- local.open_calls",
            "GR011",
            "all:",
        ),
        (
            "unknown is tested",
            "local.open_calls: yes\n    severity",
            "local.open_calls: unknown\n    severity",
            "unknown",
            "GR110",
            "question",
        ),
        (
            "a comma in an amount in braces",
            "{ at_least: { parameter: large_spend } } }\n    requires",
            "{ at_least: 250,000 } }\n    requires",
            "250,000",
            "GR006",
            "250,000",
        ),
        (
            "pounds and a comma in braces",
            "{ at_least: { parameter: large_spend } } }\n    requires",
            "{ at_least: £250,000 } }\n    requires",
            "£250,000",
            "GR006",
            "£250,000",
        ),
        (
            "a test denied",
            "{ at_most: 20 }",
            "{ not_at_most: 20 }",
            "not_at_most",
            "GR104",
            "write `at_most` here, and the whole test below `not:`",
        ),
        (
            "a sign that denies",
            "status: active\n    unless",
            'status: "!= ended"\n    unless',
            "!= ended",
            "GR011",
            "write `not: { status: ended }`",
        ),
        (
            "a sign that denies, bare",
            "status: active\n    unless",
            "status: != ended\n    unless",
            "!= ended",
            "GR008",
            "not: {",
        ),
        (
            "a value denied",
            "status: active\n    unless",
            "status: not ended\n    unless",
            "not ended",
            "GR011",
            "write `not: { status: ended }`",
        ),
        (
            "a list after in",
            "status: active\n    unless",
            "status: { in: [active, closing] }\n    unless",
            "in: [active",
            "GR104",
            "write `status: [ … ]`",
        ),
        (
            "a list after equals",
            "status: active\n    unless",
            "status: { equals: [active, closing] }\n    unless",
            "equals: [active",
            "GR011",
            "`status: [ … ]`",
        ),
        (
            "the days before, by a word of the days after",
            "newer_than: 12 months",
            "within_last: 12 months",
            "within_last",
            "GR104",
            "did you mean `newer_than`?",
        ),
        (
            "an amount in k",
            "{ at_least: { parameter: large_spend } } }\n    requires",
            "{ at_least: £250k } }\n    requires",
            "£250k",
            "GR102",
            "£250,000",
        ),
        (
            "a date as people write it",
            "newer_than: 12 months",
            "at_least: 01/04/2023",
            "01/04/2023",
            "GR102",
            "2026-03-31",
        ),
        (
            "a date that is none",
            "newer_than: 12 months",
            "at_least: 2023-04-31",
            "2023-04-31",
            "GR102",
            "date",
        ),
        (
            "a length without a unit",
            "newer_than: 12 months",
            "newer_than: 12",
            "newer_than: 12",
            "GR102",
            "12 months",
        ),
        (
            "an id used twice",
            "id: board-too-large",
            "id: calls-not-open",
            "id: calls-not-open",
            "GR203",
            "another id",
        ),
        (
            "an id with capitals",
            "id: board-too-large",
            "id: Board_Too_Large",
            "Board_Too_Large",
            "GR204",
            "board-too-large",
        ),
        (
            "a rule copied, its condition left",
            '    source: { document: nlgaf, paragraph: "30" }\n    applies_when: { funding.annual_spend: { at_least: { parameter: large_spend } } }\n    requires:\n      governing_document.reviewed: { newer_than: 12 months }',
            '    source: { document: nlgaf, paragraph: "30" }\n    requires:\n      local.board_size: { at_most: 20 }',
            "agreement-too-old",
            "GR810",
            "copied",
        ),
        (
            "the wrong source",
            'document: nlgaf, paragraph: "20"',
            'document: NLGAF, paragraph: "20"',
            "NLGAF",
            "GR401",
            "nlgaf",
        ),
        (
            "a source without a paragraph",
            '{ document: nlgaf, paragraph: "20" }',
            "{ document: nlgaf }",
            "{ document: nlgaf }",
            "GR202",
            "paragraph",
        ),
        (
            "a source as text",
            '{ document: nlgaf, paragraph: "20" }',
            "nlgaf 20",
            "nlgaf 20",
            "GR011",
            "document",
        ),
        (
            "hard spaces in the indentation",
            "    severity: low",
            "  \u00a0 severity: low",
            "severity: low",
            "GR016",
            "plain space",
        ),
        (
            "a hard space after a colon",
            "    severity: low",
            "    severity:\u00a0low",
            "low",
            "GR016",
            "plain space",
        ),
        (
            "a dash from Word as a list mark",
            "      - name: open\n",
            "      \u2013 name: open\n",
            "\u2013 name",
            "GR016",
            "hyphen",
        ),
        (
            "a bullet from Word",
            "      - name: open\n",
            "      • name: open\n",
            "• name",
            "GR016",
            "hyphen",
        ),
        (
            "a comma in a text in braces",
            "{ status: active, funding.annual_spend: 1, local.open_calls: yes }",
            "{ status: active, area: Eastshire, and Westvale, local.open_calls: yes }",
            "and Westvale",
            "GR",
            "quotes",
        ),
        (
            "a number sign in a text",
            "title: The board is too large",
            "title: Board #2 is too large",
            "Board #2",
            "GR808",
            "quotes",
        ),
        (
            "a comment in braces",
            "{ at_most: 20 }",
            "{ at_most: 20 # members }",
            "# members",
            "GR006",
            "comment",
        ),
        ("max for a test", "at_most: 20", "max: 20", "max: 20", "GR104", "at_most"),
        (
            "less than or equal, as a sign",
            "{ at_most: 20 }",
            "<= 20",
            "<= 20",
            "GR0",
            "at_most: 20",
        ),
        ("more than, as a sign", "{ at_most: 20 }", "> 20", "> 20", "GR0", "more_than"),
        (
            "a sign and a word",
            "local.board_size: { at_most: 20 }",
            'local.band: ">= middling"',
            "middling",
            "GR011",
            "at_least: middling",
        ),
        (
            "or for any",
            "      local.board_size: { at_most: 20 }",
            "      or: [{ local.board_size: { at_most: 20 } }]",
            "or:",
            "GR101",
            "any",
        ),
        (
            "and for all",
            "      local.board_size: { at_most: 20 }",
            "      and: [{ local.board_size: { at_most: 20 } }]",
            "and:",
            "GR101",
            "all",
        ),
        (
            "contains for includes",
            "local.board_size: { at_most: 20 }",
            "governing_document.clauses: { contains: risk }",
            "contains",
            "GR104",
            "includes",
        ),
        (
            "yes of a text",
            "local.board_size: { at_most: 20 }",
            "responsible_officer: yes",
            "responsible_officer",
            "GR112",
            "not: { responsible_officer: none }",
        ),
        (
            "known of a text",
            "local.board_size: { at_most: 20 }",
            "responsible_officer: known",
            "responsible_officer",
            "GR112",
            "not: { responsible_officer: none }",
        ),
        (
            "an own fact inside a list",
            "local.board_size: { at_most: 20 }",
            "partners: { every: { local.open_calls: yes } }",
            "local.open_calls",
            "GR113",
            "outside the list",
        ),
        (
            "an own fact of a pair",
            "    requires:\n      local.board_size: { at_most: 20 }",
            "    subject: pair\n    requires:\n      local.board_size: { at_most: 20 }",
            "local.board_size",
            "GR113",
            "on each of a pair (`first.local.x`)",
        ),
        (
            "a fact compared with itself",
            "local.board_size: { at_most: 20 }",
            "funding.annual_spend: { at_most: { fact: funding.annual_spend } }",
            "funding.annual_spend: { at_most",
            "GR114",
            "another fact",
        ),
        (
            "a rule that is not there, in a summary",
            "    requires:\n      local.board_size: { at_most: 20 }",
            "    subject: assessment\n    requires:\n      findings: { none: { rule: calls-not-opn } }",
            "calls-not-opn",
            "GR209",
            "calls-not-open",
        ),
        (
            "a theme that is not there, in a summary",
            "    requires:\n      local.board_size: { at_most: 20 }",
            "    subject: assessment\n    requires:\n      findings: { none: { theme: mony } }",
            "mony",
            "GR209",
            "money",
        ),
        (
            "an invented key of a rule",
            "    severity: low",
            "    severity: low\n    disable: yes",
            "disable",
            "GR201",
            "adapts",
        ),
        (
            "approved_by for approved",
            "    severity: low",
            "    severity: low\n    approved_by: Cabinet",
            "approved_by",
            "GR201",
            "approved:",
        ),
        (
            "a period upside down",
            "    severity: low",
            "    in_force: { from: 2026-04-01, until: 2025-04-01 }\n    severity: low",
            "in_force",
            "GR206",
            "earlier date",
        ),
        (
            "a list record fact without a quantifier",
            "local.board_size: { at_most: 20 }",
            "partners.independent: yes",
            "partners.independent",
            "GR101",
            "some",
        ),
        (
            "a test of another type",
            "local.board_size: { at_most: 20 }",
            "status: { at_most: 20 }",
            "at_most",
            "GR10",
            "equals",
        ),
        (
            "a range upside down",
            "{ at_most: 20 }",
            "{ between: [20, 10] }",
            "between",
            "GR111",
            "lower bound first",
        ),
    ),
    *_in(
        "pack/rulebook.yaml",
        ("boolean", "type: yes or no", "type: boolean", "boolean", "GR103", "yes or no"),
        (
            "a value that counts as unknown",
            "[small, middling, large]",
            "[small, pending, large]",
            "pending",
            "GR204",
            "it is read as unknown",
        ),
        ("percentage", "type: number", "type: percentage", "percentage", "GR103", "per cent"),
        ("a comma in a decimal", "value: 66.6", "value: 66,6", "66,6", "GR102", "number"),
        ("no kind", "    kind: circumstance\n", "", "local.band", "GR202", "kind"),
        (
            "an invented kind",
            "kind: circumstance",
            "kind: fact",
            "kind: fact",
            "GR103",
            "circumstance",
        ),
        ("no reason", "    reason: It is much here.\n", "", "large_spend", "GR202", "reason"),
        (
            "no question",
            "    question: Which band is it in?\n",
            "",
            "local.band",
            "GR303",
            "question",
        ),
        (
            "a question that yes does not answer",
            "Are calls advertised openly?",
            "How are calls advertised?",
            "How are calls",
            "GR803",
            "yes or no is the answer",
        ),
        (
            "a label as a sentence",
            "label: the band",
            "label: The band.",
            "The band.",
            "GR806",
            "small letter",
        ),
        ("a fact without local", "  local.band:", "  band:", "band:", "GR204", "local.band"),
        (
            "a parameter that nobody reads",
            "board_share:",
            "board_share_:",
            "board_share_",
            "GR",
            "underscores",
        ),
        (
            "a table without otherwise",
            "    otherwise: little\n",
            "",
            "weighty",
            "GR812",
            "otherwise",
        ),
        ("no version", 'version: "2026.1"\n', "", "govrules: 1", "GR202", "version"),
        ("a newer format", "govrules: 1", "govrules: 2", "govrules: 2", "GR012", "upgrade"),
        (
            "a fact that stands in no rule",
            "      - when: { funding",
            "      - when: { funding",
            "board_share",
            "GR813",
            "remove it",
        ),
    ),
    *_in(
        "own/rulebook.yaml",
        (
            "a rule to adapt misspelt",
            "board-too-large: {",
            "board-to-large: {",
            "board-to-large",
            "GR306",
            "board-too-large",
        ),
        (
            "a parameter to adapt misspelt",
            "large_spend: {",
            "large_spent: {",
            "large_spent",
            "GR306",
            "large_spend",
        ),
        ("a pack to adapt misspelt", "  pack:", "  pak:", "pak", "GR001", "name a folder"),
        (
            "a pack that adapts itself",
            "  pack:",
            "  own: {}\n  pack:",
            "own: {}",
            "GR307",
            "stop adapting",
        ),
        (
            "two ways at once",
            "{ severity: high,",
            "{ severity: high, leave_out: yes,",
            "leave_out",
            "GR011",
            "write one of them",
        ),
        ("no reason for a change", "reason: It hurts., ", "", "board-too-large", "GR202", "reason"),
        (
            "nobody approved a change",
            ", approved: Cabinet }\n    rules",
            " }\n    rules",
            "large_spend",
            "GR814",
            "approved",
        ),
        (
            "a value of another type",
            "value: £500000",
            "value: 12 months",
            "12 months",
            "GR102",
            "£250,000",
        ),
        (
            "a threshold declared again",
            "adapts:\n  pack:\n    parameters:\n      large_spend: { value: £500000, reason: We are large., approved: Cabinet }\n    rules:\n      board-too-large: { severity: high, reason: It hurts., approved: Cabinet }\n",
            "extends: [pack]\nparameters:\n  large_spend: { value: £500000, reason: We are large., says: ours }\n",
            "large_spend",
            "GR302",
            "adapts",
        ),
    ),
    *_in(
        "waivers.yaml",
        (
            "a waiver without an end",
            "    until: 2027-03-31\n",
            "",
            "board-too-large",
            "GR202",
            "until",
        ),
        (
            "a waiver without approval",
            "    approved: Cabinet\n",
            "",
            "board-too-large",
            "GR202",
            "approved",
        ),
        (
            "a waiver until a day that is none",
            "2027-03-31",
            "31 March",
            "31 March",
            "GR102",
            "2026-03-31",
        ),
        (
            "a waiver for nobody",
            "    partnership: P-1\n",
            "",
            "board-too-large",
            "GR202",
            "partnership",
        ),
    ),
    *_in(
        "actions.yaml",
        (
            "an action without a rule",
            "    rule: board-too-large\n",
            "",
            "partnership: P-1",
            "GR202",
            "rule",
        ),
        (
            "an action by a day that is none",
            "2027-03-31",
            "31.13.2027",
            "31.13.2027",
            "GR102",
            "2026-03-31",
        ),
        (
            "an action in no known state",
            "state: planned",
            "state: planed",
            "planed",
            "GR103",
            "planned",
        ),
        (
            "nothing planned, and no reason",
            "state: planned",
            "state: not planned",
            "not planned",
            "GR202",
            "why",
        ),
    ),
    *_in(
        "govrules.yaml",
        ("a workspace that names no pack", "[own]", "[ownn]", "ownn", "GR903", "own"),
        (
            "a workspace that names no file",
            "waivers.yaml",
            "waiver.yaml",
            "waiver.yaml",
            "GR903",
            "waivers.yaml",
        ),
        ("an invented key of a workspace", "rules:", "packs:", "packs", "GR201", "rules"),
    ),
]
#: Files that look like rules, by the name that `money.yaml` is given, and words of the help.
NAMES: Final = {
    "money.yml": "money.yaml",
    "money.YAML": "money.yaml",
    "money.yaml.txt": "money.yaml",
    "money.yaml.bak": "money.yaml",
    "money.yaml~": "money.yaml",
    "money.docx": "plain text",
}
