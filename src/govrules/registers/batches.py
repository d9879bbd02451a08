"""
A register as Arrow batches to findings as Arrow batches, in bounded memory.

Each row of what comes out is one rule and one subject: subjects in the order in which they come,
rules in the rulebook's order, whatever the sizes of the batches and the number of threads.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from fractions import Fraction
from typing import Any, Final, TypeAlias

import attrs

try:
    import numpy as np
    import pyarrow as pa
except ModuleNotFoundError as error:
    msg = f"it needs `{error.name}`, which is not installed: pip install govrules[registers]"
    raise ModuleNotFoundError(msg, name=error.name) from error

from govrules.assessment import assess
from govrules.engines.arrays import Batch
from govrules.engines.bitmaps import ListColumn, Store, ones, pack, unpack, zeros
from govrules.engines.columns import BLOCK, from_row, subjects_of, to_batches
from govrules.errors import EngineError, NoSuchRuleError
from govrules.findings import Finding
from govrules.lowering.asks import QuestionCompiler
from govrules.lowering.dependencies import aggregate_of, mergeable, subnodes
from govrules.lowering.ir import Exists, FactRead, Formula, Num, RecordTotal
from govrules.lowering.judged import Judged
from govrules.lowering.lower import lowering_of
from govrules.model import Pair, Partnership, Register
from govrules.pairing import pairs_of
from govrules.reading import class_of
from govrules.registers.outcome_codes import SEVERITY_CODES, VERDICT_CODES, codes_of
from govrules.rulebook.ast import Rule, Rulebook
from govrules.rulebook.expr import FactSource
from govrules.truth import UNKNOWN, Unknown
from govrules.validate import check_as_of, check_subject, require_rulebook

_CODES: Final = pa.dictionary(pa.int8(), pa.string())
_TEXTS: Final = pa.dictionary(pa.int32(), pa.string())
#: The columns of findings.
FINDINGS: Final = pa.schema(
    [
        pa.field("subject", _TEXTS),
        pa.field("rule", pa.dictionary(pa.int16(), pa.string())),
        pa.field("verdict", _CODES),
        pa.field("severity", _CODES),
        pa.field("could_be", _CODES),
        pa.field("questions", _TEXTS),
        pa.field("facts", pa.dictionary(pa.int16(), pa.string())),
    ]
)
_VERDICT_WORDS: Final = pa.array([each.value for each in VERDICT_CODES])
_SEVERITY_WORDS: Final = pa.array([each.value for each in SEVERITY_CODES if each is not None])
#: Between facts, where several stand in one text.
SEPARATOR: Final = "; "
#: Rows that a thread takes at once: with fewer it waits for the interpreter more than it works.
_WIDE: Final = 4 * BLOCK
#: As many flags as one integer holds, and as many as a table of all their kinds is made for.
_MOST_FLAGS: Final = 62
_FEW_FLAGS: Final = 14

Batches: TypeAlias = Iterable[pa.RecordBatch]


@attrs.frozen(eq=False)
class Kernel:
    """
    Rules on one kind of subject, compiled to a function of batches.

    Attributes:
        rules: the rules in force, in the rulebook's order.
        columns: the columns that they read.
        judged: the rules, lowered.
        asks: where each rule asks for each fact, by path; none where no details are wanted.
    """

    rules: tuple[Rule, ...]
    columns: frozenset[str]
    judged: tuple[Judged, ...]
    _as_of: dt.date | Unknown
    asks: tuple[Mapping[str, Formula], ...] = ()

    def __call__(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """
        Yield the findings on a batch.

        Raises:
            FactsError: the batch lacks a column that rules read, or has one of another type.
        """
        for block in slices(batch, BLOCK):
            yield self.whole(block)

    def block(self, batch: pa.RecordBatch, lists: Mapping[str, ListColumn] | None = None) -> Batch:
        """Return a batch's rows ready for evaluation, with lists from elsewhere."""
        return Batch(Store.of(batch), self._as_of, lists)

    def whole(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the findings on a batch evaluated as one block."""
        return self.findings(self.block(batch), subject_names(batch))

    def findings(self, block: Batch, names: pa.Array) -> pa.RecordBatch:
        """Return the findings on a block, whose subjects are called so."""
        told = self.told(block)
        codes = told.codes.ravel()
        subjects, repeated = _crossed(block.root.rows, len(self.rules))
        rules = pa.array([rule.id for rule in self.rules], pa.string())
        arrays = [
            _coded(subjects, names),
            _coded(repeated, rules),
            _coded((codes & 3).view(np.int8), _VERDICT_WORDS),
            _grave(codes >> 2 & 7),
            _grave(codes >> 5),
        ]
        if told.questions is not None:
            arrays.append(_coded(told.questions.ravel(), pa.array(told.texts)))
            facts = [SEPARATOR.join(each) for each in self.asks]
            arrays.append(_coded(repeated, pa.array(facts, pa.string())))
        return pa.RecordBatch.from_arrays(arrays, schema=pa.schema([*FINDINGS][: len(arrays)]))

    def told(self, block: Batch) -> BatchOutcomes:
        """Return the outcomes on a block."""
        rows, number = block.root.rows, len(self.rules)
        # A rule after the other, and turned by who wants rows: memory is gone through in order.
        told = np.empty((number, rows), np.uint8)
        questions = np.empty((number, rows), np.int32) if self.asks else None
        texts: dict[str, int] = {"": 0}
        for place, judged in enumerate(self.judged):
            told[place] = codes_of(judged, block.bitmap, rows)
            if questions is not None:
                questions[place] = _texts(self.asks[place], block, texts)
        return BatchOutcomes(told.T, None if questions is None else questions.T, [*texts])


@attrs.frozen(eq=False)
class BatchOutcomes:
    """
    Outcomes as arrays with a row per subject and a column per rule.

    Attributes:
        codes: what each rule says, as `codes_of` has it.
        questions: places among the texts; None where no details are wanted.
        texts: what is asked.
    """

    codes: Any
    questions: Any
    texts: list[str]


@functools.lru_cache(maxsize=4)
def _crossed(rows: int, number: int) -> tuple[pa.Array, pa.Array]:
    """Return the row and rule indexes of all findings; cached for blocks of one size."""
    rules = np.tile(np.arange(number, dtype=np.int16), rows)
    return pa.array(np.repeat(np.arange(rows, dtype=np.int32), number)), pa.array(rules)


def slices(batch: pa.RecordBatch, rows: int) -> Iterator[pa.RecordBatch]:
    """Split a batch into slices of a number of rows."""
    return (batch.slice(start, rows) for start in range(0, batch.num_rows, rows))


def _coded(codes: Any, words: pa.Array) -> pa.Array:  # noqa: ANN401 - an array of codes
    return pa.DictionaryArray.from_arrays(codes, words, safe=False)


def _grave(codes: Any) -> pa.Array:  # noqa: ANN401 - an array of codes
    """Return severity codes as a dictionary array; 0 is null."""
    there, places = pa.py_buffer(pack(codes != 0)), pa.py_buffer(codes - np.uint8(1))
    return _coded(pa.Array.from_buffers(pa.int8(), len(codes), [there, places]), _SEVERITY_WORDS)


def _texts(asks: Mapping[str, Formula], block: Batch, texts: dict[str, int]) -> Any:  # noqa: ANN401 - an array of codes
    """Return the index of each row's question text, adding texts as needed."""
    rows = block.root.rows
    asked = {path: block.bitmap(where) for path, where in asks.items()}
    asked = {path: where for path, where in asked.items() if where.any()}

    def text(kind: Any) -> int:  # noqa: ANN401 - a row of flags
        chosen = [path for path, flag in zip(asked, kind, strict=True) if flag]
        return texts.setdefault(SEPARATOR.join(chosen), len(texts))

    return by_kind([unpack(each, rows) for each in asked.values()], text) if asked else 0


def by_kind(flags: Sequence[Any], code: Callable[[Any], int]) -> Any:  # noqa: ANN401 - arrays
    """Compute a code for each row from flag columns, once per distinct combination."""
    number = len(flags)
    if number > _MOST_FLAGS:
        packed = np.packbits(np.stack(flags, axis=1), axis=1)
        several, places = np.unique(packed, axis=0, return_inverse=True)
        kinds = np.unpackbits(several, axis=1, count=number)
        return np.array([code(kind) for kind in kinds], np.int32)[places.ravel()]
    keys: Any = np.zeros(len(flags[0]), np.uint16 if number <= _FEW_FLAGS else np.int64)
    for place, each in enumerate(flags):
        keys |= each.astype(keys.dtype) << place
    if number <= _FEW_FLAGS:
        distinct = np.flatnonzero(np.bincount(keys))
        codes, places = np.zeros(1 << number, np.int32), distinct
    else:
        # Arrow hashes, where numpy would sort.
        coded = pa.array(keys).dictionary_encode()
        distinct, keys = coded.dictionary.to_numpy(), coded.indices.to_numpy()
        codes, places = np.empty(len(distinct), np.int32), np.arange(len(distinct))
    codes[places] = [code(each) for each in distinct[:, None] >> np.arange(number) & 1]
    return codes.take(keys)


def subject_names(batch: pa.RecordBatch) -> pa.Array:
    """Return each subject's id, else its name, else ""."""
    columns = [
        batch.column(name).cast(pa.string())
        for name in ("id", "name")
        if name in batch.schema.names
    ]
    return (
        pa.compute.coalesce(*columns, pa.scalar("")) if columns else pa.repeat("", batch.num_rows)
    )


def kernel(
    rulebook: Rulebook,
    *,
    as_of: dt.date | Unknown = UNKNOWN,
    kind: str = "partnership",
    details: bool = True,
) -> Kernel:
    """
    Compile the rules in force on one kind of subject.

    Args:
        rulebook: the rules.

        as_of: the date of the assessment.

        kind: the kind of subject.

        details: whether findings say what is asked and what was read.
    """
    require_rulebook(rulebook)
    check_as_of(as_of)
    rules, cls = rulebook.rules_for(kind, as_of), class_of(rulebook, kind)
    lowering = lowering_of(rulebook)
    judged = tuple(lowering.rule(rule, cls) for rule in rules)
    asking = QuestionCompiler(lowering)
    asks = tuple(asking.rule(rule, cls) for rule in (rules if details else ()))
    formulas = [formula for each in asks for formula in each.values()]
    formulas += [formula for each in judged for formula in each.formulas]
    return Kernel(rules, _columns(formulas, ""), judged, as_of, asks)


def _columns(formulas: Iterable[Formula | Num], prefix: str = "") -> frozenset[str]:
    """Return the columns formulas read, of subjects or of a list's records."""
    return frozenset(
        "stated" if each.source is FactSource.DERIVED else each.path.partition(".")[0]
        for each in subnodes(formulas)
        if isinstance(each, FactRead) and each.var is not None and each.var.prefix == prefix
    )


def assess_batches(
    rulebook: Rulebook,
    batches: Batches,
    *,
    as_of: dt.date | Unknown = UNKNOWN,
    kind: str = "partnership",
    details: bool = True,
    threads: int = 1,
) -> Iterator[pa.RecordBatch]:
    """
    Assess every row of Arrow batches: one row for each subject and rule.

    Args:
        rulebook: the rules.

        batches: subjects, with the columns that `schema_of` says; what rules do not read may be
            left out.

        as_of: the date of the assessment.

        kind: the kind of subject.

        details: whether findings say what is asked and what was read.

        threads: how many blocks are worked out at once; the order stays. It pays where batches
            have 262,144 rows or more.

    Raises:
        FactsError: a batch lacks a column that rules read, or has one of another type.

        EngineError: a set has more closed values than a column keeps.
    """
    judge = kernel(rulebook, as_of=as_of, kind=kind, details=details)
    if threads <= 1:
        for batch in batches:
            yield from judge(batch)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[pa.RecordBatch]] = deque()
        for batch in batches:
            for each in slices(batch, _WIDE):
                waiting.append(pool.submit(judge.whole, each))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def ahead(batches: Batches) -> Iterator[pa.RecordBatch]:
    """
    Prefetch batches, one ahead of the one being processed.

    Put around what reads, and around what `write_findings` writes, it keeps two cores busy:
    Arrow decodes and encodes beside the rules.
    """
    source = iter(batches)
    with ThreadPoolExecutor(1) as maker:
        coming = maker.submit(next, source, None)
        while (batch := coming.result()) is not None:
            coming = maker.submit(next, source, None)
            yield batch


def explain_row(
    rulebook: Rulebook,
    batch: pa.RecordBatch,
    index: int,
    rule_id: str,
    *,
    as_of: dt.date | Unknown = UNKNOWN,
    kind: str = "partnership",
) -> Finding:
    """
    Return the finding of a rule on a batch's row, explained by the reference engine.

    Raises:
        NoSuchRuleError: no rule in force has this id.
    """
    subject = from_row(batch, index, rulebook.subjects[kind], rulebook)
    for finding in assess(subject, rulebook, as_of=as_of).findings:
        if finding.rule.id == rule_id:
            return finding
    raise NoSuchRuleError(rule_id)


# ── The register itself, and pairs ────────────────────────────────────────────────────────────

#: Where the partnerships of a register stand.
_LIST: Final = "partnerships"


#: What adds up over some of the partnerships, as far as rules need to know.
Partial: TypeAlias = tuple[Fraction, ...]


@attrs.frozen(eq=False)
class RegisterKernel:
    """
    Rules on a register, as mergeable partial results.

    `partial` may be worked out of any part of the register, anywhere; `merge` puts two together,
    in any order; `findings` judges the whole.
    """

    rules: tuple[Rule, ...]
    columns: frozenset[str]
    _kernel: Kernel
    _leaves: tuple[Exists | RecordTotal, ...]
    _register: pa.RecordBatch
    #: The partnerships of no part at all.
    _nobody: pa.RecordBatch

    def partial(self, batch: pa.RecordBatch) -> Partial:
        """Return the partial result of some partnerships."""
        block = self._block(batch, complete=True)
        found = (block.number(aggregate_of(each)) for each in self._leaves)
        return tuple(Fraction(int(number[0]), scale) for number, scale in found)

    def merge(self, one: Partial, other: Partial) -> Partial:
        """Return two partial results together."""
        if not one or not other:
            return one or other
        return tuple(each + more for each, more in zip(one, other, strict=True))

    def findings(self, merged: Partial, *, complete: bool = True) -> pa.RecordBatch:
        """
        Return the findings on the register.

        Args:
            merged: the partial results of all its parts.

            complete: whether these were certainly all partnerships.
        """
        block = self._block(self._nobody, complete=complete)
        for leaf, each in zip(self._leaves, merged or self.partial(self._nobody), strict=True):
            block.know(leaf, each)
        return self._kernel.findings(block, subject_names(self._register))

    def _block(self, batch: pa.RecordBatch, *, complete: bool) -> Batch:
        records = Store.of(batch, f"{_LIST}[].")
        shut = ones(1) if complete else zeros(1)
        listed = ListColumn(np.array([0, records.rows], np.int64), shut, records)
        return self._kernel.block(self._register, {_LIST: listed})


def register_kernel(
    rulebook: Rulebook,
    register: Register | None = None,
    *,
    as_of: dt.date | Unknown = UNKNOWN,
) -> RegisterKernel:
    """
    Compile the rules in force on registers.

    Args:
        rulebook: the rules.

        register: what is known of the register beside its partnerships.

        as_of: the date of the assessment.

    Raises:
        EngineError: a rule cannot be worked out part by part; it is named.
    """
    judge = kernel(rulebook, as_of=as_of, kind="register", details=False)
    leaves: dict[Exists | RecordTotal, None] = {}
    for rule, judged in zip(judge.rules, judge.judged, strict=True):
        merged = mergeable(judged.formulas, _LIST)
        if not merged.is_all:
            again = f"`{_LIST}` is gone through again for each of its own records"
            raise EngineError("columnar", f"rule `{rule.id}`: {again}")
        leaves |= dict.fromkeys(merged.leaves)
    about = check_subject(attrs.evolve(register or Register(), partnerships=()), rulebook)
    (batch,) = to_batches([about], type(about), rulebook)
    cls = rulebook.class_of(Partnership)
    (entry,) = to_batches([cls()], cls, rulebook)
    columns = _columns(leaves, f"{_LIST}[].")
    return RegisterKernel(judge.rules, columns, judge, tuple(leaves), batch, entry.slice(0, 0))


def assess_register_batches(
    rulebook: Rulebook,
    batches: Batches,
    *,
    register: Register | None = None,
    complete: bool = True,
    as_of: dt.date | Unknown = UNKNOWN,
) -> pa.RecordBatch:
    """
    Assess the register that batches of partnerships are: one row for each rule on registers.

    Args:
        rulebook: the rules.

        batches: the partnerships, in any order and in parts of any size.

        register: what is known of the register beside its partnerships.

        complete: whether these are certainly all its partnerships.

        as_of: the date of the assessment.

    Raises:
        FactsError: a batch lacks a column that rules read, or has one of another type.

        EngineError: a rule cannot be worked out part by part; it is named.
    """
    whole = register_kernel(rulebook, register, as_of=as_of)
    merged: Partial = ()
    for batch in batches:
        merged = whole.merge(merged, whole.partial(batch))
    return whole.findings(merged, complete=complete)


def assess_whole(
    rulebook: Rulebook,
    batches: Batches,
    *,
    register: Register | None = None,
    complete: bool = True,
    as_of: dt.date | Unknown = UNKNOWN,
) -> Iterator[pa.RecordBatch]:
    """
    Assess partnerships and, in the same pass, the register that they are.

    The findings on the register come last. What they ask, and the facts that they read, is null:
    parts of a register are added up, and no part knows.

    Args:
        rulebook: the rules.

        batches: the partnerships.

        register: what is known of the register beside its partnerships.

        complete: whether these are certainly all its partnerships.

        as_of: the date of the assessment.

    Raises:
        FactsError: a batch lacks a column that rules read, or has one of another type.

        EngineError: a rule cannot be worked out part by part, and is named; or a set has more
            closed values than a column keeps.
    """
    judge = kernel(rulebook, as_of=as_of)
    whole = register_kernel(rulebook, register, as_of=as_of)
    merged: Partial = ()
    for batch in batches:
        if judge.rules:
            yield from judge(batch)
        if whole.rules:
            merged = whole.merge(merged, whole.partial(batch))
    if whole.rules:
        found = whole.findings(merged, complete=complete)
        unsaid = pa.nulls(found.num_rows, pa.string())
        details = [*FINDINGS][len(found.columns) :]
        arrays = [*found.columns, *(unsaid.cast(each.type) for each in details)]
        yield pa.RecordBatch.from_arrays(arrays, schema=FINDINGS)


def assess_pairs(
    rulebook: Rulebook,
    batches: Batches,
    *,
    owner: str = "",
    as_of: dt.date | Unknown = UNKNOWN,
    rows: int = 1_000,
) -> Iterator[pa.RecordBatch]:
    """
    Assess each two partnerships that have something in common.

    Args:
        rulebook: the rules.

        batches: the partnerships.

        owner: the organisation whose register it is, which alone brings no two together.

        as_of: the date of the assessment.

        rows: how many pairs are worked out at once.
    """
    judge = kernel(rulebook, as_of=as_of, kind="pair")
    if not judge.rules:
        return
    cls, of_two = rulebook.class_of(Partnership), rulebook.class_of(Pair)
    entries = [each for batch in batches for each in subjects_of(batch, cls, rulebook)]
    pairs = pairs_of(entries, owner=owner)
    while several := list(itertools.islice(pairs, rows)):
        for batch in to_batches(several, of_two, rulebook, rows=rows):
            yield from judge(batch)


def counts_of(findings: pa.RecordBatch) -> dict[tuple[str, str | None], int]:
    """Return how many findings of a batch have each verdict and severity."""
    verdicts, severities = findings.column("verdict"), findings.column("severity")
    width = len(severities.dictionary) + 1
    graded = severities.indices.fill_null(width - 1).to_numpy(zero_copy_only=False)
    found = np.bincount(verdicts.indices.to_numpy().astype(np.int64) * width + graded)
    words = [*severities.dictionary.to_pylist(), None]
    return {
        (verdicts.dictionary[place // width].as_py(), words[place % width]): int(found[place])
        for place in np.flatnonzero(found)
    }
