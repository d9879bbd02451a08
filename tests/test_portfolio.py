"""A whole register is assessed: its own faults, each entry, each pair, and what is wrong as data."""

from __future__ import annotations

import datetime as dt
import itertools
import pickle
import random
from decimal import Decimal

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from govrules import UNKNOWN, Partner, Partnership, Register, load_rulebook
from govrules.diagnostics import Code
from govrules.engines.registry import engine
from govrules.model import Organisation, Reviewer, Status, Weakness
from govrules.pairing import pairs_of, pairs_told
from govrules.portfolio import assess_register, entries_of, register_problems
from govrules.reading import read_subject
from govrules.rulebook.ast import Severity, Verdict
from govrules.rulebook.packs import shipped_examples
from tests.testing.packs import write_pack

AS_OF = dt.date(2026, 3, 31)
EXAMPLE = shipped_examples() / "example-register.yaml"


@pytest.fixture(scope="module")
def rulebook():
    return load_rulebook("governing-partnerships")


@pytest.fixture(scope="module")
def read(rulebook):
    return read_subject(EXAMPLE, rulebook=rulebook)


@pytest.fixture(scope="module")
def assessed(read, rulebook):
    return assess_register(read.subject, rulebook, as_of=read.as_of)


def finding(assessment, rule):
    return next(each for each in assessment.findings if each.rule.id == rule)


def pair(assessed, one, two):
    return next(each for each in assessed.pairs if each.id == f"{one} + {two}")


def outcome(assessment):
    return frozenset(
        (each.rule.id, each.verdict, each.severity, each.could_be) for each in assessment.findings
    )


def test_the_example_is_read_without_a_problem(read, assessed):
    assert (read.warnings, read.problems, assessed.problems) == ((), (), ())
    assert len(assessed.entries) >= 15


#: The faults that the example register is made to have: what each is found by.
FAULTS = [
    ("declared-count-differs-from-register", Severity.MEDIUM, "declared_count", "14"),
    ("register-not-reviewed", Severity.MEDIUM, "reviewed", "18 March 2024"),
    ("register-not-reviewed-by-audit-committee", Severity.LOW, "reviewed_by", "officers"),
    ("entry-not-reviewed", Severity.MEDIUM, "partnerships[2].reviewed", "Growth corridor board"),
    ("ended-entry-on-register", Severity.LOW, "partnerships[17].status", "ended"),
    (
        "cost-of-portfolio-not-known",
        Severity.LOW,
        "partnerships[4].value.cost",
        "Eastshire crime reduction board",
    ),
    (
        "value-of-significant-partnerships-not-assessed",
        Severity.MEDIUM,
        "partnerships[0].value.assessment",
        "Eastshire care pool",
    ),
    (
        "significant-partnerships-without-agreement",
        Severity.HIGH,
        "partnerships[0].comprehensive_agreement",
        "Eastshire care pool",
    ),
    (
        "partnership-without-owner",
        Severity.MEDIUM,
        "partnerships[4].responsible_officer",
        "Eastshire crime reduction board",
    ),
    ("no-entry-or-exit-policy", Severity.MEDIUM, "organisation.exit_policy", "leave"),
    (
        "no-criteria-for-formal-partnership",
        Severity.MEDIUM,
        "organisation.formality_criteria",
        "formal partnership",
    ),
    ("demand-exceeds-capacity", Severity.LOW, "organisation.staff_days_demanded", "1,450"),
    ("one-person-represents-too-many", Severity.LOW, "organisation.most_seats_held", "11"),
    (
        "own-governance-not-assessed",
        Severity.MEDIUM,
        "organisation.own_governance_assessed",
        "30 June 2023",
    ),
]


@pytest.mark.parametrize(("rule", "severity", "fact", "words"), FAULTS)
def test_each_fault_of_the_example_is_found_and_cited(assessed, rule, severity, fact, words):
    found = finding(assessed.register, rule)
    assert (found.verdict, found.severity) == (Verdict.FLAGGED, severity)
    cited = {each.fact: each.phrase for each in found.because}
    assert words in cited[fact]


def test_what_the_example_leaves_out_is_found_by_the_rules_on_records(assessed):
    for rule in ("costs-missing-from-register", "stakes-missing-from-register"):
        assert finding(assessed.register, rule).verdict is Verdict.FLAGGED


def test_the_example_has_no_further_fault_as_a_register(assessed):
    expected = {rule for rule, *_ in FAULTS}
    expected |= {"costs-missing-from-register", "stakes-missing-from-register"}
    assert {each.rule.id for each in assessed.register.flagged} == expected


def test_every_entry_to_mend_stands_in_what_clears_the_finding(assessed):
    found = finding(assessed.register, "partnership-without-owner")
    changed = {each.fact for each in found.clears[0]}
    owners = {f"partnerships[{index}].responsible_officer" for index in (4, 13)}
    assert owners <= changed


def test_the_orphan_of_the_example_is_found(assessed):
    orphan = next(each for each in assessed.entries if each.id == "EX-07")
    found = finding(orphan, "sub-group-without-parent")
    assert (found.verdict, found.severity) == (Verdict.FLAGGED, Severity.LOW)
    (reason,) = [each for each in found.because if each.fact == "parent"]
    assert reason.evidence == "Terms of reference, which name a board that was wound up in 2021"
    nested = next(each for each in assessed.entries if each.id == "EX-06")
    assert finding(nested, "sub-group-without-parent").verdict is Verdict.CLEAR


def test_the_overlap_of_the_example_is_found_and_no_other(assessed):
    found = finding(pair(assessed, "EX-04", "EX-05"), "overlap-not-rationalised")
    assert (found.verdict, found.severity) == (Verdict.FLAGGED, Severity.LOW)
    cited = {each.fact: each.phrase for each in found.because}
    assert "Eastshire Police" in cited["shared_partners"]
    assert {"first.relations_stated", "second.relations_stated"} <= cited.keys()
    flagged = [
        each.id
        for each in assessed.pairs
        if finding(each, "overlap-not-rationalised").verdict is Verdict.FLAGGED
    ]
    assert flagged == ["EX-04 + EX-05"]


def test_the_weak_partner_of_the_example_is_found_in_both(assessed):
    found = finding(pair(assessed, "EX-02", "EX-03"), "weak-partner-shared-unseen")
    assert (found.verdict, found.severity) == (Verdict.FLAGGED, Severity.HIGH)
    told = [each for each in found.because if not each.fact.endswith("status")]
    assert told
    assert all("Northmoor District Council" in each.phrase for each in told)


def test_real_cases_say_no_more_than_the_report(assessed):
    for entry in assessed.entries:
        if entry.id.startswith("R-"):
            assert entry.flagged == ()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_entries_does_not_matter(read, assessed, rulebook, seed):
    entries = list(read.subject.partnerships)
    random.Random(seed).shuffle(entries)  # noqa: S311 - an order, not a secret
    register = attrs.evolve(read.subject, partnerships=tuple(entries))
    again = assess_register(register, rulebook, as_of=read.as_of)
    assert outcome(again.register) == outcome(assessed.register)
    for ours, theirs in ((again.entries, assessed.entries), (again.pairs, assessed.pairs)):
        assert {(frozenset(each.id.split(" + ")), outcome(each)) for each in ours} == {
            (frozenset(each.id.split(" + ")), outcome(each)) for each in theirs
        }
    assert [each.id for each in again.entries] == [each.id for each in entries]


def test_a_register_without_partnerships_is_assessed(rulebook):
    for unlisted in (UNKNOWN, ()):
        found = assess_register(Register(partnerships=unlisted), rulebook)
        assert (found.entries, found.pairs, found.problems) == ((), (), ())
        assert found.all() == (found.register,)


def test_an_entry_that_is_not_known_is_passed_over():
    known = Partnership(id="A")
    assert entries_of(Register(partnerships=(UNKNOWN, known))) == (known,)


BROKEN = """\
govrules: 1
declared_count: 3
partnerships:
  - id: P-1
    name: Arts network
    responsible_officer: none
    status: active
    partners: [{ name: Eastshire Council }]
  - id: P-2
    nmae: Care pool
    status: active
  - id: P-1
    name: Sports network
    parent: Arts netwrok
    partners: [{ name: Eastshire-Council }]
  - name: Path group
  - name: path  group
"""


def test_what_is_wrong_as_data_is_reported_and_the_others_are_assessed(tmp_path, rulebook):
    path = tmp_path / "register.yaml"
    path.write_text(BROKEN, encoding="utf-8")
    read = read_subject(path, rulebook=rulebook)
    assert [each.code for each in read.problems] == [Code.UNKNOWN_FACT]
    assert read.problems[0].span.line == 10
    found = assess_register(read.subject, rulebook)
    assert [each.id for each in found.entries] == ["P-1", "P-1", "Path group", "path  group"]
    assert [(each.code, each.span.line) for each in found.problems] == [
        (Code.DUPLICATE_ENTRY, 12),
        (Code.UNKNOWN_PARENT, 14),
        (Code.TWO_SPELLINGS, 15),
        (Code.DUPLICATE_ENTRY, 17),
    ]
    # What could not be read may be one more, so no number is certain: there is nothing to flag.
    counted = finding(found.register, "declared-count-differs-from-register")
    assert counted.verdict is Verdict.UNKNOWN
    # What was read is enough to tell that an owner is missing.
    owned = finding(found.register, "partnership-without-owner")
    assert owned.verdict is Verdict.FLAGGED


def test_the_same_name_under_two_ids_is_no_duplicate():
    entries = [Partnership(id="A", name="Forum"), Partnership(id="B", name="Forum")]
    assert list(register_problems(entries)) == []


def test_entries_that_were_not_read_from_a_file_are_named_by_their_name():
    twins = [Partnership(id="A", name="Forum"), Partnership(id="a", name="Board")]
    nameless = [Partnership(id="A"), Partnership(id="A")]
    for entries, place in ((twins, "Board"), (nameless, "a partnership")):
        (problem,) = register_problems(entries)
        assert problem.code is Code.DUPLICATE_ENTRY
        assert problem.span.file == place


def partnership(name, *partners, **facts):
    members = tuple(Partner(name=each) if isinstance(each, str) else each for each in partners)
    return Partnership(id=name, name=name, **{"partners": members, **facts})


def only(*entries):
    (found,) = pairs_of(entries)
    return found


def test_two_partnerships_with_nothing_in_common_are_no_pair():
    assert list(pairs_of([partnership("A", "Police"), partnership("B", "Fire")])) == []


def test_a_name_is_compared_in_small_letters_and_single_spaces():
    found = only(partnership("A", "North  Police"), partnership("B", "north police"))
    assert [each.name for each in found.shared_partners] == ["North  Police"]


def test_the_owner_of_the_register_alone_brings_no_two_together(rulebook):
    entries = tuple(partnership(name, "Eastshire Council") for name in ("A", "B"))
    assert len(list(pairs_of(entries))) == 1
    assert list(pairs_of(entries, owner="Eastshire  council")) == []
    register = Register(organisation=Organisation(name="Eastshire Council"), partnerships=entries)
    assert assess_register(register, rulebook).more_pairs == 0
    assert assess_register(Register(partnerships=entries), rulebook).more_pairs == 1
    unnamed = Register(organisation=Organisation(), partnerships=entries)
    assert assess_register(unnamed, rulebook).more_pairs == 1


def test_the_owner_counts_among_the_partners_in_common():
    entries = [partnership(name, "Eastshire Council", "Police") for name in ("A", "B")]
    (found,) = pairs_of(entries, owner="Eastshire Council")
    assert [each.name for each in found.shared_partners] == ["Eastshire Council", "Police"]


@pytest.mark.parametrize(
    ("first", "second", "nested"),
    [
        ({"parent": None}, {"parent": None}, False),
        ({"parent": "b"}, {"parent": None}, True),
        ({"parent": None}, {"parent": "A"}, True),
        ({"parent": "Umbrella"}, {"parent": "umbrella"}, True),
        ({"parent": "Umbrella"}, {"parent": None}, False),
        ({}, {"parent": None}, UNKNOWN),
        ({"parent": None}, {}, UNKNOWN),
        ({}, {}, UNKNOWN),
        ({"sub_group": False}, {"sub_group": False}, False),
        ({"sub_group": False}, {"parent": "A"}, True),
        ({"sub_group": True}, {"sub_group": False}, UNKNOWN),
    ],
)
def test_nesting_is_known_only_where_parents_are(first, second, nested):
    found = only(partnership("A", "Police", **first), partnership("B", "Police", **second))
    assert found.nested is nested


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("Eastshire", "eastshire", True),
        ("Eastshire", "Westvale", False),
        ("Eastshire", None, False),
        (None, None, False),
        (None, UNKNOWN, False),
        ("Eastshire", UNKNOWN, UNKNOWN),
        (UNKNOWN, UNKNOWN, UNKNOWN),
    ],
)
def test_areas_are_the_same_only_where_both_are_known(first, second, same):
    found = only(partnership("A", "Police", area=first), partnership("B", "Police", area=second))
    assert found.same_area is same


@pytest.mark.parametrize(
    ("first", "second", "similarity"),
    [
        ("Cut crime", "Cut crime", 100),
        ("Cut crime.", "crime, cut", 100),
        ("Cut crime and disorder", "Plant trees", 0),
        ("Cut crime in town", "Cut crime", 67),
        ("crime crime crime", "crime", 50),
        ("Cut crime", None, 0),
        (None, None, 0),
        ("Cut crime", UNKNOWN, UNKNOWN),
        (None, UNKNOWN, UNKNOWN),
    ],
)
def test_objectives_are_alike_by_the_words_in_common_either_way_round(first, second, similarity):
    one = partnership("A", "Police", objective=first)
    two = partnership("B", "Police", objective=second)
    expected = similarity if similarity is UNKNOWN else Decimal(similarity)
    assert only(one, two).objective_similarity == expected
    assert only(two, one).objective_similarity == expected


POLICE, FIRE = Partner(name="Police"), Partner(name="Fire")


@pytest.mark.parametrize(
    ("first", "second", "identical"),
    [
        ((POLICE,), (POLICE,), True),
        ((POLICE, FIRE), (FIRE, POLICE), True),
        ((POLICE, FIRE), (POLICE,), False),
        ((POLICE, UNKNOWN), (POLICE,), UNKNOWN),
        ((POLICE, UNKNOWN), (POLICE, FIRE), UNKNOWN),
        ((POLICE, FIRE, UNKNOWN), (POLICE,), False),
        ((POLICE,), (POLICE, FIRE, UNKNOWN), False),
        ((POLICE, FIRE, UNKNOWN), (POLICE, UNKNOWN), UNKNOWN),
        ((POLICE, Partner()), (POLICE,), UNKNOWN),
    ],
)
def test_members_are_the_same_only_where_both_lists_are_complete(first, second, identical):
    found = only(partnership("A", partners=first), partnership("B", partners=second))
    assert found.membership_identical is identical


def test_the_partners_in_common_may_be_more_where_a_list_is_open():
    complete = only(partnership("A", partners=(POLICE,)), partnership("B", partners=(POLICE,)))
    assert UNKNOWN not in complete.shared_partners
    for open_ in ((POLICE, UNKNOWN), (POLICE, Partner())):
        found = only(partnership("A", partners=open_), partnership("B", partners=(POLICE,)))
        assert found.shared_partners[-1] is UNKNOWN


WEAK = frozenset({Weakness.INTERVENTION})


@pytest.mark.parametrize(
    ("first", "second", "weak"),
    [
        (frozenset(), frozenset(), False),
        (None, frozenset(), False),
        (WEAK, frozenset(), True),
        (frozenset(), WEAK, True),
        (WEAK, UNKNOWN, True),
        (UNKNOWN, WEAK, True),
        (frozenset({*WEAK, UNKNOWN}), frozenset(), True),
        (frozenset({UNKNOWN}), frozenset(), UNKNOWN),
        (UNKNOWN, frozenset(), UNKNOWN),
        (frozenset(), UNKNOWN, UNKNOWN),
        (UNKNOWN, UNKNOWN, UNKNOWN),
    ],
)
def test_a_partner_is_weak_where_either_says_so(first, second, weak):
    found = only(
        partnership("A", Partner(name="Police", weaknesses=first)),
        partnership("B", Partner(name="Police", weaknesses=second)),
    )
    assert found.shared_partners[0].weak is weak


@pytest.mark.parametrize(
    ("first", "second", "on_both"),
    [
        (True, True, True),
        (True, False, False),
        (False, UNKNOWN, False),
        (None, True, False),
        (True, UNKNOWN, UNKNOWN),
        (UNKNOWN, UNKNOWN, UNKNOWN),
    ],
)
def test_a_weakness_is_on_both_registers_only_where_both_say_so(first, second, on_both):
    found = only(
        partnership("A", Partner(name="Police", weakness_on_risk_register=first)),
        partnership("B", Partner(name="Police", weakness_on_risk_register=second)),
    )
    assert found.shared_partners[0].on_both_risk_registers is on_both


def test_a_pair_keeps_the_evidence_and_the_places_of_both(tmp_path, rulebook):
    path = tmp_path / "register.yaml"
    path.write_text(
        "partnerships:\n"
        "  - { id: A, partners: [{ name: Police }], status: active, evidence: { status: Minutes } }\n"
        "  - { id: B, partners: [{ name: Police }], status: ended, evidence: { status: Letter } }\n",
        encoding="utf-8",
    )
    found = only(*read_subject(path, rulebook=rulebook).subject.partnerships)
    assert found.evidence["first.status"] == "Minutes"
    assert found.evidence["second.status"] == "Letter"
    assert found.origin["first.status"] == f"{path}:2"
    assert found.origin["second.status"] == f"{path}:3"


def test_findings_on_a_pair_are_unknown_where_it_is(rulebook):
    register = Register(
        partnerships=(partnership("A", "Police", "Fire"), partnership("B", "Police", "Fire"))
    )
    whole = assess_register(register, rulebook)
    # Nothing is recorded of the partners, so that nothing bears on what is asked of the two.
    assert (whole.pairs, whole.more_pairs) == ((), 1)


SHARED = st.builds(
    Partner,
    name=st.sampled_from(["Police", "Fire", UNKNOWN]),
    weaknesses=st.sampled_from([UNKNOWN, None, frozenset({Weakness.INSOLVENCY_RISK})]),
    weakness_on_risk_register=st.sampled_from([UNKNOWN, None, True, False]),
)
SOUND = tuple(Partner(name=name, weaknesses=None) for name in ("Police", "Fire"))
ENTRY = st.builds(
    Partnership,
    status=st.sampled_from([UNKNOWN, "active", "ended"]),
    relations_stated=st.sampled_from([UNKNOWN, True, False]),
    area=st.sampled_from([UNKNOWN, "North"]),
    objective=st.sampled_from([UNKNOWN, "Build homes", "Build roads"]),
    parent=st.sampled_from([UNKNOWN, "Board"]),
    sub_group=st.just(True),
    partners=st.lists(SHARED | st.just(UNKNOWN), min_size=1, max_size=3).map(tuple),
)
ON_PAIRS = (
    "{ first.relations_stated: yes }",
    "{ not: { second.status: ended } }",
    "{ any: [{ first.status: ended }, { second.relations_stated: yes }, { same_area: no }] }",
    "{ shared_partners: { none: { weak: yes, on_both_risk_registers: no } } }",
    "{ shared_partners: { none: { name: Police, weak: yes } } }",
    "{ shared_partners: { count: { at_most: 1 } } }",
    "{ first.partners: { some: { name: Police } } }",
    "{ second.partners: { count: { at_most: 2 } } }",
    "{ not: { objective_similarity: { at_least: 60 } } }",
    "{ nested: no }",
    "{ membership_identical: no }",
    "{ not: { name: P0 and P1 } }",
)


@pytest.mark.parametrize("asked", ON_PAIRS)
def test_pairs_that_are_alike_are_told_as_each_is_alone(tmp_path_factory, asked):
    rule = (
        "  - id: on-pairs\n    title: A title\n    subject: pair\n    principle: A principle.\n"
        f"    source: {{ document: manual, paragraph: 1 }}\n    requires: {asked}\n"
        "    severity: low\n"
    )
    book = load_rulebook(write_pack(tmp_path_factory.mktemp("pairs") / "ours", rule))
    rules = book.rules_for("pair", AS_OF)

    def judge(several, subjects):
        return engine("reference").outcomes(several, subjects, AS_OF, book)

    @given(st.lists(ENTRY, min_size=4, max_size=9))
    @example([Partnership(partners=its) for its in (SOUND[:1], SOUND, (*SOUND, UNKNOWN))])
    def told_as_alone(several):
        entries = [attrs.evolve(each, id=f"P{place}") for place, each in enumerate(several)]
        found = pairs_told(entries, rules, book, judge)
        alone = [pairs_told(two, rules, book, judge) for two in itertools.combinations(entries, 2)]
        assert found.number == sum(each.number for each in alone)
        assert [*found.told] == [told for each in alone for told in each.told]

    told_as_alone()


def weak(*, seen: bool) -> Partner:
    weaknesses = frozenset({"insolvency_risk"})
    return Partner(name="Police", weaknesses=weaknesses, weakness_on_risk_register=seen)


@pytest.mark.parametrize(("number", "pairs"), [(50, 1225), (60, 0)])
def test_what_a_body_in_many_partnerships_lacks_is_told_once(rulebook, number, pairs):
    entries = [
        Partnership(id=f"P{place}", status="active", partners=(Partner(name="Police"),))
        for place in range(number)
    ]
    for place, seen in ((7, False), (9, True)):
        entries[place] = attrs.evolve(entries[place], partners=(weak(seen=seen),))
    whole = assess_register(Register(partnerships=tuple(entries)), rulebook)
    assert whole.more_pairs + len(whole.pairs) == pairs
    if pairs:
        assert (whole.common, whole.bodies) == ((), ())
        assert {each.id for each in whole.pairs if each.flagged} == {
            f"P{min(7, other)} + P{max(7, other)}" for other in range(number) if other != 7
        }
        return
    assert whole.common == (("Police", number),)
    (found,) = whole.bodies
    assert found.name == "Police, a partner in 60 partnerships"
    assert [each.rule.id for each in found.flagged] == ["weak-partner-shared-unseen"]
    # Where one of two does not have it on its risk register, the weakness is unseen in both.
    assert found.so_of == tuple(each.id for each in entries)
    assert pickle.loads(pickle.dumps(found)) == found
    assert found in whole.all()


def test_what_nobody_listed_as_reviewer_or_status_stays_a_question(rulebook):
    register = Register(
        reviewed_by=Reviewer.BOARD, partnerships=(Partnership(responsible_officer=None),)
    )
    found = assess_register(register, rulebook).register
    seen = finding(found, "register-not-reviewed-by-audit-committee")
    assert [each.fact for each in seen.questions] == ["reviewed"]
    owned = finding(found, "partnership-without-owner")
    assert [each.fact for each in owned.questions] == ["partnerships[0].status"]
    ended = Register(partnerships=(Partnership(responsible_officer=None, status=Status.ENDED),))
    found = assess_register(ended, rulebook).register
    assert finding(found, "partnership-without-owner").verdict is Verdict.CLEAR
