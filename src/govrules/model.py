"""
Partnerships, organisations and registers: the facts that governance rules read.

The terms are the field's own; each fact's label, question and kind stand here and nowhere else.
A fact is unknown until recorded; a record set to None is known to be absent.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from typing import Final

import attrs

from govrules.vocabulary import (
    ListOf,
    OrderedChoice,
    Recorded,
    SetOf,
    Subject,
    arrangement,
    fact,
)


class Status(StrEnum):
    """Where a partnership stands in its life."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    DORMANT = "dormant"
    CLOSING = "closing"
    ENDED = "ended"


class Nature(StrEnum):
    """The kinds a partnership can be of, several at once."""

    STATUTORY = "statutory"
    VOLUNTARY = "voluntary"
    EXECUTIVE = "executive"
    NON_EXECUTIVE = "non_executive"
    STRATEGIC = "strategic"
    OPERATIONAL = "operational"
    SERVICE_DELIVERY = "service_delivery"
    PROCUREMENT = "procurement"
    REGISTERED_SOCIAL_LANDLORDS = "registered_social_landlords"


class LegalForm(StrEnum):
    """The legal form of a partnership."""

    UNINCORPORATED_ASSOCIATION = "unincorporated_association"
    COMPANY_LIMITED_BY_GUARANTEE = "company_limited_by_guarantee"
    COMPANY_LIMITED_BY_SHARES = "company_limited_by_shares"
    LIMITED_LIABILITY_PARTNERSHIP = "limited_liability_partnership"
    CHARITABLE_TRUST = "charitable_trust"
    JOINT_COMMITTEE = "joint_committee"
    STATUTORY_BODY = "statutory_body"
    CONTRACT_ONLY = "contract_only"
    OTHER = "other"


class IntegrationLevel(OrderedChoice):
    """How closely partners work, from telling each other to sharing one budget."""

    INFORMATION_EXCHANGE = "information_exchange"
    LIAISON = "liaison"
    COORDINATION = "coordination"
    JOINT_PLANNING = "joint_planning"
    JOINT_COMMISSIONING = "joint_commissioning"
    INTEGRATED_DELIVERY = "integrated_delivery"
    POOLED = "pooled"


class OrganisationKind(StrEnum):
    """The kinds of body that enter partnerships."""

    COUNTY_COUNCIL = "county_council"
    DISTRICT_COUNCIL = "district_council"
    UNITARY_COUNCIL = "unitary_council"
    METROPOLITAN_COUNCIL = "metropolitan_council"
    LONDON_BOROUGH = "london_borough"
    COMBINED_AUTHORITY = "combined_authority"
    FIRE_AUTHORITY = "fire_authority"
    POLICE = "police"
    NHS_TRUST = "nhs_trust"
    FOUNDATION_TRUST = "foundation_trust"
    INTEGRATED_CARE_BOARD = "integrated_care_board"
    CENTRAL_DEPARTMENT = "central_department"
    NATIONAL_PARK_AUTHORITY = "national_park_authority"
    OTHER_PUBLIC_BODY = "other_public_body"
    HOUSING_ASSOCIATION = "housing_association"
    CHARITY = "charity"
    COMPANY = "company"
    UNIVERSITY = "university"
    TRAINING_BODY = "training_body"
    OTHER = "other"


#: What people say for each kind of body.
_BODIES: Final = {
    "county_council": "a county council",
    "district_council": "a district council",
    "unitary_council": "a unitary council",
    "metropolitan_council": "a metropolitan council",
    "london_borough": "a London borough council",
    "combined_authority": "a combined authority",
    "fire_authority": "a fire authority",
    "police": "a policing body",
    "nhs_trust": "an NHS trust",
    "foundation_trust": "an NHS foundation trust",
    "integrated_care_board": "an integrated care board",
    "central_department": "a central government department",
    "national_park_authority": "a national park authority",
    "other_public_body": "a public body of another kind",
    "housing_association": "a housing association",
    "charity": "a charity",
    "company": "a company",
    "university": "a university",
    "training_body": "a training body",
    "other": "a body of another kind that is not public",
}


class PartnerRole(StrEnum):
    """What a partner does in the partnership beside being in it."""

    LEAD = "lead"
    CHAIR = "chair"
    HOST = "host"
    ACCOUNTABLE_BODY = "accountable_body"
    SECRETARIAT = "secretariat"
    VOTING_MEMBER = "voting_member"
    OBSERVER = "observer"


class GovernanceLink(StrEnum):
    """The parts of a partner's own governance that can cover a partnership."""

    SCHEME_OF_DELEGATION = "scheme_of_delegation"
    SCRUTINY = "scrutiny"
    INTERNAL_AUDIT = "internal_audit"
    RISK_REGISTER = "risk_register"
    GOVERNANCE_STATEMENT = "governance_statement"


class Weakness(StrEnum):
    """Signs that an organisation's own governance is weak."""

    ADVERSE_OPINION = "adverse_opinion"
    QUALIFIED_OPINION = "qualified_opinion"
    STATUTORY_RECOMMENDATION = "statutory_recommendation"
    PUBLIC_INTEREST_REPORT = "public_interest_report"
    INTERVENTION = "intervention"
    SECTION_114_NOTICE = "section_114_notice"
    FAILED_INSPECTION = "failed_inspection"
    INSOLVENCY_RISK = "insolvency_risk"
    OTHER = "other"


#: What people say for each weakness.
_WEAKNESSES: Final = {
    "adverse_opinion": "an adverse audit opinion",
    "qualified_opinion": "a qualified audit opinion",
    "statutory_recommendation": "a statutory recommendation",
    "public_interest_report": "a public interest report",
    "section_114_notice": "a section 114 notice",
    "failed_inspection": "a failed inspection",
    "insolvency_risk": "a risk of insolvency",
    "other": "other evidence",
}


class Reason(StrEnum):
    """Why a partnership exists."""

    NEED = "need"
    STATUTE = "statute"
    FUNDING = "funding"
    POLICY = "policy"
    HISTORY = "history"


class CostPart(StrEnum):
    """What the cost of a partnership to a body is made of."""

    CASH = "cash"
    STAFF_TIME = "staff_time"
    IN_KIND = "in_kind"


class ValueStatus(StrEnum):
    """How far the assessment of value has come."""

    NEVER = "never"
    IN_PROGRESS = "in_progress"
    DONE = "done"


class Evidence(StrEnum):
    """The kinds of evidence of benefit."""

    QUALITATIVE = "qualitative"
    QUANTITATIVE = "quantitative"
    INDEPENDENT = "independent"


class NetValue(StrEnum):
    """What an assessment of value found when benefits were set against costs."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    UNCLEAR = "unclear"


class DocumentKind(StrEnum):
    """The kinds of governing document."""

    TERMS_OF_REFERENCE = "terms_of_reference"
    MEMORANDUM_OF_UNDERSTANDING = "memorandum_of_understanding"
    CONSTITUTION = "constitution"
    PARTNERSHIP_AGREEMENT = "partnership_agreement"
    INTER_AUTHORITY_AGREEMENT = "inter_authority_agreement"
    SECTION_75_AGREEMENT = "section_75_agreement"
    SECTION_101_DELEGATION = "section_101_delegation"
    SHAREHOLDERS_AGREEMENT = "shareholders_agreement"
    ARTICLES = "articles"
    TRUST_DEED = "trust_deed"
    OTHER = "other"


class Clause(StrEnum):
    """What a governing document can settle."""

    NAME = "name"
    AIMS = "aims"
    MEMBERSHIP = "membership"
    MEMBERSHIP_TERMINATION = "membership_termination"
    DELEGATION = "delegation"
    POWERS = "powers"
    ROLES = "roles"
    INCOME = "income"
    MEETINGS = "meetings"
    QUORUM = "quorum"
    CHAIRING = "chairing"
    VOTING = "voting"
    SUBSTITUTES = "substitutes"
    DECISION_PROCESS = "decision_process"
    TIMESCALES = "timescales"
    AMENDMENT = "amendment"
    MINUTES = "minutes"
    EXIT_DISSOLUTION = "exit_dissolution"
    REPRESENTATION = "representation"
    DISPUTES = "disputes"
    FINANCE_LIABILITY = "finance_liability"
    RISK = "risk"
    PERFORMANCE = "performance"
    INFORMATION_SHARING = "information_sharing"
    STAFFING = "staffing"
    COMPLAINTS_REDRESS = "complaints_redress"
    INSURANCE = "insurance"
    TAX_VAT = "tax_vat"
    ASSETS = "assets"


class PlaceAgreementKind(StrEnum):
    """Agreements for a whole place, then and now."""

    LOCAL_AREA_AGREEMENT = "local_area_agreement"
    LOCAL_PUBLIC_SERVICE_AGREEMENT = "local_public_service_agreement"
    BETTER_CARE_FUND_PLAN = "better_care_fund_plan"
    DEVOLUTION_DEAL = "devolution_deal"
    GROWTH_OR_CITY_DEAL = "growth_or_city_deal"
    OTHER = "other"


class ExitTerm(StrEnum):
    """What must be settled for the day when it ends or a partner goes."""

    ENDING = "ending"
    LEAVING = "leaving"
    RETURN_OF_RESOURCES = "return_of_resources"
    NOTICE_COSTS = "notice_costs"


class PoolBasis(StrEnum):
    """The power under which budgets are pooled."""

    SECTION_31_1999 = "section_31_1999"
    SECTION_75_2006 = "section_75_2006"
    SECTION_33_WALES = "section_33_wales"
    PART_9_WALES = "part_9_wales"
    OTHER = "other"


class PoolTerm(StrEnum):
    """The terms that a statutory pooled fund agreement specifies, in the Regulations' order."""

    AIMS_AND_OUTCOMES = "aims_and_outcomes"
    CONTRIBUTIONS = "contributions"
    FUNCTIONS = "functions"
    PEOPLE_AND_SERVICES = "people_and_services"
    STAFF_AND_GOODS = "staff_and_goods"
    DURATION_AND_TERMINATION = "duration_and_termination"
    MANAGEMENT_AND_MONITORING = "management_and_monitoring"


class Ending(StrEnum):
    """What has to be settled once a partnership has ended."""

    MONEY = "money"
    STAFF = "staff"
    ASSETS = "assets"
    LIABILITIES = "liabilities"
    RECORDS = "records"


class ReportRhythm(StrEnum):
    """How often a report is made."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    ANNUAL = "annual"


class Scrutineer(StrEnum):
    """The bodies that can scrutinise a partnership."""

    OVERVIEW_AND_SCRUTINY = "overview_and_scrutiny"
    AUDIT_COMMITTEE = "audit_committee"
    JOINT_SCRUTINY = "joint_scrutiny"
    EXTERNAL_AUDIT = "external_audit"
    INSPECTORATE = "inspectorate"
    OWN_BOARD = "own_board"


class Handling(StrEnum):
    """What was done about a declared interest."""

    RECUSED = "recused"
    MINUTED = "minuted"
    RULED_NO_CONFLICT = "ruled_no_conflict"
    DISPENSATION = "dispensation"
    OTHER_SAFEGUARD = "other_safeguard"
    NOTHING = "nothing"


class RiskRegister(StrEnum):
    """Where a partnership's risks are registered."""

    NOWHERE = "nowhere"
    EACH_BODY_ALONE = "each_body_alone"
    JOINT = "joint"


class MeasureKind(StrEnum):
    """What a performance measure measures."""

    INPUT = "input"
    ACTIVITY = "activity"
    OUTPUT = "output"
    OUTCOME = "outcome"


class ComplaintsRoute(StrEnum):
    """How a user of a shared service complains."""

    EACH_BODY_ALONE = "each_body_alone"
    JOINT_PROTOCOL = "joint_protocol"
    SINGLE_PROCEDURE = "single_procedure"


class Ombudsman(StrEnum):
    """Where a complaint goes when the partners have not settled it."""

    LOCAL_GOVERNMENT_AND_SOCIAL_CARE = "local_government_and_social_care"
    PARLIAMENTARY_AND_HEALTH_SERVICE = "parliamentary_and_health_service"
    PUBLIC_SERVICES_WALES = "public_services_wales"
    PUBLIC_SERVICES_SCOTLAND = "public_services_scotland"
    PUBLIC_SERVICES_NORTHERN_IRELAND = "public_services_northern_ireland"
    HOUSING = "housing"
    NONE_HAS_POWER = "none_has_power"


class StaffingModel(StrEnum):
    """How a partnership's staff are employed."""

    NO_STAFF = "no_staff"
    SECONDMENT = "secondment"
    JOINT_APPOINTMENT = "joint_appointment"
    TRANSFER = "transfer"
    DIRECT = "direct"


class SeriousIssue(StrEnum):
    """What makes an issue serious enough for an annual governance statement."""

    OBJECTIVE_PREJUDICED = "objective_prejudiced"
    EXTRA_FUNDING_NEEDED = "extra_funding_needed"
    MATERIAL_TO_ACCOUNTS = "material_to_accounts"
    AUDIT_COMMITTEE_SAYS_SO = "audit_committee_says_so"
    INTERNAL_AUDIT_SAYS_SO = "internal_audit_says_so"
    PUBLIC_INTEREST_OR_REPUTATION = "public_interest_or_reputation"
    FORMAL_ACTION_BY_OFFICER = "formal_action_by_officer"


class Reviewer(StrEnum):
    """Who reviews a register of partnerships."""

    AUDIT_COMMITTEE = "audit_committee"
    SCRUTINY = "scrutiny"
    CABINET = "cabinet"
    BOARD = "board"
    OFFICERS = "officers"


@attrs.frozen(kw_only=True, weakref_slot=False)
class Aims:
    """What the partners set out to do together."""

    agreed: Recorded[bool] = arrangement(
        "the partners have agreed its aims",
        no="the partners have not agreed its aims",
        ask="Have all partners agreed the partnership's aims?",
    )
    published: Recorded[bool] = arrangement(
        "the aims are published",
        no="the aims are not published",
        ask="Are the aims published?",
    )
    method_stated: Recorded[bool] = arrangement(
        "it is written down how working together will achieve the aims",
        no="nobody has written down how working together will achieve the aims",
        ask="Is it written down how working in partnership will achieve the aims?",
    )
    outcome_for_users_stated: Recorded[bool] = arrangement(
        "it is stated how users will be better off",
        no="nobody has stated how users will be better off",
        ask="Does a measure say how users or the public will be better off?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Rationale:
    """Why the partnership exists."""

    reasons: Recorded[SetOf[Reason]] = fact(
        "the reasons for its existence",
        no={
            "*": "it does not exist because of {value}",
            "need": "it does not exist to meet a need",
            "history": "it does not exist for historical reasons",
        },
        sentence={
            "*": "it exists because of {value}",
            "need": "it exists to meet a need",
            "history": "it exists for historical reasons",
        },
        absent="nobody has said why it exists",
        present="reasons for it have been given",
        words={
            "need": "a need",
            "policy": "a policy",
            "history": "historical reasons",
        },
        ask="Why does the partnership exist?",
    )
    main_reason: Recorded[Reason] = fact(
        "the main reason for its existence",
        no={
            "*": "it does not exist mainly because of {value}",
            "need": "it does not exist mainly to meet a need",
            "history": "it does not exist mainly for historical reasons",
        },
        sentence={
            "*": "it exists mainly because of {value}",
            "need": "it exists mainly to meet a need",
            "history": "it exists mainly for historical reasons",
        },
        absent="no single reason for it is the main one",
        words={
            "policy": "a policy",
        },
        ask="What is the main reason for the partnership?",
    )
    need_evidenced: Recorded[bool] = arrangement(
        "there is evidence that it is needed",
        no="there is no evidence that it is needed",
        ask="Is there evidence that the partnership is needed?",
    )
    alternatives_considered: Recorded[bool] = arrangement(
        "other ways to achieve the same end have been weighed up",
        no="nobody has weighed up other ways to achieve the same end",
        ask="Has working in partnership been weighed against other ways of serving the public?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class ValueAssessment:
    """What the partnership adds, and what it costs."""

    stated: Recorded[bool] = arrangement(
        "it is written down how the partnership adds value",
        no="nobody has written down how the partnership adds value",
        ask="Is it written down how the partnership adds value?",
    )
    assessment: Recorded[ValueStatus] = arrangement(
        "the assessment of value",
        no={
            "never": "its value has been assessed, or is being assessed",
            "in_progress": "no assessment of its value is under way",
            "done": "its value has not been assessed",
        },
        sentence={
            "never": "its value has never been assessed",
            "in_progress": "an assessment of its value is under way",
            "done": "its value has been assessed",
        },
        absent="its value has never been assessed",
        present="its value has been assessed, or is being assessed",
        ask="Where does the assessment of its value stand: never begun, under way or done?",
    )
    assessed: Recorded[dt.date] = arrangement(
        "the date of the last assessment of value",
        no="its value was not assessed {value}",
        sentence="its value was last assessed {value}",
        absent="its value has never been assessed",
        present="its value has been assessed",
        act="its value is assessed afresh",
        ask="When was its value last assessed?",
        past=True,
    )
    criteria_agreed: Recorded[bool] = arrangement(
        "the partners have agreed the criteria for judging its value",
        no="the partners have not agreed the criteria for judging its value",
        ask="Have the partners agreed the criteria by which value is assessed?",
    )
    evidence: Recorded[SetOf[Evidence]] = arrangement(
        "the kinds of evidence of benefit",
        no="there is no {value} evidence of benefit",
        sentence="there is {value} evidence of benefit",
        absent="there is no evidence of benefit",
        present="there is evidence of benefit",
        act="there is also {value} evidence of benefit",
        among="there is at least {value} evidence of benefit",
        ask="What kinds of evidence of benefit are there?",
    )
    cost: Recorded[Decimal] = arrangement(
        "the full yearly cost to the organisation",
        sentence="it costs the organisation {value} a year",
        absent="what it costs the organisation in a year is not known",
        present="the organisation knows what the partnership costs it in a year",
        zero=("it costs the organisation nothing", "it costs the organisation money"),
        ask="What does it cost your organisation a year, in money, staff time and help in kind?",
        yearly=True,
    )
    cost_covers: Recorded[SetOf[CostPart]] = arrangement(
        "the parts that the cost includes",
        no="the cost figure does not include {value}",
        sentence="the cost figure includes {value}",
        absent="nobody has said what the cost figure includes",
        present="it is stated what the cost figure includes",
        act="the cost figure also includes {value}",
        among="the cost figure includes at least {value}",
        words={
            "in_kind": "contributions in kind",
        },
        ask="What does the cost figure include: cash, staff time, contributions in kind?",
    )
    begun: Recorded[dt.date] = arrangement(
        "the date on which the assessment of value under way began",
        no="the current assessment of its value did not begin {value}",
        sentence="the current assessment of its value began {value}",
        absent="no assessment of its value has begun",
        present="an assessment of its value has begun",
        act="an assessment of its value begins",
        ask="When did the current assessment of its value begin?",
        past=True,
    )
    net: Recorded[NetValue] = fact(
        "the balance of benefits over costs",
        no={
            "positive": "its benefits are not shown to outweigh its costs",
            "negative": "its costs are not shown to outweigh its benefits",
            "unclear": "it is clear whether its benefits outweigh its costs",
        },
        sentence={
            "positive": "its benefits outweigh its costs",
            "negative": "its costs outweigh its benefits",
            "unclear": "it is recorded as unclear whether its benefits outweigh its costs",
        },
        absent="nobody has weighed its benefits against its costs",
        present="its benefits have been weighed against its costs",
        ask="Which are greater, its benefits or its costs, or is that unclear?",
    )
    being_scaled_down: Recorded[bool] = arrangement(
        "the partnership is being scaled down or redesigned",
        no="the partnership is not being scaled down or redesigned",
        ask="Is the partnership being scaled down or redesigned?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Funding:
    """The partnership's money."""

    pooled: Recorded[bool] = fact(
        "partners pool budgets",
        no="partners do not pool budgets",
        ask="Do partners pool budgets?",
    )
    annual_spend: Recorded[Decimal] = fact(
        "the annual spend",
        sentence="it spends {value} a year",
        absent="there is no figure for its annual spending",
        present="there is a figure for its annual spending",
        zero=("it spends nothing", "it spends money"),
        ask="How much does the partnership spend in a year?",
        yearly=True,
    )
    total_spend: Recorded[Decimal] = fact(
        "the total spent to date",
        sentence="it has spent {value} so far",
        absent="there is no figure for what it has spent so far",
        present="there is a figure for what it has spent so far",
        zero=("it has spent nothing so far", "it has spent money"),
        ask="If no yearly spending is known, how much has the partnership spent so far?",
    )
    contract_value: Recorded[Decimal] = fact(
        "the value of its contracts over their whole term",
        sentence="its contracts are worth {value} over their term",
        absent="there is no figure for what its contracts are worth",
        present="there is a figure for what its contracts are worth",
        zero=("its contracts have no money value", "its contracts are worth money"),
        ask="If its yearly spending is not known, what are its contracts worth over their term?",
    )
    external_grant: Recorded[bool] = fact(
        "it receives grant from a funder outside the partnership",
        no="it receives no grant from a funder outside the partnership",
        ask="Does it receive any grant from a funder outside the partnership?",
    )
    traced_share: Recorded[Decimal] = arrangement(
        "the share of spending that can be followed to its purpose",
        sentence="{value} of spending can be followed to its purpose",
        absent="how much of the spending can be followed to its purpose is not known",
        present="it is known how much of the spending can be followed to its purpose",
        zero=(
            "none of the spending can be followed to its purpose",
            "some of the spending can be followed to its purpose",
        ),
        ask="What share of the spending can be followed to the purpose the money was given for?",
        unit="per cent",
        most=100,
    )
    clawback_exposure: Recorded[Decimal] = fact(
        "the grant that might have to be repaid",
        sentence="{value} of grant might have to be repaid",
        absent="no grant is at risk of having to be repaid",
        present="some grant might have to be repaid",
        zero=("no grant is at risk of having to be repaid", "some grant might have to be repaid"),
        ask="How much grant might have to be repaid?",
    )
    guarantees: Recorded[Decimal] = fact(
        "the amount guaranteed",
        sentence="partners have guaranteed {value}",
        absent="partners have given no guarantees",
        present="partners have given guarantees",
        zero=("partners have given no guarantees", "partners have given guarantees"),
        ask="How much have partners guaranteed?",
    )
    borrowing: Recorded[Decimal] = fact(
        "the amount borrowed",
        sentence="it has borrowed {value}",
        absent="nothing is borrowed",
        present="it has borrowed money",
        zero=("nothing is borrowed", "it has borrowed money"),
        ask="How much has the partnership borrowed?",
    )
    clawback_managed: Recorded[bool] = arrangement(
        "an agreement with those who spend grant, or a reserve, covers its repayment",
        no="no agreement with those who spend grant, and no reserve, covers its repayment",
        ask="Does an agreement with those who spend the grant, or a reserve, cover its repayment?",
    )
    reporting_agreed: Recorded[bool] = arrangement(
        "partners have agreed how finances are reported to them",
        no="partners have not agreed how finances are reported to them",
        ask="Have the partners agreed how, and how often, finances are reported to them?",
    )
    spending_authority: Recorded[str] = arrangement(
        "the body or post that decides how money is spent",
        sentence="{value} decides how the money is spent",
        absent="nobody is named to decide how the money is spent",
        present="a body or post is named to decide how the money is spent",
        ask="Which body or post decides how the money is spent?",
    )
    reallocation_rule: Recorded[bool] = arrangement(
        "a rule says whether money may be moved between purposes",
        no="no rule says whether money may be moved between purposes",
        ask="Does a rule say whether money may be moved between purposes (virement)?",
    )
    liabilities_allocated: Recorded[bool] = arrangement(
        "it is settled which partner bears which liabilities",
        no="it is not settled which partner bears which liabilities",
        ask="Is it settled which partner bears which liabilities?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Pool:
    """A pooled fund."""

    agreement_signed: Recorded[bool] = arrangement(
        "a written pooling agreement has been signed",
        no="no written pooling agreement has been signed",
        ask="Is there a signed written agreement for the pool?",
    )
    separate_agreement: Recorded[bool] = fact(
        "the pooling agreement and the governing document are separate documents",
        no="the pooling agreement and the governing document are one document",
        ask="Are the pooling agreement and the governing document separate documents?",
    )
    host: Recorded[str] = arrangement(
        "the host of the pool",
        sentence="{value} hosts the pool",
        absent="no partner hosts the pool",
        present="a partner hosts the pool",
        ask="Which partner hosts the pool?",
    )
    manager: Recorded[str] = arrangement(
        "the pool manager",
        sentence="{value} manages the pool",
        absent="the pool has no manager",
        present="the pool has a manager",
        ask="Who is the pool manager?",
    )
    overspend_rule: Recorded[bool] = arrangement(
        "a rule says who bears an overspend",
        no="no rule says who bears an overspend",
        ask="Does a rule say which partners bear an overspend of the pool, and in what shares?",
    )
    underspend_rule: Recorded[bool] = arrangement(
        "a rule says who keeps an underspend",
        no="no rule says who keeps an underspend",
        ask="Does a rule say which partners keep an underspend of the pool, and in what shares?",
    )
    basis: Recorded[PoolBasis] = fact(
        "the power under which budgets are pooled",
        no="budgets are not pooled under {value}",
        sentence="budgets are pooled under {value}",
        absent="no power is stated for pooling budgets",
        present="a power is stated for pooling budgets",
        words={
            "section_31_1999": "section 31 of the Health Act 1999",
            "section_75_2006": "section 75 of the National Health Service Act 2006",
            "section_33_wales": "section 33 of the National Health Service (Wales) Act 2006",
            "part_9_wales": "Part 9 of the Social Services and Well-being (Wales) Act 2014",
            "other": "another power",
        },
        ask="Under what power are the budgets pooled?",
    )
    terms: Recorded[SetOf[PoolTerm]] = arrangement(
        "the terms that the pooling agreement specifies",
        no="the pooling agreement does not specify {value}",
        sentence="the pooling agreement specifies {value}",
        absent="the pooling agreement specifies none of the terms listed in the Regulations",
        present=(
            "the pooling agreement specifies at least one of the terms listed in the Regulations"
        ),
        act="the pooling agreement also specifies {value}",
        among="the pooling agreement specifies at least {value}",
        words={
            "contributions": "contributions and how they may be varied",
            "functions": "the functions covered",
            "people_and_services": "the people and kinds of service",
            "staff_and_goods": "the staff, goods and accommodation that each partner provides",
            "duration_and_termination": "how long it lasts and how it ends",
            "management_and_monitoring": "how the pool is managed and monitored",
        },
        ask="Which terms listed in the Partnership Regulations does the pooling agreement specify?",
    )
    reports: Recorded[SetOf[ReportRhythm]] = arrangement(
        "the host's reports on the pool",
        no="the host does not report on the pool {value}",
        sentence="the host reports on the pool {value}",
        absent="the host does not report on the pool",
        present="the host reports on the pool",
        act="the host also reports on the pool {value}",
        among="the host's reports on the pool include {value} ones",
        words={
            "annual": "yearly",
        },
        ask="How often does the host report on the pool?",
    )
    vat_settled: Recorded[bool] = arrangement(
        "the treatment of VAT is settled",
        no="the treatment of VAT is not settled",
        ask="Is it settled how VAT is recovered, given who hosts the pool?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Protocol:
    """A protocol for joint working: who decides, and who pays."""

    agreed: Recorded[bool] = arrangement(
        "the partners have agreed a protocol for decisions and money",
        no="the partners have not agreed a protocol for decisions and money",
        ask="Have the partners agreed a protocol for decisions and money?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class GoverningDocument:
    """The document by which the partnership is governed."""

    kind: Recorded[DocumentKind] = arrangement(
        "the kind of governing document",
        no={
            "*": "the governing document is not {value}",
            "terms_of_reference": "there are no terms of reference",
            "articles": "there are no articles of association",
            "other": "the governing document is of a named kind",
        },
        sentence={
            "*": "there is {value}",
            "terms_of_reference": "there are terms of reference",
            "articles": "there are articles of association",
            "other": "there is a governing document of another kind",
        },
        absent="there is no governing document",
        present="there is a governing document",
        words={
            "memorandum_of_understanding": "a memorandum of understanding",
            "constitution": "a constitution",
            "partnership_agreement": "a partnership agreement",
            "inter_authority_agreement": "an inter-authority agreement",
            "section_75_agreement": "a section 75 agreement",
            "section_101_delegation": "a section 101 delegation",
            "shareholders_agreement": "a shareholders' agreement",
            "trust_deed": "a trust deed",
        },
        ask="What kind of governing document is there?",
    )
    clauses: Recorded[SetOf[Clause]] = arrangement(
        "the clauses of the governing document",
        no="the governing document has no [clause|clauses] on {value}",
        sentence="the governing document has [a clause|clauses] on {value}",
        absent="the governing document has none of the clauses listed",
        present="the governing document has at least one of the clauses listed",
        act="the governing document settles what is missing",
        among="the clauses of the governing document include [one|ones] on {value}",
        words={
            "name": "the partnership's name",
            "membership_termination": "ending membership",
            "decision_process": "how decisions are made",
            "exit_dissolution": "exit and dissolution",
            "finance_liability": "finance and liability",
            "complaints_redress": "complaints and redress",
            "tax_vat": "tax and VAT",
        },
        ask="Which matters does the governing document settle?",
    )
    signed_by_all: Recorded[bool] = arrangement(
        "every partner has signed the governing document",
        no="not every partner has signed the governing document",
        ask="Has every partner signed the governing document?",
    )
    signed: Recorded[dt.date] = arrangement(
        "the date on which the governing document was signed",
        no="the governing document was not signed or adopted {value}",
        sentence="the governing document was signed or adopted {value}",
        absent="the governing document has not been signed or adopted",
        present="the governing document has been signed or adopted",
        act="the partners sign or adopt the governing document afresh",
        ask="When was the governing document signed or adopted?",
        past=True,
    )
    legally_binding: Recorded[bool] = arrangement(
        "the governing document is legally binding",
        no="the governing document is not legally binding",
        ask="Is the governing document legally binding?",
    )
    expires: Recorded[dt.date] = arrangement(
        "the date on which the governing document expires",
        no="the governing document does not expire {value}",
        sentence="the governing document expires {value}",
        absent="the governing document has no end date",
        present="the governing document has an end date",
        act="the governing document is renewed",
        ask="When does the governing document expire?",
    )
    reviewed: Recorded[dt.date] = arrangement(
        "the date on which the governing document was last reviewed",
        no="the governing document was not reviewed {value}",
        sentence="the governing document was last reviewed {value}",
        absent="the governing document has never been reviewed",
        present="the governing document has been reviewed",
        act="all partners review the governing document",
        ask="When was the governing document last reviewed by all partners?",
        past=True,
    )
    review_point_set: Recorded[bool] = arrangement(
        "a date is set for the next review of the governing document",
        no="no date is set for the next review of the governing document",
        ask="Is a date set for the next review of the governing document?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class PlaceAgreement:
    """An agreement for a whole place that covers this partnership, such as a local area one."""

    kind: Recorded[PlaceAgreementKind] = fact(
        "the kind of place agreement",
        no={
            "*": "there is no such place agreement as {value}",
            "other": "the place agreement is of a kind that is listed",
        },
        sentence={
            "*": "there is {value}",
            "other": "the place agreement is of a kind that is not listed",
        },
        absent="there is no place agreement",
        present="there is a place agreement",
        words={
            "local_area_agreement": "a local area agreement",
            "local_public_service_agreement": "a local public service agreement",
            "better_care_fund_plan": "a Better Care Fund plan",
            "devolution_deal": "a devolution deal",
            "growth_or_city_deal": "a growth or city deal",
        },
        ask="What kind of place agreement is there?",
    )
    in_force: Recorded[bool] = arrangement(
        "a place agreement in force covers this partnership",
        no="no place agreement in force covers this partnership",
        ask="Is a place agreement in force for it, such as a Better Care Fund plan?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Accountability:
    """Who answers, to whom."""

    responsibility_shared: Recorded[bool] = fact(
        "partners share responsibility for what the partnership does",
        no="partners do not share responsibility for what the partnership does",
        ask="Do partners share responsibility for what the partnership does?",
    )
    accountable_body: Recorded[str] = arrangement(
        "the accountable body",
        sentence="the accountable body is {value}",
        absent="there is no accountable body",
        present="there is an accountable body",
        act="the partners name an accountable body",
        ask="Which partner is the accountable body for the money?",
    )
    published: Recorded[bool] = arrangement(
        "the public is told which body answers for the quality of the service",
        no="the public is not told which body answers for the quality of the service",
        ask="Is the public told which body answers for the quality of the service?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Leadership:
    """Who leads."""

    lead_agreed: Recorded[bool] = arrangement(
        "the partners have agreed who leads",
        no="the partners have not agreed who leads",
        ask="Have all partners agreed who is in charge?",
    )
    dominated: Recorded[bool] = fact(
        "one partner or person dominates",
        no="no one partner or person dominates",
        ask="Have partners said that one partner or person dominates the agenda, chair or votes?",
    )
    balanced: Recorded[bool] = arrangement(
        "rules keep the power of the strongest partner in check",
        no="no rule keeps the power of the strongest partner in check",
        ask=(
            "Does a rule keep the power of the strongest partner in check, such as an independent "
            "chair, a chair that rotates or a limit on votes?"
        ),
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Decisions:
    """How decisions are made, kept and carried out."""

    process_defined: Recorded[bool] = arrangement(
        "it is written down how decisions are made",
        no="it is not written down how decisions are made",
        ask="Is it written down how decisions are made?",
    )
    minuted: Recorded[bool] = arrangement(
        "decisions are minuted",
        no="decisions are not minuted",
        ask="Are decisions minuted?",
    )
    actions_tracked: Recorded[bool] = arrangement(
        "somebody makes sure that decisions are acted on",
        no="nobody makes sure that decisions are acted on",
        ask="Does somebody make sure, by owner and date, that decisions are acted on?",
    )
    reported_back: Recorded[bool] = arrangement(
        "decisions are formally reported to every partner",
        no="decisions are not formally reported to every partner",
        ask="Are decisions formally reported to every partner?",
    )
    made_elsewhere: Recorded[bool] = arrangement(
        "its main decisions are made outside its own meetings",
        no="its main decisions are made at its own meetings",
        ask="In the last year, were its main decisions made outside its own meetings?",
    )
    meaningful: Recorded[bool] = fact(
        "in the last year its decisions or advice changed something",
        no="in the last year neither its decisions nor its advice changed anything",
        ask="In the last year, did its decisions or advice change a service or how partners work?",
    )
    meetings_public: Recorded[bool] = arrangement(
        "meetings and papers are open to the public",
        no="meetings and papers are closed to the public",
        ask="Are meetings and papers open to the public?",
    )
    closure_reasoned: Recorded[bool] = arrangement(
        "the reason for meeting in private is published",
        no="no reason for meeting in private is published",
        ask="Is there a published reason for meeting in private?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Scrutiny:
    """Who looks at decisions that others have made."""

    by: Recorded[SetOf[Scrutineer]] = arrangement(
        "the bodies that scrutinise it",
        no="it is not scrutinised by {value}",
        sentence="it is scrutinised by {value}",
        absent="its decisions are not scrutinised",
        present="its decisions are scrutinised",
        act="it is also scrutinised by {value}",
        words={
            "overview_and_scrutiny": "an overview and scrutiny committee",
            "audit_committee": "the audit committee",
            "joint_scrutiny": "a joint scrutiny committee",
            "external_audit": "the external auditor",
            "inspectorate": "an inspectorate",
            "own_board": "its own board",
        },
        ask="Which bodies scrutinise the partnership's decisions?",
    )
    last: Recorded[dt.date] = arrangement(
        "the date of the last scrutiny",
        no="it was not scrutinised {value}",
        sentence="it was last scrutinised {value}",
        absent="it has never been scrutinised",
        present="it has been scrutinised",
        act="a body that took no part in its decisions scrutinises it",
        ask="When was the partnership last scrutinised?",
        past=True,
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class DeclaredInterest:
    """An interest that somebody declared."""

    member: Recorded[str] = fact(
        "the member who declared it",
        sentence="{value} declared the interest",
        absent="the record does not name the member who declared the interest",
        present="a member declared the interest",
        ask="Who declared the interest?",
    )
    handled: Recorded[Handling] = arrangement(
        "the way in which the interest was handled",
        no={
            "recused": "the member did not stand aside",
            "minuted": "more was done about the interest than to minute it",
            "ruled_no_conflict": "nobody ruled that the interest was not a conflict",
            "dispensation": "the member was given no dispensation",
            "other_safeguard": "no other safeguard was set and minuted",
            "nothing": "something was done about the interest",
        },
        sentence={
            "recused": "the member stood aside",
            "minuted": "the interest was minuted, but nothing more was done",
            "ruled_no_conflict": "the interest was ruled not to be a conflict",
            "dispensation": "the member was given a dispensation",
            "other_safeguard": "another safeguard was set and minuted",
            "nothing": "nothing was done about the interest",
        },
        absent="nothing was done about the interest",
        present="something was done about the interest",
        ask=(
            "What was done: did the member stand aside, was the interest ruled no conflict, "
            "allowed by a dispensation, held by another safeguard, only minuted, or ignored?"
        ),
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Conflicts:
    """Conflicts of interest."""

    policy: Recorded[bool] = arrangement(
        "a policy on conflicts of interest is in use",
        no="no policy on conflicts of interest is in use",
        ask="Is a policy on conflicts of interest in use?",
    )
    register: Recorded[bool] = arrangement(
        "a register of interests is kept",
        no="no register of interests is kept",
        ask="Is a register of interests kept?",
    )
    undeclared: Recorded[bool] = fact(
        "a member has benefited from an undeclared interest",
        no="no member has benefited from an undeclared interest",
        ask="Has any member benefited from an interest that was not declared?",
    )
    declared: Recorded[ListOf[DeclaredInterest]] = fact(
        "the interests declared",
        absent="no interests have been declared",
        present="interests have been declared",
        ask="Which interests have been declared?",
        each="declared interest",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Risk:
    """How risk is managed."""

    register: Recorded[RiskRegister] = arrangement(
        "the place where its risks are registered",
        no={
            "nowhere": "its risks are on a risk register",
            "each_body_alone": "its risks are not recorded by each body on its own register",
            "joint": "its risks are not on a joint risk register",
        },
        sentence={
            "nowhere": "its risks are not on any risk register",
            "each_body_alone": "each body records the partnership's risks on its own register",
            "joint": "its risks are on a joint risk register",
        },
        absent="its risks are not on any risk register",
        present="its risks are on a risk register",
        ask=(
            "Where are the partnership's risks recorded: on a joint register, on each body's own, "
            "or nowhere?"
        ),
    )
    early_warning: Recorded[bool] = arrangement(
        "something would warn the partners if things went wrong",
        no="nothing would warn the partners if things went wrong",
        ask="Would anything warn the partners if things went wrong?",
    )
    power_to_act: Recorded[str] = arrangement(
        "the body or post with power to step in",
        sentence="{value} can step in if things go wrong",
        absent="nobody has the power to step in if things go wrong",
        present="somebody has the power to step in if things go wrong",
        act="somebody is given the power to step in if things go wrong",
        ask="Who can step in if things go wrong?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Measure:
    """One measure of performance."""

    name: Recorded[str] = fact(
        "the name of the measure",
        sentence="the measure is called {value}",
        absent="the measure has no name",
        present="the measure has a name",
        ask="What is the measure called?",
    )
    kind: Recorded[MeasureKind] = arrangement(
        "what the measure measures",
        no="the measure does not count {value}",
        sentence="the measure counts {value}",
        absent="nobody has said what the measure counts",
        present="it is stated what the measure counts",
        words={
            "input": "inputs",
            "output": "outputs",
            "outcome": "outcomes",
        },
        ask="Does the measure count inputs, activity, outputs or outcomes?",
    )
    target_set: Recorded[bool] = arrangement(
        "the measure has a target",
        no="the measure has no target",
        ask="Is there a target for the measure?",
    )
    owner: Recorded[str] = arrangement(
        "the person or post that answers for the measure",
        sentence="{value} answers for the measure",
        absent="nobody answers for the measure",
        present="somebody answers for the measure",
        ask="Who answers for the measure?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Performance:
    """How performance is managed."""

    measures: Recorded[ListOf[Measure]] = arrangement(
        "the performance measures",
        absent="there are no performance measures",
        present="there are performance measures",
        ask="Which performance measures are there?",
        each="performance measure",
    )
    reported: Recorded[bool] = arrangement(
        "the partners are told which targets are met and missed",
        no="the partners are not told which targets are met and missed",
        ask="Are the partners told which targets are met and missed?",
    )
    contribution_monitored: Recorded[bool] = arrangement(
        "each partner's contribution is monitored",
        no="not every partner's contribution is monitored",
        ask="Is each partner's contribution monitored?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Assurance:
    """What internal audit and the governance statement cover."""

    internal_audit: Recorded[bool] = arrangement(
        "the partnership is in the internal audit plan",
        no="the partnership is not in the internal audit plan",
        ask="Is the partnership in the internal audit plan?",
    )
    governance_statement: Recorded[bool] = arrangement(
        "the annual governance statement covers the partnership",
        no="the annual governance statement does not cover the partnership",
        ask="Does the annual governance statement cover the partnership?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class InformationSharing:
    """The information that partners share."""

    shared: Recorded[bool] = fact(
        "partners share information",
        no="partners share no information",
        ask="Do partners share information with each other?",
    )
    personal_data: Recorded[bool] = fact(
        "partners share personal data",
        no="partners share no personal data",
        ask="Do partners share personal data?",
    )
    agreement: Recorded[bool] = arrangement(
        "an information-sharing agreement is in place",
        no="no information-sharing agreement is in place",
        ask="Is there an information-sharing agreement?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Staffing:
    """The people who work for the partnership."""

    model: Recorded[StaffingModel] = fact(
        "the way in which staff are employed",
        no={
            "no_staff": "it has staff",
            "secondment": "its staff are not seconded to it",
            "joint_appointment": "its staff are not appointed jointly",
            "transfer": "its staff were not transferred to it",
            "direct": "its staff are not employed directly by it",
        },
        sentence={
            "no_staff": "it has no staff",
            "secondment": "its staff are seconded to it",
            "joint_appointment": "its staff are appointed jointly",
            "transfer": "its staff were transferred to it",
            "direct": "its staff are employed directly by it",
        },
        absent="it has no staff",
        present="it has staff",
        ask="How are the partnership's staff employed?",
    )
    shared_posts: Recorded[int] = fact(
        "the number of shared posts",
        sentence="partners share {value}",
        absent="partners share no posts",
        present="partners share posts",
        zero=("partners share no posts", "partners share posts"),
        ask="How many posts do partners share?",
        unit="posts",
    )
    terms_agreed: Recorded[bool] = arrangement(
        "the staff's terms of employment and line management are agreed",
        no="the staff's terms of employment and line management are not agreed",
        ask="Are the staff's terms of employment and line management agreed?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class PublicAccountability:
    """What the partnership owes to those it serves."""

    served_directly: Recorded[bool] = fact(
        "it serves the public directly",
        no="it does not serve the public directly",
        ask=(
            "Does the partnership serve the public directly, for example by taking decisions "
            "about individuals?"
        ),
    )
    vulnerable_users: Recorded[bool] = fact(
        "it serves vulnerable people",
        no="it does not serve vulnerable people",
        ask="Are any of its users vulnerable?",
    )
    several_bodies_serve: Recorded[bool] = fact(
        "two or more bodies serve the same users",
        no="only one body serves each user",
        ask="Do two or more bodies serve the same users?",
    )
    complaints: Recorded[ComplaintsRoute] = arrangement(
        "the route for complaints",
        no={
            "each_body_alone": "complaints are not handled by each body separately",
            "joint_protocol": "no joint protocol covers complaints",
            "single_procedure": "there is no single complaints procedure",
        },
        sentence={
            "each_body_alone": "each body handles complaints separately",
            "joint_protocol": "a joint protocol covers complaints",
            "single_procedure": "there is a single complaints procedure",
        },
        absent="users have no way to complain",
        present="users have a way to complain",
        ask="How can users complain and get redress?",
    )
    ombudsmen: Recorded[SetOf[Ombudsman]] = arrangement(
        "the ombudsmen that users are directed to",
        no="users are not directed to {value}",
        sentence="users are directed to {value}",
        absent="users are not directed to any ombudsman",
        present="users are directed to an ombudsman",
        act="users are also directed to {value}",
        words={
            "local_government_and_social_care": "the Local Government and Social Care Ombudsman",
            "parliamentary_and_health_service": "the Parliamentary and Health Service Ombudsman",
            "public_services_wales": "the Public Services Ombudsman for Wales",
            "public_services_scotland": "the Scottish Public Services Ombudsman",
            "public_services_northern_ireland": "the Northern Ireland Public Services Ombudsman",
            "housing": "the Housing Ombudsman",
            "none_has_power": "no ombudsman, since none has power over the bodies that serve them",
        },
        ask="Which ombudsmen are users directed to, or has none power over those who serve them?",
    )
    redress_published: Recorded[bool] = arrangement(
        "users are told how to get redress",
        no="users are not told how to get redress",
        ask="Are users told how to get redress?",
    )
    annual_report: Recorded[bool] = arrangement(
        "the public is told each year what was spent and achieved",
        no="the public is not told each year what was spent and achieved",
        ask="Is the public told each year what was spent and achieved?",
    )
    users_involved: Recorded[bool] = arrangement(
        "users are involved in decisions and design",
        no="users are not involved in decisions and design",
        ask="Are users involved in decisions and design?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Oversight:
    """How much governing the partnership carries."""

    board: Recorded[bool] = arrangement(
        "it has a formal board",
        no="it has no formal board",
        ask="Does the partnership have a formal board?",
    )
    audits_per_year: Recorded[int] = arrangement(
        "the number of audits in a year",
        sentence="it has {value} a year",
        absent="it is not audited",
        present="it is audited",
        zero=("it is not audited", "it is audited"),
        ask="How many times a year is it audited?",
        unit="audits",
    )
    reporting_regimes: Recorded[int] = arrangement(
        "the number of bodies that it reports to on the same activity",
        sentence="it reports the same activity to {value}",
        absent="it reports to no body on the same activity",
        present="it reports its activity to at least one body",
        zero=(
            "it reports to no body on the same activity",
            "it reports its activity to at least one body",
        ),
        ask="How many bodies does it report the same activity to?",
        unit="bodies",
    )
    cost_share: Recorded[Decimal] = arrangement(
        "the cost of governing it as a share of what it spends",
        sentence="governing it costs {value} of what it spends",
        absent="what governing it costs is not known",
        present="it is known what governing it costs",
        zero=("governing it costs nothing", "governing it costs money"),
        ask="What share of its spending goes on meetings, secretariat, reports and audits?",
        unit="per cent",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Partner:
    """One body in a partnership."""

    name: Recorded[str] = fact(
        "the partner's name",
        sentence="the partner is called {value}",
        absent="the partner has no name",
        present="the partner has a name",
        ask="What is the partner called?",
    )
    kind: Recorded[OrganisationKind] = fact(
        "the kind of body",
        no="the partner is not {value}",
        sentence="the partner is {value}",
        absent="nobody has said what kind of body the partner is",
        present="it is stated what kind of body the partner is",
        words=_BODIES,
        ask="What kind of body is the partner?",
    )
    independent: Recorded[bool] = fact(
        "the partner is independent of the others",
        no="the partner is not independent of the others",
        ask="Is the partner independent of the others?",
    )
    named_accountable: Recorded[bool] = arrangement(
        "the partner is named as accountable",
        no="the partner is not named as accountable",
        ask="Is the partner named as accountable?",
    )
    roles: Recorded[SetOf[PartnerRole]] = arrangement(
        "the partner's roles",
        no={
            "*": "the partner is not {value}",
            "chair": "the partner does not hold the chair",
            "host": "the partner does not host the partnership",
            "secretariat": "the partner does not provide the secretariat",
        },
        sentence={
            "*": "the partner is {value}",
            "chair": "the partner holds the chair",
            "host": "the partner hosts the partnership",
            "secretariat": "the partner provides the secretariat",
        },
        absent="the partner has no role beyond membership",
        present="the partner has a role beyond membership",
        act="the partner also serves as {value}",
        among="the partner's roles include being {value}",
        words={
            "lead": "the lead partner",
            "chair": "the chair",
            "host": "the host",
            "accountable_body": "the accountable body",
            "secretariat": "the secretariat",
            "voting_member": "a voting member",
            "observer": "an observer",
        },
        ask="Which roles does the partner have?",
    )
    role_documented: Recorded[bool] = arrangement(
        "the partner's role and responsibilities are written down",
        no="the partner's role and responsibilities are not written down",
        ask="Are the partner's role and responsibilities written down?",
    )
    voting_share: Recorded[Decimal] = arrangement(
        "the partner's share of the votes",
        sentence="the partner holds {value} of the votes",
        absent="the partner holds no votes",
        present="the partner holds votes",
        zero=("the partner holds no votes", "the partner holds votes"),
        ask="What share of the votes does the partner hold?",
        unit="per cent",
        most=100,
    )
    delegated_authority: Recorded[bool] = arrangement(
        "the partner's representative has delegated authority",
        no="the partner's representative has no delegated authority",
        ask="Does the partner's representative have delegated authority, up to a recorded limit?",
    )
    objective_served: Recorded[bool] = arrangement(
        "the partnership serves at least one of the partner's corporate objectives",
        no="the partnership serves none of the partner's corporate objectives",
        ask="Does the partnership serve at least one of the partner's corporate objectives?",
    )
    links: Recorded[SetOf[GovernanceLink]] = arrangement(
        "the links between the partner's own governance and the partnership",
        no="the partner's own governance does not cover the partnership through {value}",
        sentence="the partner's own governance covers the partnership through {value}",
        absent="the partner's own governance does not cover the partnership",
        present="the partner's own governance covers the partnership",
        act="the partner's own governance also covers the partnership through {value}",
        among="the partner's own governance covers the partnership, at least through {value}",
        words={
            "scheme_of_delegation": "its scheme of delegation",
            "scrutiny": "its scrutiny",
            "internal_audit": "its internal audit",
            "risk_register": "its risk register",
            "governance_statement": "its governance statement",
        },
        ask="Which parts of the partner's own governance cover the partnership?",
    )
    weaknesses: Recorded[SetOf[Weakness]] = fact(
        "the known weaknesses of the partner's own governance",
        no="the known weaknesses of the partner's own governance do not include {value}",
        sentence="the partner's own governance is known to be weak, as shown by {value}",
        absent="the partner's own governance is not known to be weak",
        present="the partner's own governance is known to be weak",
        among="the partner's own governance is known to be weak, as shown at least by {value}",
        words=_WEAKNESSES,
        ask="What weaknesses were found when the partner's own governance was last looked at?",
    )
    weakness_on_risk_register: Recorded[bool] = arrangement(
        "the partner's weakness is recorded on the partnership's risk register",
        no="the partner's weakness is not recorded on the partnership's risk register",
        ask="Is the partner's weakness recorded on the partnership's risk register?",
    )
    receives_money: Recorded[bool] = fact(
        "the partner receives money from the partnership",
        no="the partner receives no money from the partnership",
        ask="Does the partner receive money from the partnership?",
    )


@attrs.frozen(kw_only=True)
class Partnership(Subject):
    """Two or more independent bodies that work together to an end."""

    id: Recorded[str] = fact(
        "the reference of the partnership",
        sentence="its reference is {value}",
        absent="it has no reference",
        present="it has a reference",
        ask="What is the partnership's reference?",
    )
    name: Recorded[str] = fact(
        "the name of the partnership",
        sentence="it is called {value}",
        absent="it has no name",
        present="it has a name",
        ask="What is the partnership called?",
    )
    objective: Recorded[str] = fact(
        "the shared objective",
        sentence="its shared objective is: {value}",
        absent="it has no shared objective",
        present="it has a shared objective",
        ask="What is the shared objective?",
    )
    status: Recorded[Status] = fact(
        "the status of the partnership",
        no={
            "*": "the partnership is not {value}",
            "ended": "the partnership has not ended",
        },
        sentence={
            "*": "the partnership is {value}",
            "ended": "the partnership has ended",
        },
        absent="no status has been set for the partnership",
        present="a status has been set for the partnership",
        ask="Is the partnership proposed, active, dormant, closing or ended?",
    )
    started: Recorded[dt.date] = fact(
        "the date on which the partnership began",
        no="it did not begin {value}",
        sentence="it began {value}",
        absent="it has no start date",
        present="it has a start date",
        act="it begins",
        ask="When did the partnership begin, or when will it?",
    )
    ended: Recorded[dt.date] = fact(
        "the date on which the partnership ended",
        no="it did not end {value}",
        sentence="it ended {value}",
        absent="it has no date of ending",
        present="it has a date of ending",
        act="it ends",
        ask="When did the partnership end?",
        past=True,
    )
    area: Recorded[str] = fact(
        "the area it serves",
        sentence="it serves {value}",
        absent="it serves no area",
        present="it serves an area",
        ask="Which area does the partnership serve?",
    )
    nature: Recorded[SetOf[Nature]] = fact(
        "the kinds of partnership that it is",
        no={
            "*": "it is not a partnership that {value}",
            "statutory": "it is not required by statute",
            "executive": "it does not take decisions",
            "non_executive": "it is not advisory only",
            "service_delivery": "it does not deliver services",
            "registered_social_landlords": "it is not a partnership of registered social landlords",
        },
        sentence="it {value}",
        absent="none of the listed kinds fits it",
        present="at least one of the listed kinds fits it",
        among="it {value}, and may be of other kinds too",
        words={
            "statutory": "is required by statute",
            "voluntary": "is voluntary",
            "executive": "takes decisions",
            "non_executive": "is advisory only",
            "strategic": "sets strategy",
            "operational": "runs day-to-day operations",
            "service_delivery": "delivers services",
            "procurement": "procures goods and services",
            "registered_social_landlords": "is a partnership of registered social landlords",
        },
        ask="What kind or kinds of partnership is it?",
    )
    legal_form: Recorded[LegalForm] = arrangement(
        "the legal form",
        no={
            "*": "it is not {value}",
            "contract_only": "it does not rest on a contract alone",
            "other": "it has no legal form of another kind",
        },
        sentence={
            "*": "it is {value}",
            "contract_only": "it rests on a contract alone",
            "other": "it has a legal form of another kind",
        },
        absent="it has no legal form",
        present="it has a legal form",
        words={
            "unincorporated_association": "an unincorporated association",
            "company_limited_by_guarantee": "a company limited by guarantee",
            "company_limited_by_shares": "a company limited by shares",
            "limited_liability_partnership": "a limited liability partnership",
            "charitable_trust": "a charitable trust",
            "joint_committee": "a joint committee",
            "statutory_body": "a statutory body",
        },
        ask="What is its legal form?",
    )
    legal_form_considered: Recorded[bool] = arrangement(
        "a legal view is recorded on whether it should be a separate legal entity",
        no="no legal view is recorded on whether it should be a separate legal entity",
        ask="Is a legal view recorded on whether it should be a separate legal entity?",
    )
    acts_in_own_name: Recorded[bool] = fact(
        "in its own name it employs staff, owns property, borrows or makes contracts",
        no="in its own name it does not employ staff, own property, borrow or make contracts",
        ask="In its own name, does it employ staff, own property, borrow or make contracts?",
    )
    binds_partners: Recorded[bool] = fact(
        "it takes decisions that bind all partners",
        no="it takes no decisions that bind all partners",
        ask="Does it take decisions that bind all partners?",
    )
    shared_assets: Recorded[bool] = fact(
        "partners share buildings, equipment or other assets",
        no="partners share no buildings, equipment or other assets",
        ask="Do partners share buildings, equipment or other assets?",
    )
    statutory_functions_delegated: Recorded[bool] = fact(
        "statutory functions are delegated to it",
        no="no statutory functions are delegated to it",
        ask="Are any statutory functions delegated to the partnership?",
    )
    integration_level: Recorded[IntegrationLevel] = fact(
        "the level of integration",
        no={
            "*": "the partners' joint work does not amount to {value}",
            "information_exchange": "partners do more than tell each other what they do",
            "liaison": "partners do not only liaise",
            "coordination": "partners do not only coordinate their work",
            "joint_planning": "partners do not plan together",
            "joint_commissioning": "partners do not commission together",
            "integrated_delivery": "partners do not deliver services as one",
            "pooled": "partners do not work from one pooled budget",
        },
        sentence={
            "*": "the partners' joint work amounts to {value}",
            "information_exchange": "partners only tell each other what they do",
            "liaison": "partners only liaise",
            "coordination": "partners coordinate their work",
            "joint_planning": "partners plan together",
            "joint_commissioning": "partners commission together",
            "integrated_delivery": "partners deliver services as one",
            "pooled": "partners work from one pooled budget",
        },
        absent="partners do not work together at all",
        present="partners work together",
        ask=(
            "How closely do partners work: exchanging information, planning, commissioning or "
            "delivering together, or from one budget?"
        ),
    )
    parent: Recorded[str] = fact(
        "the parent partnership",
        sentence="its parent partnership is {value}",
        absent="it has no parent partnership",
        present="it has a named parent partnership",
        ask="Which is its parent partnership?",
    )
    relations_stated: Recorded[bool] = arrangement(
        "its relationship to similar partnerships is recorded",
        no="its relationship to similar partnerships is not recorded",
        ask="Is its relationship to similar partnerships recorded?",
    )
    listed_by_parent: Recorded[bool] = arrangement(
        "its parent partnership lists it",
        no="its parent partnership does not list it",
        ask="Does its parent partnership list it among its sub-groups?",
    )
    sub_group: Recorded[bool] = fact(
        "it is a sub-group of another partnership",
        no="it is not a sub-group of another partnership",
        ask="Is it a sub-group of another partnership?",
    )
    responsible_officer: Recorded[str] = arrangement(
        "the officer responsible for it",
        sentence="the officer responsible for it is {value}",
        absent="no officer is responsible for it",
        present="an officer is responsible for it",
        act="an officer takes responsibility for it",
        ask="Which officer is responsible for the partnership?",
    )
    reviewed: Recorded[dt.date] = arrangement(
        "the date of the last review",
        no="it was not reviewed {value}",
        sentence="it was last reviewed {value}",
        absent="it has never been reviewed",
        present="it has been reviewed",
        act="it is reviewed",
        ask="When was the partnership last reviewed?",
        past=True,
    )
    own_rating: Recorded[str] = fact(
        "the register's own rating",
        no="the register itself does not rate it as {value}",
        sentence="the register itself rates it as {value}",
        absent="the register itself does not rate it",
        present="the register itself rates it",
        ask="How does the register itself rate it (for example red, amber or green)?",
    )
    reason_listed: Recorded[bool] = arrangement(
        "the reason for listing it as a partnership is recorded",
        no="the reason for listing it as a partnership is not recorded",
        ask="Is the reason for listing it as a partnership recorded?",
    )
    dispute_history: Recorded[bool] = fact(
        "in the last three years a dispute went unresolved or to somebody higher",
        no="in the last three years no dispute went unresolved or to somebody higher",
        ask="In the last three years, did a dispute go unresolved, or to somebody higher?",
    )
    exit_terms: Recorded[SetOf[ExitTerm]] = arrangement(
        "the exit terms agreed",
        no="the partners have not agreed {value}",
        sentence="the partners have agreed {value}",
        absent="nothing is agreed about ending the partnership or a partner leaving",
        present="some terms are agreed for ending the partnership or for a partner leaving",
        act="the partners also agree {value}",
        words={
            "ending": "what happens when it ends",
            "leaving": "what happens when a partner leaves",
            "return_of_resources": "how resources are returned",
            "notice_costs": "who bears the costs when notice is given",
        },
        ask="What have the partners agreed about ending the partnership or a partner leaving?",
    )
    ending_settled: Recorded[SetOf[Ending]] = arrangement(
        "what is settled for its end",
        no="the partners have not settled what happens to {value} when it ends",
        sentence="the partners have settled what happens to {value} when it ends",
        act="the partners also settle what happens to {value} when it ends",
        among="the partners have settled what happens to at least {value} when it ends",
        words={
            each: f"its {each}" for each in ("money", "staff", "assets", "liabilities", "records")
        },
        absent="the partners have not settled what happens when it ends",
        present="the partners have settled some of what happens when it ends",
        ask=(
            "Now that it has ended, for which of its money, staff, assets, liabilities and records "
            "is it settled what happens?"
        ),
    )
    serious_issues: Recorded[SetOf[SeriousIssue]] = fact(
        "the tests of a serious issue that it meets",
        no="no serious issue of this kind has arisen: {value}",
        sentence="a serious issue has arisen: {value}",
        absent="no serious issue has arisen",
        present="a serious issue has arisen",
        among="a serious issue has arisen: {value}, and perhaps more",
        words={
            "objective_prejudiced": "it prejudices an objective",
            "extra_funding_needed": "extra funding is needed",
            "material_to_accounts": "it is material to the accounts",
            "audit_committee_says_so": "the audit committee considers it serious",
            "internal_audit_says_so": "internal audit considers it serious",
            "public_interest_or_reputation": "it affects the public interest or a reputation",
            "formal_action_by_officer": "it led an officer to take formal action",
        },
        ask=(
            "Which tests for reporting an issue as serious in the annual governance statement does "
            "any issue that has arisen meet?"
        ),
    )
    partners: Recorded[ListOf[Partner]] = fact(
        "the partners",
        absent="it has no partners",
        present="it has partners",
        ask="Who are the partners?",
        each="partner",
    )
    aims: Recorded[Aims] = fact(
        "the aims",
        absent="it has no aims",
        present="it has aims",
        ask="What are the aims?",
    )
    rationale: Recorded[Rationale] = fact(
        "the rationale",
        absent="nobody has said why it exists",
        present="it is said why it exists",
        ask="Why does the partnership exist?",
    )
    value: Recorded[ValueAssessment] = fact(
        "the assessment of value",
        absent="nothing is recorded about its value",
        present="its value has been considered",
        ask="How does the partnership add value?",
    )
    funding: Recorded[Funding] = fact(
        "the funding",
        absent="it has no funding",
        present="it has funding",
        ask="How is the partnership funded?",
    )
    pool: Recorded[Pool] = fact("the pooled fund", ask="Is there a pooled fund?")
    protocol: Recorded[Protocol] = arrangement(
        "the protocol",
        ask="Is there a protocol between the partners?",
    )
    governing_document: Recorded[GoverningDocument] = arrangement(
        "the governing document",
        ask="Is there a governing document?",
    )
    place_agreement: Recorded[PlaceAgreement] = arrangement(
        "the place agreement",
        ask="Is there a place agreement?",
    )
    place_agreement_considered: Recorded[bool] = arrangement(
        "partners have considered a place agreement",
        no="partners have not considered a place agreement",
        ask="Was an area agreement considered, such as a Better Care Fund plan or devolution deal?",
    )
    accountability: Recorded[Accountability] = fact(
        "the accountability arrangements",
        absent="there are no arrangements for accountability",
        present="there are arrangements for accountability",
        ask="Who answers for what, and to which body?",
    )
    leadership: Recorded[Leadership] = fact(
        "the leadership",
        absent="there are no arrangements for leadership",
        present="there are arrangements for leadership",
        ask="Who leads?",
    )
    decisions: Recorded[Decisions] = fact(
        "the decision-making",
        absent="there are no arrangements for making decisions",
        present="there are arrangements for making decisions",
        ask="How are decisions made?",
    )
    scrutiny: Recorded[Scrutiny] = arrangement(
        "the scrutiny",
        absent="its decisions are not scrutinised",
        present="its decisions are scrutinised",
        ask="Who scrutinises it?",
    )
    conflicts: Recorded[Conflicts] = fact(
        "the handling of conflicts of interest",
        absent="there are no arrangements for conflicts of interest",
        present="there are arrangements for conflicts of interest",
        ask="How are conflicts of interest managed?",
    )
    risk: Recorded[Risk] = arrangement(
        "the risk management",
        absent="risk is not managed",
        present="risk is managed",
        ask="How is risk managed?",
    )
    performance: Recorded[Performance] = arrangement(
        "the performance management",
        absent="performance is not managed",
        present="performance is managed",
        ask="How is performance managed?",
    )
    assurance: Recorded[Assurance] = arrangement(
        "the assurance",
        absent="no assurance covers it",
        present="assurance covers it",
        ask="What assurance covers the partnership?",
    )
    information: Recorded[InformationSharing] = fact(
        "the information sharing",
        absent="partners share no information",
        present="partners share information",
        ask="What information do partners share?",
    )
    staffing: Recorded[Staffing] = fact(
        "the staffing",
        absent="it has no staff",
        present="it has staff",
        ask="Who works for it?",
    )
    public: Recorded[PublicAccountability] = fact(
        "the accountability to the public",
        absent="there are no arrangements for accountability to the public",
        present="there are arrangements for accountability to the public",
        ask="How does the partnership serve the public and answer to it?",
    )
    oversight: Recorded[Oversight] = fact(
        "the oversight it carries",
        absent="it is under no oversight",
        present="it is under oversight",
        ask="How much oversight is it under?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Organisation:
    """A public body, seen as the owner of its partnerships."""

    name: Recorded[str] = fact(
        "the name of the organisation",
        sentence="the organisation is called {value}",
        absent="the organisation has no name",
        present="the organisation has a name",
        ask="What is the organisation called?",
    )
    kind: Recorded[OrganisationKind] = fact(
        "the kind of organisation",
        no="the organisation is not {value}",
        sentence="the organisation is {value}",
        absent="nobody has said what kind of organisation it is",
        present="it is stated what kind of organisation it is",
        words={**_BODIES, "other": "another kind of organisation"},
        ask="What kind of organisation is it?",
    )
    entry_policy: Recorded[bool] = arrangement(
        "a policy says when to join a partnership",
        no="no policy says when to join a partnership",
        ask="Does a policy say when to join a partnership?",
    )
    exit_policy: Recorded[bool] = arrangement(
        "a policy says when to leave a partnership",
        no="no policy says when to leave a partnership",
        ask="Does a policy say when to leave a partnership?",
    )
    formality_criteria: Recorded[bool] = arrangement(
        "criteria say when collaboration becomes a formal partnership",
        no="no criteria say when collaboration becomes a formal partnership",
        ask="Do criteria say when collaboration becomes a formal partnership?",
    )
    own_governance_assessed: Recorded[dt.date] = arrangement(
        "the date on which its own governance was last assessed",
        no="the organisation did not assess its own governance for partnership working {value}",
        sentence=(
            "the organisation last assessed its own governance for partnership working {value}"
        ),
        absent="the organisation has never assessed its own governance for partnership working",
        present="the organisation has assessed its own governance for partnership working",
        act="the organisation assesses its own governance for partnership working",
        ask="When did the organisation last assess its own governance for partnership working?",
        past=True,
    )
    weaknesses: Recorded[SetOf[Weakness]] = fact(
        "the known weaknesses of the organisation's own governance",
        no="the known weaknesses of the organisation's own governance do not include {value}",
        sentence="the organisation's own governance is known to be weak, as shown by {value}",
        absent="the organisation's own governance is not known to be weak",
        present="the organisation's own governance is known to be weak",
        among="the organisation's own governance is known to be weak, as shown at least by {value}",
        words=_WEAKNESSES,
        ask="What weaknesses are known in the organisation's own governance?",
    )
    weaknesses_in_statement: Recorded[bool] = arrangement(
        "the organisation's annual governance statement plans how its weaknesses are put right",
        no=(
            "the organisation's annual governance statement does not plan how its weaknesses are "
            "put right"
        ),
        ask=(
            "Does the organisation's annual governance statement plan how its weaknesses are put "
            "right?"
        ),
    )
    partners_told_of_weaknesses: Recorded[bool] = arrangement(
        "the organisation's partners are told of its weaknesses",
        no="the organisation's partners are not told of its weaknesses",
        ask="Are the organisation's partners told of its weaknesses?",
    )
    capacity_assessed: Recorded[dt.date] = arrangement(
        "the date on which its capacity for partnerships was last assessed",
        no="the organisation did not assess its capacity for partnerships {value}",
        sentence="the organisation last assessed its capacity for partnerships {value}",
        absent="the organisation has never assessed its capacity for partnerships",
        present="the organisation has assessed its capacity for partnerships",
        act="the organisation assesses its capacity for partnerships",
        ask="When did the organisation last assess whether it has the people for its partnerships?",
        past=True,
    )
    staff_days_available: Recorded[int] = fact(
        "the staff days available for partnerships",
        sentence="the organisation has {value} a year for partnership working",
        absent="how many staff days there are for partnership working is not known",
        present="it is known how many staff days there are for partnership working",
        zero=(
            "the organisation has no staff days for partnership working",
            "the organisation has staff days for partnership working",
        ),
        ask=(
            "How many days a year, with preparation, can the organisation's staff give to "
            "partnerships?"
        ),
        unit="staff days",
    )
    staff_days_demanded: Recorded[int] = fact(
        "the staff days that partnerships need",
        sentence="in a year the partnerships need {value}",
        absent="how many staff days the partnerships need is not known",
        present="it is known how many staff days the partnerships need",
        zero=("the partnerships need no staff days", "the partnerships need staff days"),
        ask="How many days of staff time a year, with preparation, do the partnerships need?",
        unit="staff days",
    )
    most_seats_held: Recorded[int] = arrangement(
        "the number of partnerships on which its busiest representative sits",
        sentence="the organisation's busiest representative sits on {value}",
        absent="nobody represents the organisation in any partnership",
        present="somebody represents the organisation in a partnership",
        zero=(
            "nobody represents the organisation in any partnership",
            "somebody represents the organisation in a partnership",
        ),
        ask="How many partnerships does the organisation's busiest representative sit in?",
        unit="partnerships",
    )


@attrs.frozen(kw_only=True)
class Register(Subject):
    """All the partnerships that an organisation knows it is in."""

    name: Recorded[str] = fact(
        "the name of the register",
        sentence="the register is called {value}",
        absent="the register has no name",
        present="the register has a name",
        ask="What is the register called?",
    )
    organisation: Recorded[Organisation] = fact(
        "the organisation",
        absent="no organisation is named as keeping the register",
        present="an organisation is named as keeping the register",
        ask="Which organisation keeps the register?",
    )
    declared_count: Recorded[int] = fact(
        "the number of partnerships that it declares",
        sentence="the organisation says that it is in {value}",
        absent="the organisation cannot say how many partnerships it is in",
        present="the organisation says how many partnerships it is in",
        zero=(
            "the organisation says that it is in no partnerships",
            "the organisation says that it is in partnerships",
        ),
        ask="How many partnerships is the organisation in, counted by asking each service?",
        unit="partnerships",
    )
    reviewed: Recorded[dt.date] = arrangement(
        "the date on which the register was last reviewed",
        no="the register was not reviewed {value}",
        sentence="the register was last reviewed {value}",
        absent="the register has never been reviewed",
        present="the register has been reviewed",
        act="the register is reviewed",
        ask="When was the register last reviewed?",
        past=True,
    )
    reviewed_by: Recorded[Reviewer] = arrangement(
        "the body that reviewed the register",
        no="{value} did not review the register",
        sentence="{value} reviewed the register",
        absent="nobody has reviewed the register",
        act="{value} reviews the register",
        present="somebody has reviewed the register",
        words={
            "audit_committee": "the audit committee",
            "scrutiny": "the scrutiny committee",
            "cabinet": "the cabinet",
            "board": "the board",
        },
        ask="Which body reviewed the register?",
    )
    partnerships: Recorded[ListOf[Partnership]] = fact(
        "the partnerships on the register",
        sentence="the register lists {value}",
        absent="there are no partnerships on the register",
        present="there are partnerships on the register",
        ask="Does the organisation keep a register of partnerships, and which stand on it?",
        each="partnership",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class SharedPartner:
    """A partner that two partnerships have in common."""

    name: Recorded[str] = fact(
        "the shared partner's name",
        sentence="the shared partner is called {value}",
        absent="the shared partner has no name",
        present="the shared partner has a name",
        ask="What is the shared partner called?",
    )
    weak: Recorded[bool] = fact(
        "the shared partner's own governance is known to be weak",
        no="the shared partner's own governance is not known to be weak",
        ask="Is the shared partner's own governance known to be weak?",
    )
    on_both_risk_registers: Recorded[bool] = arrangement(
        "both risk registers record the shared partner's weakness",
        no="at least one of the two risk registers does not record the shared partner's weakness",
        ask="Do both partnerships' risk registers record the shared partner's weakness?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Pair(Subject):
    """Two partnerships of one register, and what they have in common."""

    id: Recorded[str] = fact(
        "the references of the two partnerships",
        sentence="the two partnerships' references are {value}",
        absent="neither partnership has a reference",
        present="each partnership has a reference",
        ask="What are the references of the two partnerships?",
    )
    name: Recorded[str] = fact(
        "the names of the two partnerships",
        sentence="the two partnerships are called {value}",
        absent="neither partnership has a name",
        present="each partnership has a name",
        ask="What are the two partnerships called?",
    )
    first: Recorded[Partnership] = fact(
        "the first of the two partnerships",
        absent="there is no first partnership",
        present="there is a first partnership",
        ask="Which is the first of the two partnerships?",
    )
    second: Recorded[Partnership] = fact(
        "the second of the two partnerships",
        absent="there is no second partnership",
        present="there is a second partnership",
        ask="Which is the second of the two partnerships?",
    )
    shared_partners: Recorded[ListOf[SharedPartner]] = fact(
        "the partners in both partnerships",
        absent="no partner is in both partnerships",
        present="at least one partner is in both partnerships",
        ask="Which partners are in both partnerships?",
        each="shared partner",
    )
    membership_identical: Recorded[bool] = fact(
        "the two partnerships have exactly the same partners",
        no="the two partnerships do not have exactly the same partners",
        ask="Do the two partnerships have exactly the same partners?",
    )
    same_area: Recorded[bool] = fact(
        "the two partnerships serve the same area",
        no="the two partnerships serve different areas",
        ask="Do the two partnerships serve the same area?",
    )
    objective_similarity: Recorded[Decimal] = fact(
        "the share of words that their objectives have in common",
        sentence="the two partnerships' objectives share {value} of their words",
        absent="the two partnerships' objectives cannot be compared",
        present="the two partnerships' objectives can be compared",
        zero=(
            "the two partnerships' objectives share no words",
            "the two partnerships' objectives share words",
        ),
        ask="What share of their words do the two objectives have in common?",
        unit="per cent",
        most=100,
    )
    nested: Recorded[bool] = fact(
        "one partnership is the parent of the other, or both have the same parent",
        no="neither partnership is the parent of the other, and they have no parent in common",
        ask="Is one partnership the parent of the other, or do both have the same parent?",
    )


class FindingVerdict(StrEnum):
    """What a rule of the first stage says; a verdict that is open is an unknown fact."""

    FLAGGED = "flagged"
    CLEAR = "clear"
    NOT_APPLICABLE = "not_applicable"


class FindingSeverity(OrderedChoice):
    """How grave a finding of the first stage is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@attrs.frozen(kw_only=True, weakref_slot=False)
class FindingFacts:
    """A finding of the first stage, as a fact for the second."""

    rule: Recorded[str] = fact(
        "the rule",
        sentence="the finding comes from the rule {value}",
        absent="the finding comes from no rule",
        present="the finding comes from a rule",
        ask="Which rule does the finding come from?",
    )
    name: Recorded[str] = fact(
        "the title of the rule",
        sentence="the rule is called ‘{value}’",
        absent="the rule has no title",
        present="the rule has a title",
        ask="What is the rule's title?",
    )
    theme: Recorded[str] = fact(
        "the theme of the rule",
        no="the finding is not about {value}",
        sentence="the finding is about {value}",
        absent="the finding has no theme",
        present="the finding has a theme",
        words={
            "agreement": "the agreement",
            "integration": "joint working",
            "portfolio": "the register itself",
            "proportionality": "proportion",
            "public": "the public",
            "relations": "other partnerships",
            "systems": "risk and performance",
        },
        ask="What is the finding about?",
    )
    verdict: Recorded[FindingVerdict] = fact(
        "the verdict",
        no={
            "flagged": "the finding calls for no action",
            "clear": "the finding says that not all is in order",
            "not_applicable": "the finding says that the check applies",
        },
        sentence={
            "flagged": "the finding calls for action",
            "clear": "the finding says that all is in order",
            "not_applicable": "the finding says that the check does not apply",
        },
        absent="the check has come to no verdict",
        present="the check has come to a verdict",
        ask="What did the check find?",
    )
    severity: Recorded[FindingSeverity] = fact(
        "the severity",
        no="the finding is not of {value} severity",
        sentence="the finding is of {value} severity",
        absent="the finding has no severity rating",
        present="the finding has a severity rating",
        ask="How serious is the finding?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class AssessmentFacts(Subject):
    """The findings on one subject, as facts for rules that sum them up."""

    findings: Recorded[ListOf[FindingFacts]] = fact(
        "the findings",
        ask="What are the findings?",
        each="finding",
    )
