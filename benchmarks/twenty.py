"""Twenty rules three times over: as a pack, by hand in Python, and as pairs for other engines."""

from __future__ import annotations

import datetime as dt
import random
import tempfile
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from govrules import UNKNOWN, Partnership, Rulebook, load_rulebook
from govrules.facts import months_before
from govrules.vocabulary import (
    Choice,
    Choices,
    Date,
    Fact,
    Money,
    Months,
    Number,
    Record,
    Records,
    YesNo,
    vocabulary_of,
)

AS_OF = dt.date(2026, 3, 31)
TIER = {
    "label": "the tier",
    "values": ["low", "medium", "high"],
    "first_match": [
        {"when": {"any": [
            {"funding.annual_spend": {"at_least": 1000000}},
            {"all": [{"public.vulnerable_users": "yes"}, {"funding.pooled": "yes"}]},
        ]}, "value": "high"},
        {"when": {"any": [
            {"funding.annual_spend": {"at_least": 100000}},
            {"integration_level": {"at_least": "joint_commissioning"}},
        ]}, "value": "medium"},
    ],
    "otherwise": "low",
}  # fmt: skip
#: When each rule applies, and what it requires.
RULES: dict[str, tuple[Any, Any]] = {
    "protocol": ({"funding.pooled": "yes"}, {"protocol.agreed": "yes"}),
    "redress": ({"public.served_directly": "yes"}, {"public.redress_published": "yes"}),
    "sharing": (
        {"information.shared": "yes", "information.personal_data": "yes"},
        {"information.agreement": "yes"},
    ),
    "posts": ({"staffing.shared_posts": {"at_least": 1}}, {"staffing.terms_agreed": "yes"}),
    "minutes": (None, {"decisions.minuted": "yes", "decisions.actions_tracked": "yes"}),
    "binding": (
        {"integration_level": {"at_least": "joint_planning"}},
        {"governing_document.legally_binding": "yes"},
    ),
    "audit": ({"funding.annual_spend": {"more_than": 50000}}, {"assurance.internal_audit": "yes"}),
    "clawback": (
        {"funding.external_grant": "yes", "funding.clawback_exposure": {"more_than": 0}},
        {"funding.clawback_managed": "yes"},
    ),
    "users": (
        {"any": [{"public.served_directly": "yes"}, {"public.vulnerable_users": "yes"}]},
        {"public.users_involved": "yes"},
    ),
    "conflicts": (
        {"binds_partners": "yes"},
        {"conflicts.policy": "yes", "conflicts.register": "yes"},
    ),
    "form": ({"acts_in_own_name": "yes"}, {"not": {"legal_form": "unincorporated_association"}}),
    "review": (
        {"any": [{"funding.pooled": "yes"}, {"statutory_functions_delegated": "yes"}]},
        {"governing_document.reviewed": {"newer_than": "36 months"}},
    ),
    "accountable": (
        {"accountability.responsibility_shared": "yes"},
        {"partners": {"some": {"named_accountable": "yes"}}},
    ),
    "weak": (
        None,
        {"partners": {"every": {"any": [
            {"weakness_on_risk_register": "yes"}, {"receives_money": "no"},
        ]}}},
    ),
    "dominated": (
        None,
        {"partners": {"none": {"voting_share": {"more_than": 50}, "independent": "no"}}},
    ),
    "grant": (
        {"funding.external_grant": "yes"},
        {"partners": {"count": {"where": {"receives_money": "yes"}, "at_least": 1}}},
    ),
    "roles": ({"sub_group": "no"}, {"partners": {"every": {"role_documented": "yes"}}}),
    "risk": ({"tier": "high"}, {"risk.register": "joint"}),
    "process": ({"tier": ["medium", "high"]}, {"decisions.process_defined": "yes"}),
    "recent": (
        {"tier": {"at_least": "medium"}},
        {"reviewed": {"newer_than": {
            "by": "tier", "high": "12 months", "medium": "24 months", "low": "36 months",
        }}},
    ),
}  # fmt: skip


def rulebook(number: int = len(RULES)) -> Rulebook:
    """Return the rules as a rulebook; copies under other ids where more are wanted."""
    source = {"title": "A source", "publisher": "Somebody", "year": "2005", "where": "here"}
    head = {"govrules": 1, "id": "bench", "title": "Bench", "version": "1", "owner": "us",
            "sources": {"here": source}, "derived": {"tier": TIER}}  # fmt: skip
    rules = []
    for index in range(number):
        name, (applies, requires) = list(RULES.items())[index % len(RULES)]
        copy = f"-{index // len(RULES)}" if index >= len(RULES) else ""
        rule = {"id": f"{name}-missing{copy}", "title": f"{name} is missing", "requires": requires,
                "principle": "Have it.", "source": {"document": "here", "paragraph": 1},
                "severity": "high"}  # fmt: skip
        rules.append(rule if applies is None else rule | {"applies_when": applies})
    with tempfile.TemporaryDirectory() as folder:
        pack = Path(folder)
        (pack / "rulebook.yaml").write_text(_plain(head))
        (pack / "theme.yaml").write_text(_plain({"govrules": 1, "theme": "bench", "rules": rules}))
        return load_rulebook(pack)


def _plain(data: Any) -> str:  # noqa: ANN401 - any plain data
    """Write YAML in which words are plain and nothing is said by reference."""

    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002
            return True

    Plain.add_representer(
        str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text)
    )
    text = yaml.dump(data, Dumper=Plain, sort_keys=False, width=1000)
    return text.replace("'yes'", "yes").replace("'no'", "no")


# ── Partnerships ──────────────────────────────────────────────────────────────────────────────


def partnerships(number: int, unknown: float = 0.15) -> list[Partnership]:
    """Return partnerships of which this share of the facts is unknown, the same in every run."""
    drawn = random.Random(5)  # noqa: S311 - the same in every run
    return [_record(Partnership, drawn, unknown) for _ in range(number)]


def _record(cls: type, drawn: random.Random, unknown: float) -> Any:  # noqa: ANN401 - the class
    fields = vocabulary_of(cls).fields
    return cls(**{name: _value(fact, drawn, unknown) for name, fact in fields.items()})


def _value(fact: Fact, drawn: random.Random, unknown: float) -> Any:  # noqa: ANN401
    match fact.type:
        case Record(cls):
            # Its own facts may be unknown: the record itself seldom is.
            return None if drawn.random() < 0.05 else _record(cls, drawn, unknown)
        case Records(cls):
            found = tuple(_record(cls, drawn, unknown) for _ in range(drawn.randrange(5)))
            return (*found, UNKNOWN) if drawn.random() < unknown else found
    chance = drawn.random()
    if chance < unknown:
        return UNKNOWN
    if chance < unknown + 0.05:
        return None
    match fact.type:
        case YesNo():
            return drawn.random() < 0.6
        case Choice(values):
            return drawn.choice(values)
        case Choices(values):
            return frozenset(drawn.sample(values, drawn.randrange(len(values))))
        case Date():
            return AS_OF - dt.timedelta(days=drawn.randrange(1500))
        case Money():
            return Decimal(drawn.choice((0, 20_000, 50_000, 100_000, 400_000, 1_000_000, 10**7)))
        case Number(whole, _, most):
            amount = drawn.randrange(int(most or 20) + 1)
            return amount if whole else Decimal(amount)
        case Months():
            return drawn.randrange(60)
        case _:
            return drawn.choice(("one", "two", "three"))


# ── By hand ───────────────────────────────────────────────────────────────────────────────────
# As somebody would write it who knows that unknown is not no, and minds how long it takes: True,
# False and None are the truth values, records are read once, nothing is asked in vain.

ALWAYS = True
NA, CLEAR, FLAGGED, OPEN = "not applicable", "clear", "flagged", "unknown"
LEVELS = vocabulary_of(Partnership).facts["integration_level"].type.values
JOINT_PLANNING = frozenset(LEVELS[LEVELS.index("joint_planning") :])
JOINT_COMMISSIONING = frozenset(LEVELS[LEVELS.index("joint_commissioning") :])


class _Nothing:
    """Stands for a record that is none, or of which nothing is known."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __getattr__(self, name: str) -> object:
        return self.value


_NONE, _UNKNOWN = _Nothing(None), _Nothing(UNKNOWN)


def record(value: Any) -> Any:  # noqa: ANN401 - any record
    """Return a record to read from, whatever is known of it."""
    if value is UNKNOWN:
        return _UNKNOWN
    return _NONE if value is None else value


def yes(value: Any) -> bool | None:  # noqa: ANN401 - a fact
    """Return whether a yes or no is yes."""
    return None if value is UNKNOWN else value is True


def more(value: Any, limit: int) -> bool | None:  # noqa: ANN401 - a fact
    """Return whether an amount is more than a limit."""
    if value is UNKNOWN:
        return None
    return value is not None and value > limit


def least(value: Any, limit: Any) -> bool | None:  # noqa: ANN401 - a fact
    """Return whether an amount or a date is at least a limit."""
    if value is UNKNOWN:
        return None
    return value is not None and value >= limit


def among(value: Any, values: frozenset[str]) -> bool | None:  # noqa: ANN401 - a fact
    """Return whether a choice is one of some."""
    return None if value is UNKNOWN else value in values


def both(one: bool | None, other: bool | None) -> bool | None:  # noqa: FBT001 - truth values
    """Return *and*."""
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def either(one: bool | None, other: bool | None) -> bool | None:  # noqa: FBT001 - truth values
    """Return *or*."""
    if one or other:
        return True
    return None if one is None or other is None else False


def verdict(scope: bool | None, requires: bool | None) -> str:  # noqa: FBT001 - truth values
    """Return the verdict of a rule that may apply."""
    if requires:
        return CLEAR
    return FLAGGED if scope and requires is False else OPEN


def by_hand(  # noqa: PLR0915 - twenty rules
    days: Mapping[str, dt.date],
) -> Callable[[Partnership], list[str]]:
    """Return the rules by hand, with the days from which a review is recent enough."""
    year, two_years, three_years = days["high"], days["medium"], days["low"]

    def judge(it: Partnership) -> list[str]:  # noqa: PLR0915 - twenty rules
        funding, public = record(it.funding), record(it.public)
        decisions, document = record(it.decisions), record(it.governing_document)
        partners = it.partners
        more_partners = False
        if partners is None:
            partners = ()
        elif partners is UNKNOWN:
            partners, more_partners = (), True
        elif UNKNOWN in partners:
            known = [each for each in partners if each is not UNKNOWN]
            partners, more_partners = known, True  # type: ignore[assignment]
        pooled, spend = yes(funding.pooled), funding.annual_spend
        served, vulnerable = yes(public.served_directly), yes(public.vulnerable_users)
        grant = yes(funding.external_grant)
        level = it.integration_level
        high = either(least(spend, 1_000_000), both(vulnerable, pooled))
        medium = either(least(spend, 100_000), among(level, JOINT_COMMISSIONING))
        found = []

        found.append(NA if pooled is False else verdict(pooled, yes(record(it.protocol).agreed)))
        found.append(NA if served is False else verdict(served, yes(public.redress_published)))
        shares = record(it.information)
        scope = both(yes(shares.shared), yes(shares.personal_data))
        found.append(NA if scope is False else verdict(scope, yes(shares.agreement)))
        staffing = record(it.staffing)
        scope = least(staffing.shared_posts, 1)
        found.append(NA if scope is False else verdict(scope, yes(staffing.terms_agreed)))
        found.append(verdict(ALWAYS, both(yes(decisions.minuted), yes(decisions.actions_tracked))))
        scope = among(level, JOINT_PLANNING)
        found.append(NA if scope is False else verdict(scope, yes(document.legally_binding)))
        scope = more(spend, 50_000)
        found.append(
            NA if scope is False else verdict(scope, yes(record(it.assurance).internal_audit))
        )
        scope = False if grant is False else both(grant, more(funding.clawback_exposure, 0))
        found.append(NA if scope is False else verdict(scope, yes(funding.clawback_managed)))
        scope = either(served, vulnerable)
        found.append(NA if scope is False else verdict(scope, yes(public.users_involved)))
        scope = yes(it.binds_partners)
        if scope is False:
            found.append(NA)
        else:
            conflicts = record(it.conflicts)
            found.append(verdict(scope, both(yes(conflicts.policy), yes(conflicts.register))))
        scope = yes(it.acts_in_own_name)
        if scope is False:
            found.append(NA)
        else:
            form = it.legal_form
            sound = None if form is UNKNOWN else form != "unincorporated_association"
            found.append(verdict(scope, sound))
        scope = either(pooled, yes(it.statutory_functions_delegated))
        found.append(
            NA if scope is False else verdict(scope, least(document.reviewed, three_years))
        )

        scope = yes(record(it.accountability).responsibility_shared)
        if scope is False:
            found.append(NA)
        else:
            some = None if more_partners else False
            for each in partners:
                named = each.named_accountable
                if named is True:
                    some = True
                    break
                if named is UNKNOWN:
                    some = None
            found.append(verdict(scope, some))
        every = None if more_partners else True
        for each in partners:
            sound = yes(each.weakness_on_risk_register)
            if sound:
                continue
            paid = yes(each.receives_money)
            if paid is False:
                continue
            if paid and sound is False:
                every = False
                break
            every = None
        found.append(verdict(ALWAYS, every))
        none = None if more_partners else True
        for each in partners:
            dominates = more(each.voting_share, 50)
            if dominates is False:
                continue
            independent = yes(each.independent)
            if independent:
                continue
            if dominates and independent is False:
                none = False
                break
            none = None
        found.append(verdict(ALWAYS, none))
        if grant is False:
            found.append(NA)
        else:
            paid = None if more_partners else False
            for each in partners:
                receives = each.receives_money
                if receives is True:
                    paid = True
                    break
                if receives is UNKNOWN:
                    paid = None
            found.append(verdict(grant, paid))
        within = yes(it.sub_group)
        if within:
            found.append(NA)
        else:
            every = None if more_partners else True
            for each in partners:
                documented = yes(each.role_documented)
                if documented is False:
                    every = False
                    break
                if documented is None:
                    every = None
            found.append(verdict(within is False, every))

        if high is False:
            found.append(NA)
        else:
            register = record(it.risk).register
            joint = None if register is UNKNOWN else register == "joint"
            found.append(verdict(high, joint))
        significant = either(high, medium)
        if significant is False:
            found.extend((NA, NA))
        else:
            found.append(verdict(significant, yes(decisions.process_defined)))
            seen = it.reviewed
            if seen is UNKNOWN:
                recent = None
            elif seen is None:
                recent = False
            else:
                possible = []
                if high is not False:
                    possible.append(seen >= year)
                if high is not True and medium is not False:
                    possible.append(seen >= two_years)
                if high is not True and medium is not True:
                    possible.append(seen >= three_years)
                recent = True if all(possible) else None if any(possible) else False
            found.append(verdict(significant, recent))
        return found

    return judge


def days() -> dict[str, dt.date]:
    """Return the days from which a review is recent, by tier."""
    months = {"high": 12, "medium": 24, "low": 36}
    return {tier: months_before(AS_OF, number) for tier, number in months.items()}


# ── For other engines ─────────────────────────────────────────────────────────────────────────
# Each condition as a pair, certainly true and certainly false, of trees that a two-valued engine
# can evaluate on flat facts. None is no for a yes or no and -1 for an amount or a date (of which
# all that is asked is whether it is large); unknown is null.

Tree = tuple[Any, ...]
Pair = tuple[Tree, Tree]


def flat(it: Partnership) -> dict[str, Any]:
    """Return the facts of a partnership as other engines take them."""
    found: dict[str, Any] = {}
    for path in FLAT:
        value: Any = it
        for name in path.split("."):
            value = getattr(record(value), name)
        found[path.replace(".", "_")] = _flat(value, path)
    known = () if it.partners in (None, UNKNOWN) else it.partners
    found["more_partners"] = it.partners is UNKNOWN or UNKNOWN in known
    found["partners"] = [
        {name: _flat(getattr(each, name), name) for name in INNER}
        for each in known
        if each is not UNKNOWN
    ]
    return found


FLAT = (
    "funding.pooled", "protocol.agreed", "public.served_directly", "public.redress_published",
    "information.shared", "information.personal_data", "information.agreement",
    "staffing.shared_posts", "staffing.terms_agreed", "decisions.minuted",
    "decisions.actions_tracked", "integration_level", "governing_document.legally_binding",
    "funding.annual_spend", "assurance.internal_audit", "funding.external_grant",
    "funding.clawback_exposure", "funding.clawback_managed", "public.vulnerable_users",
    "public.users_involved", "binds_partners", "conflicts.policy", "conflicts.register",
    "acts_in_own_name", "legal_form", "statutory_functions_delegated",
    "governing_document.reviewed", "accountability.responsibility_shared", "sub_group",
    "risk.register", "decisions.process_defined", "reviewed",
)  # fmt: skip
INNER = (
    "named_accountable", "weakness_on_risk_register", "receives_money", "voting_share",
    "independent", "role_documented",
)  # fmt: skip
AMOUNTS = ("shared_posts", "annual_spend", "clawback_exposure", "voting_share", "reviewed")


def _flat(value: Any, path: str) -> Any:  # noqa: ANN401 - any fact
    if value is UNKNOWN:
        return None
    name = path.rpartition(".")[2]
    if name in AMOUNTS:
        number = value.toordinal() if isinstance(value, dt.date) else value
        return -1 if number is None else int(number)
    if name == "integration_level":
        return -1 if value is None else LEVELS.index(value)
    if name in ("legal_form", "register") and path != "conflicts.register":
        return "none" if value is None else str(value)
    return value is True


def is_(fact: str, value: Any = True) -> Pair:  # noqa: ANN401, FBT002 - a plain value
    """Return whether a fact is a value."""
    return ("is", fact, value), ("is_not", fact, value)


def ge(fact: str, limit: int) -> Pair:
    """Return whether an amount is at least a limit."""
    return ("ge", fact, limit), ("lt", fact, limit)


def all_(*pairs: Pair) -> Pair:
    """Return *and*."""
    return ("and", *(one for one, _ in pairs)), ("or", *(other for _, other in pairs))


def any_(*pairs: Pair) -> Pair:
    """Return *or*."""
    return ("or", *(one for one, _ in pairs)), ("and", *(other for _, other in pairs))


def not_(pair: Pair) -> Pair:
    """Return *not*."""
    return pair[1], pair[0]


def some(inner: Pair) -> Pair:
    """Return whether some partner is so."""
    closed = ("is", "more_partners", False)
    return ("exists", inner[0]), ("and", closed, ("forall", inner[1]))


def pairs() -> list[tuple[Pair | None, Pair]]:
    """Return scope and requirement of each rule."""
    spend, level, pooled = "funding_annual_spend", "integration_level", "funding_pooled"
    commissioning, planning = (
        LEVELS.index(each) for each in ("joint_commissioning", "joint_planning")
    )
    high = any_(ge(spend, 1_000_000), all_(is_("public_vulnerable_users"), is_(pooled)))
    medium = any_(ge(spend, 100_000), ge(level, commissioning))
    significant = any_(high, medium)
    limits = {tier: day.toordinal() for tier, day in days().items()}
    ways = (
        (high[1], ge("reviewed", limits["high"])),
        (("or", high[0], medium[1]), ge("reviewed", limits["medium"])),
        (("or", high[0], medium[0]), ge("reviewed", limits["low"])),
    )
    recent = (
        ("and", *(("or", ruled_out, pair[0]) for ruled_out, pair in ways)),
        ("and", *(("or", ruled_out, pair[1]) for ruled_out, pair in ways)),
    )
    return [
        (is_(pooled), is_("protocol_agreed")),
        (is_("public_served_directly"), is_("public_redress_published")),
        (
            all_(is_("information_shared"), is_("information_personal_data")),
            is_("information_agreement"),
        ),
        (ge("staffing_shared_posts", 1), is_("staffing_terms_agreed")),
        (None, all_(is_("decisions_minuted"), is_("decisions_actions_tracked"))),
        (ge(level, planning), is_("governing_document_legally_binding")),
        (ge(spend, 50_001), is_("assurance_internal_audit")),
        (
            all_(is_("funding_external_grant"), ge("funding_clawback_exposure", 1)),
            is_("funding_clawback_managed"),
        ),
        (
            any_(is_("public_served_directly"), is_("public_vulnerable_users")),
            is_("public_users_involved"),
        ),
        (is_("binds_partners"), all_(is_("conflicts_policy"), is_("conflicts_register"))),
        (is_("acts_in_own_name"), not_(is_("legal_form", "unincorporated_association"))),
        (
            any_(is_(pooled), is_("statutory_functions_delegated")),
            ge("governing_document_reviewed", limits["low"]),
        ),
        (is_("accountability_responsibility_shared"), some(is_("named_accountable"))),
        (
            None,
            not_(some(not_(any_(is_("weakness_on_risk_register"), is_("receives_money", False))))),
        ),
        (None, not_(some(all_(ge("voting_share", 51), is_("independent", False))))),
        (is_("funding_external_grant"), some(is_("receives_money"))),
        (is_("sub_group", False), not_(some(is_("role_documented", False)))),
        (high, is_("risk_register", "joint")),
        (significant, is_("decisions_process_defined")),
        (significant, recent),
    ]
