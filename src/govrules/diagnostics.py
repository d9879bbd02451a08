"""Diagnostics: what is wrong with a file, where, and how to mend it; and their codes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from enum import Enum
from string import ascii_uppercase
from typing import Final, Self

import attrs


class Code(Enum):
    """
    Every kind of diagnostic: its stable code, its name, and what it means at length.

    GR0 reading a file, GR1 conditions, GR2 rules, GR3 the rulebook, GR4 sources, GR5 examples,
    GR6 the facts of a subject, GR7 registers kept as tables, GR8 the words of a pack, GR9 what a
    body keeps beside its register.
    """

    UNREADABLE_FILE = (
        "GR001",
        "unreadable-file",
        "The file or folder is not there, may not be read, or is not text in UTF-8.",
    )
    EMPTY_FILE = ("GR002", "empty-file", "The file holds nothing but comments and white space.")
    FILE_TOO_LARGE = (
        "GR003",
        "file-too-large",
        "A file has at most 10 MB. Split a long theme into two files of one pack.",
    )
    NESTED_TOO_DEEPLY = (
        "GR004",
        "nested-too-deeply",
        "A file nests at most 64 levels. A condition that deep can be split by a derived fact.",
    )
    TOO_MANY_VALUES = (
        "GR005",
        "too-many-values",
        "A file holds at most 1,000,000 values. Split it.",
    )
    INVALID_YAML = (
        "GR006",
        "invalid-yaml",
        "The text is not YAML: often an unclosed quote or bracket, or a line indented too far.",
    )
    TAB = (
        "GR007",
        "tab",
        "YAML forbids tabs for indentation, and they hide from the eye. Use two spaces.",
    )
    YAML_FEATURE = (
        "GR008",
        "yaml-feature",
        (
            "Anchors (&), aliases (*), merge keys (<<) and tags (!) are refused: one line "
            "of a rule would then change with another. Write the text out, or use a derived "
            "fact or parameter."
        ),
    )
    SECOND_DOCUMENT = (
        "GR009",
        "second-document",
        "A file holds one document; `---` in the middle begins a second one. Use two files.",
    )
    DUPLICATE_KEY = (
        "GR010",
        "duplicate-key",
        "A key stands twice in one mapping, so one of the two values would be lost.",
    )
    WRONG_SHAPE = (
        "GR011",
        "wrong-shape",
        "A mapping, a list or a single value stands where another of the three belongs.",
    )
    UNSUPPORTED_VERSION = (
        "GR012",
        "unsupported-version",
        "The file is of a format version that this govrules does not read. Upgrade govrules.",
    )
    NO_RULEBOOK = (
        "GR013",
        "no-rulebook",
        "A pack is a folder with a `rulebook.yaml` and at least one theme file of rules.",
    )
    NOT_READ = (
        "GR014",
        "not-read",
        (
            "The files of a pack end in `.yaml`, so that every tool reads the same ones: one "
            "that ends in `.yml` or `.YAML` would be left out."
        ),
    )
    NOT_LAID_OUT = (
        "GR015",
        "not-laid-out",
        (
            "`govrules format` reads what it would write, and this file would not say the same: "
            "nothing is written."
        ),
    )
    FROM_A_WORD_PROCESSOR = (
        "GR016",
        "from-a-word-processor",
        (
            "A hard space or a dash that a word processor made stands where the file needs a plain "
            "space or a hyphen. On the screen they look alike."
        ),
    )
    UNKNOWN_FACT = (
        "GR101",
        "unknown-fact",
        (
            "No fact of this name is in the vocabulary of this subject, nor is it derived "
            "or local. The documentation lists every fact."
        ),
    )
    TYPE_MISMATCH = (
        "GR102",
        "type-mismatch",
        "The value is of another type than the fact: a number where a date belongs, say.",
    )
    UNKNOWN_VALUE = (
        "GR103",
        "unknown-value",
        "The fact takes one of a closed list of values, and this is none of them.",
    )
    UNKNOWN_TEST = (
        "GR104",
        "unknown-test",
        (
            "A test is one of: equals, at_least, at_most, more_than, less_than, between, "
            "older_than, newer_than, within_next, includes, includes_all, missing_any_of, known; "
            "for a list of records: some, every, none, count, sum, share."
        ),
    )
    TEST_NOT_FOR_TYPE = (
        "GR105",
        "test-not-for-type",
        "The test exists, but not for a fact of this type: `older_than` asks for a date, say.",
    )
    EMPTY_CONDITION = (
        "GR106",
        "empty-condition",
        "A condition or a list of values with nothing in it would always hold, or never.",
    )
    UNKNOWN_PARAMETER = (
        "GR107",
        "unknown-parameter",
        "The pack's `rulebook.yaml` declares no parameter of this name.",
    )
    INCOMPLETE_CHOICE = (
        "GR108",
        "incomplete-choice",
        "`by:` names a fact with closed values and gives a value for each of them.",
    )
    KNOWN_OUTSIDE_RECORDS = (
        "GR109",
        "known-outside-records",
        (
            "`known` says what was recorded, so learning more could change a verdict. It is "
            "allowed only in register rules marked `about: records`."
        ),
    )
    SILENCE_AS_VALUE = (
        "GR110",
        "silence-as-value",
        "`unknown` is no value that a rule can test for: what nobody recorded is a question.",
    )
    EMPTY_RANGE = (
        "GR111",
        "empty-range",
        "`between` takes the lower bound first; no value lies in this range.",
    )
    TEXT_TESTED_FOR_YES = (
        "GR112",
        "text-tested-for-yes",
        (
            "`yes`, `no` or `known` is tested of a text, which would ask whether the text reads "
            "so: a partnership with a named officer would be flagged."
        ),
    )
    OWN_FACT_OUT_OF_PLACE = (
        "GR113",
        "own-fact-out-of-place",
        (
            "A pack's own fact is recorded of a partnership or a register. Inside a list it would "
            "be the same for every record, and of a pair nobody can record it."
        ),
    )
    COMPARED_WITH_ITSELF = (
        "GR114",
        "compared-with-itself",
        "A fact is compared with itself, so that the test says nothing of it.",
    )
    UNKNOWN_KEY = ("GR201", "unknown-key", "No key of this name belongs here.")
    MISSING_KEY = ("GR202", "missing-key", "A key that must be given is not there.")
    DUPLICATE_ID = (
        "GR203",
        "duplicate-id",
        "Two rules have the same id. An id names one fault and is never used again.",
    )
    BAD_NAME = (
        "GR204",
        "bad-name",
        (
            "Ids of rules, packs and sources are in kebab-case (small letters, digits and "
            "hyphens); parameters, derived and local facts are in snake_case (underscores "
            "instead)."
        ),
    )
    SEVERITY_WITHOUT_OTHERWISE = (
        "GR205",
        "severity-without-otherwise",
        "Graded severity ends in `otherwise`: what holds when no grade does.",
    )
    PERIOD_UPSIDE_DOWN = (
        "GR206",
        "period-upside-down",
        "`in_force` ends before it begins, so the rule would never be in force.",
    )
    SUPERSEDED_RULE_PRESENT = (
        "GR207",
        "superseded-rule-present",
        "A rule supersedes another that is still in the rulebook: remove the older one.",
    )
    SAYS_OF_NOTHING = (
        "GR208",
        "says-of-nothing",
        (
            "`says` tells how far the source goes in an element that the rule does not have: a "
            "threshold, an exception or a deadline."
        ),
    )
    NAMES_NO_RULE = (
        "GR209",
        "names-no-rule",
        (
            "A rule about the findings of an assessment names a rule or a theme that is not there, "
            "so that it would never flag."
        ),
    )
    DERIVED_CYCLE = (
        "GR301",
        "derived-cycle",
        "Derived facts that are derived from each other in a ring have no value.",
    )
    NAME_TAKEN = (
        "GR302",
        "name-taken",
        "A parameter, derived or local fact has the name of another, or of a recorded fact.",
    )
    NO_QUESTION = (
        "GR303",
        "no-question",
        "A local fact needs the question to ask when nobody recorded it.",
    )
    UNREACHABLE_ROW = (
        "GR304",
        "unreachable-row",
        "A row of a derived fact's table repeats the condition of an earlier row.",
    )
    NOT_DECLARED = (
        "GR305",
        "not-declared",
        (
            "A rule file is of a theme, or a remedy part of a piece of work, to which no "
            "`rulebook.yaml` gives a title."
        ),
    )
    NOTHING_TO_ADAPT = (
        "GR306",
        "nothing-to-adapt",
        (
            "A pack adapts a rule or a parameter that the pack named does not have, or replaces a "
            "rule by one that is not there."
        ),
    )
    ADAPTED_IN_A_RING = (
        "GR307",
        "adapted-in-a-ring",
        "Packs that adapt each other in a ring: none of them is there before the others.",
    )
    ADAPTED_DIFFERENTLY = (
        "GR308",
        "adapted-differently",
        (
            "Two packs change one rule or parameter in two ways, and neither builds on the other, "
            "so that nobody can tell which counts."
        ),
    )
    UNKNOWN_DOCUMENT = (
        "GR401",
        "unknown-document",
        "The pack's `rulebook.yaml` names no source of this id.",
    )
    QUOTE_DIFFERS = (
        "GR402",
        "quote-differs",
        "The quote does not stand, letter for letter, in the source text that the pack carries.",
    )
    NO_SOURCE_TEXT = (
        "GR403",
        "no-source-text",
        "A `quote` needs the source's text in the pack: `text: sources/NAME.txt` of the source.",
    )
    EXAMPLE_FAILS = (
        "GR501",
        "example-fails",
        "The rule says something else of the example than the example expects.",
    )
    BAD_EXPECTATION = (
        "GR502",
        "bad-expectation",
        "`severity` and `could_be` belong to what is flagged or unknown, `asks` to what is open.",
    )
    UNREADABLE_VALUE = (
        "GR601",
        "unreadable-value",
        (
            "The text cannot be read as the fact's type, so the fact counts as unknown. "
            "This is a warning: the rest of the file is assessed."
        ),
    )
    OUT_OF_RANGE = (
        "GR602",
        "out-of-range",
        "A number or amount is below zero, or above the greatest value that it can take.",
    )
    NOT_A_SUBJECT = (
        "GR603",
        "not-a-subject",
        "The file is a rule file, or holds nothing that can be assessed.",
    )
    DUPLICATE_ENTRY = (
        "GR604",
        "duplicate-entry",
        (
            "Two entries of a register have one id. Both are assessed, but references to "
            "the id are ambiguous."
        ),
    )
    UNKNOWN_PARENT = (
        "GR605",
        "unknown-parent",
        "An entry of a register names a parent that is not on the register.",
    )
    TWO_SPELLINGS = (
        "GR606",
        "two-spellings",
        "A partner, or a partnership, seems to be named in two ways.",
    )
    READ_WITH_CARE = (
        "GR607",
        "read-with-care",
        (
            "The value is read, though something beside it, such as `about` or the mark of a note, "
            "may qualify it. This is a warning: the value counts."
        ),
    )
    PLACEHOLDER = (
        "GR608",
        "placeholder",
        (
            "A word such as `TBC` or `n/a` says less than that nobody knows. The fact counts as "
            "unknown. This is a warning: the rest is assessed."
        ),
    )
    DATE_AHEAD = (
        "GR609",
        "date-ahead",
        (
            "The date of something that was done lies after the date of the assessment, so the "
            "fact counts as unknown. This is a warning: the rest is assessed."
        ),
    )
    PARTNER_TWICE = (
        "GR610",
        "partner-twice",
        (
            "One body stands twice among the partners of a partnership. It counts once. This is a "
            "warning: the rest is assessed."
        ),
    )
    UNREADABLE_TABLE = (
        "GR701",
        "unreadable-table",
        (
            "The file is not what its name says, is cut short, is protected by a password, or "
            "cannot be read as a table."
        ),
    )
    READER_NOT_INSTALLED = (
        "GR702",
        "reader-not-installed",
        "Files of this kind are read by a package that is not installed here.",
    )
    TOO_MANY_ROWS = (
        "GR703",
        "too-many-rows",
        "A register is read row by row up to a stated number of rows. Split it.",
    )
    NO_HEADINGS = (
        "GR704",
        "no-headings",
        (
            "The row that should hold the headings of the columns is empty or not there. "
            "`header:` of a mapping names the row, or the rows, of the headings."
        ),
    )
    UNKNOWN_TABLE = (
        "GR705",
        "unknown-table",
        "The file holds no sheet or table of this name, or several of which one must be named.",
    )
    UNKNOWN_COLUMN = (
        "GR706",
        "unknown-column",
        "The mapping names a column that the table does not have.",
    )
    DUPLICATE_HEADING = (
        "GR707",
        "duplicate-heading",
        (
            "Two columns have one heading, so that it names neither. The letter of the column "
            "after it does: `Date [F]`."
        ),
    )
    COLUMN_NOT_MAPPED = (
        "GR708",
        "column-not-mapped",
        (
            "No fact is read from the column. A mapping file says which fact a column holds, or "
            "under `ignored` that it holds none. This is a warning: the rest is read."
        ),
    )
    NOT_CONFIRMED = (
        "GR709",
        "not-confirmed",
        (
            "`govrules map` was unsure of this entry, and nobody has confirmed it, so it is not "
            "used. This is a warning: the rest is read."
        ),
    )
    ROW_WITHOUT_FACTS = (
        "GR710",
        "row-without-facts",
        (
            "The row holds something, but no fact that the mapping reads, so no partnership is "
            "read from it. This is a warning: the rest is read."
        ),
    )
    ROW_TOO_LONG = (
        "GR711",
        "row-too-long",
        (
            "The row has more values than there are headings, so that values may stand in the "
            "wrong columns. It is left out."
        ),
    )
    ROW_WITHOUT_PARTNERSHIP = (
        "GR712",
        "row-without-partnership",
        "The row belongs to no partnership on the register, or to none for certain.",
    )
    FACT_MAPPED_TWICE = (
        "GR713",
        "fact-mapped-twice",
        "Two columns are mapped to one fact, so that one of the two would be lost.",
    )
    BAD_FORMAT = (
        "GR714",
        "bad-format",
        (
            "A unit, or the form in which dates or several values are written, is none that is "
            "known, or does not fit the fact."
        ),
    )
    ROW_OF_ONE_CELL = (
        "GR715",
        "row-of-one-cell",
        (
            "One cell alone is filled in a row where others fill several: it may name a "
            "partnership of which nothing else is known, or head a group. `skip` of a mapping says "
            "which. This is a warning: the row is read."
        ),
    )
    SHEET_TOO_LARGE = (
        "GR719",
        "sheet-too-large",
        (
            "A sheet spans at most 50,000,000 cells from its first to its last, the empty ones "
            "between them too: one cell far from all others can ask for more than there is."
        ),
    )
    SHEET_OF_THE_SAME_KIND = (
        "GR716",
        "sheet-of-the-same-kind",
        (
            "Another sheet of the workbook has the same headings, and is not read, so that "
            "partnerships may be missing. `table` of a mapping names one sheet or several. This is "
            "a warning: the rest is read."
        ),
    )
    SECOND_TABLE = (
        "GR718",
        "second-table",
        (
            "Headings of the table stand here again, and in other columns: what follows is another "
            "table. Its rows are left out."
        ),
    )
    ROW_WITHOUT_NAME = (
        "GR717",
        "row-without-name",
        (
            "The row has neither a reference nor a name, though the table has columns of them: it "
            "may go on with the row above. `rows: partners` of a mapping says that each row is one "
            "partner. This is a warning: the row is read."
        ),
    )

    SUSPECT_CELL = (
        "GR721",
        "suspect-cell",
        (
            "The cell holds line breaks and the character that parts columns, so that a quote "
            "that is not closed may have swallowed rows. It is not read."
        ),
    )
    TWO_NEGATIVES = (
        "GR801",
        "two-negatives",
        "A title that says no twice is read twice: say the fault with one negative at the most.",
    )
    NEEDLESS_NO = (
        "GR802",
        "needless-no",
        (
            "Where the fault is that something is not there, the good state is that it is, and "
            "need not begin with no."
        ),
    )
    QUESTION_DOES_NOT_FIT = (
        "GR803",
        "question-does-not-fit",
        (
            "A yes or no is asked for by a question that begins with how, what, who, which, when, "
            "where or why, so that neither yes nor no answers it."
        ),
    )
    LONG_PRINCIPLE = (
        "GR804",
        "long-principle",
        (
            "A principle is one duty in plain English, who must do what and then why, in 40 words "
            "at the most. Remarks on the encoding go to `note`."
        ),
    )
    STIFF_WORDS = (
        "GR805",
        "stiff-words",
        "`whom`, `shall` and `it is required that` are words of statutes; say who must do what.",
    )
    LABEL_AS_A_SENTENCE = (
        "GR806",
        "label-as-a-sentence",
        (
            "A label and a denial stand inside a sentence, so they begin with a small letter, but "
            "for a name, and end without a full stop. By when a remedy is due stands behind `in` "
            "or `at`."
        ),
    )
    NO_VERB = (
        "GR807",
        "no-verb",
        "A remedy is an act: it begins with what is to be done.",
    )

    HIDDEN_BY_A_COMMENT = (
        "GR808",
        "hidden-by-a-comment",
        "What stands after ` #` is a comment, and no part of the text before it.",
    )
    SMART_QUOTES = (
        "GR809",
        "smart-quotes",
        "Quotes that a word processor made are a part of the text, and are printed with it.",
    )
    SAME_RULE_TWICE = (
        "GR810",
        "same-rule-twice",
        "Two rules apply to the same and require the same: one was copied and left as it was.",
    )
    GAP_BETWEEN_VERSIONS = (
        "GR811",
        "gap-between-versions",
        "A rule ends some days before its successor begins, and on these neither is in force.",
    )
    TABLE_WITHOUT_OTHERWISE = (
        "GR812",
        "table-without-otherwise",
        (
            "A table that has no `otherwise` may have a hole: where no row holds the fact is none, "
            "and a rule that reads it may flag for that."
        ),
    )
    NOT_USED = (
        "GR813",
        "not-used",
        "A parameter or an own fact that no rule reads: what nobody tests is asked in vain.",
    )
    NOT_APPROVED = (
        "GR814",
        "not-approved",
        "A pack changes another, and does not say who approved that.",
    )
    WAIVER_FOR_NOTHING = (
        "GR901",
        "waiver-for-nothing",
        (
            "A waiver names a rule or a partnership that is not there, or one that the rule does "
            "not flag, so that it hides nothing. This is a warning."
        ),
    )
    WAIVER_PAST_ITS_DAY = (
        "GR902",
        "waiver-past-its-day",
        (
            "The last day of a waiver is past, or the day of the assessment is not known, so that "
            "it hides nothing: the finding counts. This is a warning."
        ),
    )
    NOT_IN_THE_WORKSPACE = (
        "GR903",
        "not-in-the-workspace",
        "A workspace, `govrules.yaml`, names a file or a pack that is not there.",
    )
    ACTION_NOT_FOLLOWED_UP = (
        "GR904",
        "action-not-followed-up",
        (
            "An action names a rule or a partnership that is not there, so that nobody can say "
            "what has become of it. This is a warning."
        ),
    )
    ANSWER_FOR_NOTHING = (
        "GR905",
        "answer-for-nothing",
        (
            "An answer is for a partnership, a partner or a fact that is not there, so that it "
            "counts for nothing. This is a warning."
        ),
    )
    ANSWER_AGAINST_THE_RECORD = (
        "GR906",
        "answer-against-the-record",
        (
            "The register says something else than an answer. The register counts, and nothing is "
            "written over. This is a warning."
        ),
    )
    ANSWERS_DISAGREE = (
        "GR907",
        "answers-disagree",
        "Two answers to one question differ, and neither counts. This is a warning.",
    )
    ANSWER_REFUSED = (
        "GR908",
        "answer-refused",
        (
            "What stands in a cell of a workbook that came back is no answer to its question, or "
            "it cannot be told to which. Nothing is written of it."
        ),
    )

    @property
    def id(self) -> str:
        """The stable code, such as ``GR104``."""
        return self.value[0]

    @property
    def title(self) -> str:
        """The stable name, such as ``unknown-test``."""
        return self.value[1]

    @property
    def meaning(self) -> str:
        """What it means, in a sentence or two."""
        return self.value[2]

    @property
    def is_warning(self) -> bool:
        """Whether the file is still used."""
        return self in _WARNINGS


_WARNINGS: Final = (
    Code.UNREADABLE_VALUE,
    Code.READ_WITH_CARE,
    Code.PLACEHOLDER,
    Code.DATE_AHEAD,
    Code.PARTNER_TWICE,
    Code.COLUMN_NOT_MAPPED,
    Code.NOT_CONFIRMED,
    Code.ROW_WITHOUT_FACTS,
    Code.ROW_OF_ONE_CELL,
    Code.SHEET_OF_THE_SAME_KIND,
    Code.ROW_WITHOUT_NAME,
    Code.TWO_NEGATIVES,
    Code.NEEDLESS_NO,
    Code.QUESTION_DOES_NOT_FIT,
    Code.LONG_PRINCIPLE,
    Code.STIFF_WORDS,
    Code.LABEL_AS_A_SENTENCE,
    Code.NO_VERB,
    Code.HIDDEN_BY_A_COMMENT,
    Code.SMART_QUOTES,
    Code.SAME_RULE_TWICE,
    Code.GAP_BETWEEN_VERSIONS,
    Code.TABLE_WITHOUT_OTHERWISE,
    Code.NOT_USED,
    Code.NOT_APPROVED,
    Code.WAIVER_FOR_NOTHING,
    Code.WAIVER_PAST_ITS_DAY,
    Code.ACTION_NOT_FOLLOWED_UP,
    Code.ANSWER_FOR_NOTHING,
    Code.ANSWER_AGAINST_THE_RECORD,
    Code.ANSWERS_DISAGREE,
)
CODES: Final = {code.id: code for code in Code} | {code.title: code for code in Code}


@attrs.frozen
class Span:
    """
    A place in a file.

    Attributes:
        file: the path as the user gave it, or what stands for one.
        line: counted from 1; 0 is the file as a whole.
        column: counted from 1.
        length: how many characters the caret underlines.
        sheet: a sheet of a workbook; lines and columns are then its rows and columns.
    """

    file: str
    line: int = 0
    column: int = 0
    length: int = 1
    sheet: str = ""

    def __str__(self) -> str:
        if self.sheet:
            cell = f"!{letters(self.column)}{self.line}" if self.line else ""
            return f"{self.file}[{self.sheet}]{cell}"
        if not self.file:
            return f"line {self.line}" if self.line else ""
        return f"{self.file}:{self.line}" if self.line else self.file

    @property
    def exact(self) -> str:
        """The place with its column, where it is one of a text."""
        beside = self.line and self.column and not self.sheet
        if not self.file:
            return f"{self}, column {self.column}" if beside else str(self)
        return f"{self}:{self.column}" if beside else str(self)


def letters(column: int) -> str:
    """
    Return the letters by which a spreadsheet names a column, counted from 1; "" for 0.

    >>> letters(3), letters(28)
    ('C', 'AB')
    """
    found = ""
    while column:
        column, rest = divmod(column - 1, len(ascii_uppercase))
        found = ascii_uppercase[rest] + found
    return found


class Place(str):
    """A place as it is printed, which keeps the column that is not printed."""

    __slots__ = ("span",)
    span: Span

    def __new__(cls, span: Span | str) -> Self:
        """Make the text of a place; of a text alone, the place that it says."""
        if isinstance(span, Span):
            place = super().__new__(cls, str(span))
            place.span = span
            return place
        place = super().__new__(cls, span)
        place.span = read_place(span)
        return place


def read_place(text: str) -> Span:
    """
    Return the place that was printed as a `Span` is.

    >>> read_place("pool.yaml:3").line
    3
    """
    if isinstance(text, Place):
        return text.span
    cell = _CELL.fullmatch(text)
    if cell:
        column = 0
        for each in cell["column"]:
            column = column * len(ascii_uppercase) + ascii_uppercase.index(each) + 1
        return Span(cell["file"], int(cell["row"]), column, sheet=cell["sheet"])
    file, _, line = text.rpartition(":")
    return Span(file, int(line), 1) if file and line.isdecimal() else Span(text)


_CELL: Final = re.compile(r"(?P<file>.+)\[(?P<sheet>[^\[\]]+)\]!(?P<column>[A-Z]*)(?P<row>[0-9]+)")
NOWHERE: Final = Span("")

#: A longer line of a file is shown in part: this much of it at the most, and beside the place.
_WIDTH: Final = 200
_MARGIN: Final = 60
#: What denies in a word of several parts.
_DENIES: Final = re.compile(r"(?:^|[\W_])(?:not?|none|never)(?![^\W_])")
#: So many words can all be named in a help line.
_FEW: Final = 30


@attrs.frozen
class Diagnostic:
    """
    One problem of a file.

    Attributes:
        code: what kind of problem.
        message: the cause, in one lower-case line with the user's text in backticks.
        span: where it is.
        help: how to mend it.
        source: the line of the file that it is about.
        path: the fact that it is about, such as ``partners[1].role``; "" where it is about none.
        allowed: the values that the fact takes, where they are few and closed.
    """

    code: Code
    message: str
    span: Span
    help: str = ""
    source: str = ""
    path: str = ""
    allowed: tuple[str, ...] = ()

    @property
    def headline(self) -> str:
        """The place, code, name and cause in one line; what is in no file has its fact's path."""
        warning = "warning: " if self.code.is_warning else ""
        named = self.message.startswith(f"`{self.path}`")
        place = self.span.exact or ("" if named else self.path)
        said = f"{warning}{self.code.id} {self.code.title}: {self.message}"
        return f"{place}: {said}" if place else said

    def __str__(self) -> str:
        lines = [self.headline]
        if self.source.strip() and self.span.line:
            gutter = f"  {self.span.line} | "
            before, within, after = self._excerpt()
            lines.append(gutter + before + within + after)
            lines.append(" " * (len(gutter) + len(before)) + "^" * max(1, len(within)))
        if self.help:
            lines.append(f"  help: {self.help}")
        return "\n".join(lines)

    def _excerpt(self) -> tuple[str, str, str]:
        """Return the line before, within and after the place, a long line cut on both sides."""
        start = self.span.column - 1
        end = start + min(self.span.length, _WIDTH)
        source = self.source.replace("\t", " ")
        before, after = source[:start], source[end:].rstrip()
        if len(source) > _WIDTH:
            before = before if len(before) <= _MARGIN else f"…{before[-_MARGIN:]}"
            after = after if len(after) <= _MARGIN else f"{after[:_MARGIN]}…"
        return before, source[start:end], after


def did_you_mean(
    word: str,
    allowed: Iterable[str],
    prefix: str = "",
    *,
    likeness: float = 0.6,
    otherwise: str | None = None,
) -> str:
    """
    Return a help line with the allowed word nearest to this one, or with all if they are few.

    Args:
        word: what was written.

        allowed: what may be written.

        prefix: what goes before each word in the help line.

        likeness: how like a word must be to be named, from 0 to 1, which is the same.

        otherwise: the help line where none is near; not given, all of them if they are few.

    >>> did_you_mean("critcal", ["low", "high", "critical"])
    'did you mean `critical`?'
    >>> did_you_mean("not flagged", ["flagged", "clear"])
    'allowed: `flagged`, `clear`'
    """
    words = list(dict.fromkeys(allowed))
    # What is denied was not meant to be affirmed.
    alike = [each for each in words if not _DENIES.search(word) or _DENIES.search(each)]
    near = difflib.get_close_matches(word, alike, n=1, cutoff=likeness)
    if not near and not word.islower():
        folded = {each.lower(): each for each in alike}
        found = difflib.get_close_matches(word.lower(), folded, n=1, cutoff=likeness)
        near = [folded[each] for each in found]
    if near:
        return f"did you mean `{prefix}{near[0]}`?"
    if otherwise is not None:
        return otherwise
    if 0 < len(words) <= _FEW:
        return "allowed: " + ", ".join(f"`{prefix}{each}`" for each in words)
    return ""
