"""
Partnerships, organisations and registers: the facts that governance rules read.

The terms are the field's own; each fact's label, question and kind stand here and nowhere else.
A fact is unknown until recorded; a record set to None is known to be absent.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import StrEnum

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
    HOUSING_ASSOCIATION = "housing_association"
    CHARITY = "charity"
    COMPANY = "company"
    UNIVERSITY = "university"
    TRAINING_BODY = "training_body"
    OTHER = "other"


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
    """The ways in which a partner's own governance reaches into the partnership."""

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
        "the partners have agreed aims",
        no="the partners have agreed no aims",
        ask="Have all partners agreed what the partnership is to achieve?",
    )
    published: Recorded[bool] = arrangement(
        "the aims are published",
        no="the aims are not published",
        ask="Are the aims published?",
    )
    method_stated: Recorded[bool] = arrangement(
        "it is written down how working together achieves the aims",
        no="nobody has written down how working together achieves the aims",
        ask="Is it written down how working in partnership will achieve the aims?",
    )
    outcome_for_users_stated: Recorded[bool] = arrangement(
        "it is stated what will be better for users",
        no="nobody has stated what will be better for users",
        ask="Does a measure say what will be better for users or the public?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Rationale:
    """Why the partnership exists."""

    reasons: Recorded[SetOf[Reason]] = fact(
        "the reasons for its existence",
        ask="Why does the partnership exist?",
    )
    main_reason: Recorded[Reason] = fact(
        "the main reason for its existence",
        ask="Which is the main reason for which the partnership exists?",
    )
    need_evidenced: Recorded[bool] = arrangement(
        "evidence of need supports it",
        no="no evidence of need supports it",
        ask="Does evidence of need support the partnership?",
    )
    alternatives_considered: Recorded[bool] = arrangement(
        "other ways to the same end have been weighed",
        no="no other way to the same end has been weighed",
        ask="Has partnership been weighed against other ways of serving the public?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class ValueAssessment:
    """What the partnership adds, and what it costs."""

    stated: Recorded[bool] = arrangement(
        "it is stated how the partnership adds value",
        no="nobody has stated how the partnership adds value",
        ask="Is it written down how the partnership adds value?",
    )
    assessment: Recorded[ValueStatus] = arrangement(
        "the assessment of value",
        ask="Has the value of the partnership been assessed: never, in progress or done?",
    )
    assessed: Recorded[dt.date] = arrangement(
        "the date of the last assessment of value",
        ask="When was value last assessed?",
        past=True,
    )
    criteria_agreed: Recorded[bool] = arrangement(
        "criteria of value were agreed beforehand",
        no="no criteria of value were agreed beforehand",
        ask="Were the criteria agreed before value was assessed?",
    )
    evidence: Recorded[SetOf[Evidence]] = arrangement(
        "the kinds of evidence of benefit",
        ask="Of what kinds is the evidence of benefit?",
    )
    cost: Recorded[Decimal] = arrangement(
        "the full yearly cost to the organisation",
        ask="What does it cost in money, staff time and other resources in a year?",
        yearly=True,
    )
    cost_covers: Recorded[SetOf[CostPart]] = arrangement(
        "the parts that the cost takes in",
        ask="Which parts does the cost take in: cash, staff time, help in kind?",
    )
    begun: Recorded[dt.date] = arrangement(
        "the date on which the assessment of value under way began",
        ask="When did the assessment of value that is under way begin?",
        past=True,
    )
    net: Recorded[NetValue] = fact(
        "the balance of benefits over costs",
        ask="Do the benefits outweigh the costs?",
    )
    being_scaled_down: Recorded[bool] = arrangement(
        "the partnership is being scaled down or redesigned",
        no="the partnership goes on unchanged",
        ask="Is the partnership being scaled down or redesigned?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Funding:
    """The partnership's money."""

    pooled: Recorded[bool] = fact(
        "budgets are pooled",
        no="no budgets are pooled",
        ask="Do partners pool budgets?",
    )
    annual_spend: Recorded[Decimal] = fact(
        "the annual spend",
        ask="How much does the partnership spend in a year?",
        yearly=True,
    )
    total_spend: Recorded[Decimal] = fact(
        "the total spent to date",
        ask="With no figure for a year: how much has been spent in all so far?",
    )
    contract_value: Recorded[Decimal] = fact(
        "the value of its contracts over their whole term",
        ask="With no figure for a year: what are its contracts worth over their term?",
    )
    external_grant: Recorded[bool] = fact(
        "grant comes from outside the partners",
        no="no grant comes from outside the partners",
        ask="Does any grant come from outside the partners?",
    )
    traced_share: Recorded[Decimal] = arrangement(
        "the share of spending that can be followed to its purpose",
        ask="What share of the money can be followed to the purpose it was given for?",
        unit="per cent",
        most=100,
    )
    clawback_exposure: Recorded[Decimal] = fact(
        "the grant that might have to be repaid",
        ask="How much grant might have to be repaid?",
    )
    guarantees: Recorded[Decimal] = fact(
        "the amount guaranteed",
        ask="What guarantees have partners given, in pounds?",
    )
    borrowing: Recorded[Decimal] = fact(
        "the amount borrowed",
        ask="How much has the partnership borrowed?",
    )
    clawback_managed: Recorded[bool] = arrangement(
        "the risk of repaying grant is covered",
        no="the risk of repaying grant is not covered",
        ask="Does a reserve, an indemnity or assurance of delivery cover the risk of repayment?",
    )
    reporting_agreed: Recorded[bool] = arrangement(
        "partners have agreed how money is reported to them",
        no="partners have not agreed how money is reported to them",
        ask="Have the partners agreed how, and how often, money is reported to them?",
    )
    spending_authority: Recorded[str] = arrangement(
        "the body or post that decides how money is spent",
        ask="Who decides how the money is spent?",
    )
    reallocation_rule: Recorded[bool] = arrangement(
        "a rule says whether money may be moved between purposes",
        no="no rule says whether money may be moved between purposes",
        ask="Does a rule say whether money may be moved between purposes (virement)?",
    )
    liabilities_allocated: Recorded[bool] = arrangement(
        "each partner's liabilities are settled",
        no="partners' liabilities are not settled",
        ask="Is it settled which partner bears which liabilities?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Pool:
    """A pooled fund."""

    agreement_signed: Recorded[bool] = arrangement(
        "a written pooling agreement is signed",
        no="no written pooling agreement is signed",
        ask="Is there a signed written agreement for the pool?",
    )
    host: Recorded[str] = arrangement(
        "the host of the pool",
        ask="Which partner hosts the pool?",
    )
    manager: Recorded[str] = arrangement(
        "the pool manager",
        ask="Who is the pool manager?",
    )
    overspend_rule: Recorded[bool] = arrangement(
        "a rule says who bears an overspend or keeps an underspend",
        no="no rule says who bears an overspend or keeps an underspend",
        ask="Does a rule say who bears an overspend and who keeps an underspend?",
    )
    basis: Recorded[PoolBasis] = fact(
        "the power under which budgets are pooled",
        ask="Under what power are the budgets pooled?",
    )
    terms: Recorded[SetOf[PoolTerm]] = arrangement(
        "the terms that the pooling agreement specifies",
        ask="Which of the terms that the Regulations list does the agreement specify?",
    )
    reports: Recorded[SetOf[ReportRhythm]] = arrangement(
        "the host's reports on the pool",
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
        "a protocol for decisions and money is agreed",
        no="no protocol for decisions and money is agreed",
        ask="Have the partners agreed a protocol for decisions and money?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class GoverningDocument:
    """The document by which the partnership is governed."""

    kind: Recorded[DocumentKind] = arrangement(
        "the kind of governing document",
        ask="What kind of governing document is there?",
    )
    clauses: Recorded[SetOf[Clause]] = arrangement(
        "the clauses of the governing document",
        ask="Which matters does the governing document settle?",
    )
    signed_by_all: Recorded[bool] = arrangement(
        "every partner has signed the governing document",
        no="not every partner has signed the governing document",
        ask="Has every partner signed the governing document?",
    )
    signed: Recorded[dt.date] = arrangement(
        "the date on which the governing document was signed",
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
        ask="Until when does the governing document run?",
    )
    reviewed: Recorded[dt.date] = arrangement(
        "the date on which the governing document was last reviewed",
        ask="When was the governing document last reviewed by all partners?",
        past=True,
    )
    review_point_set: Recorded[bool] = arrangement(
        "it is set when the governing document is next reviewed",
        no="it is not set when the governing document is next reviewed",
        ask="Is it set when the governing document is next reviewed?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class PlaceAgreement:
    """An agreement for the whole place that reaches over this partnership."""

    kind: Recorded[PlaceAgreementKind] = fact(
        "the kind of place agreement",
        ask="What kind of agreement is there for the whole place?",
    )
    in_force: Recorded[bool] = arrangement(
        "an agreement for the whole place covers this partnership and is in force",
        no="no agreement for the whole place that covers this partnership is in force",
        ask="Is an agreement for the whole place, covering this partnership, in force?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Accountability:
    """Who answers, to whom."""

    responsibility_shared: Recorded[bool] = fact(
        "responsibility is shared between partners",
        no="responsibility is not shared between partners",
        ask="Do partners share responsibility for what the partnership does?",
    )
    accountable_body: Recorded[str] = arrangement(
        "the accountable body",
        ask="Which partner is the accountable body for the money?",
    )
    published: Recorded[bool] = arrangement(
        "the public is told which body answers for the service",
        no="the public is not told which body answers for the service",
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
        no="no partner or person dominates",
        ask="Does one partner or person dominate agenda, chair, secretariat or votes?",
    )
    balanced: Recorded[bool] = arrangement(
        "rules balance the power of the strongest partner",
        no="no rule balances the power of the strongest partner",
        ask="Does any rule balance the strongest partner: an independent chair, rotation, votes?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Decisions:
    """How decisions are made, kept and carried out."""

    process_defined: Recorded[bool] = arrangement(
        "it is defined how decisions are made",
        no="it is not defined how decisions are made",
        ask="Is it written down how decisions are made?",
    )
    minuted: Recorded[bool] = arrangement(
        "decisions are minuted",
        no="decisions are not minuted",
        ask="Are decisions minuted?",
    )
    actions_tracked: Recorded[bool] = arrangement(
        "somebody sees that decisions are acted on",
        no="nobody sees that decisions are acted on",
        ask="Does somebody make sure that decisions are acted on?",
    )
    reported_back: Recorded[bool] = arrangement(
        "decisions are formally reported to every partner",
        no="decisions are not formally reported to every partner",
        ask="Are decisions formally reported to every partner?",
    )
    made_elsewhere: Recorded[bool] = arrangement(
        "the real decisions are made elsewhere",
        no="the real decisions are made in the partnership",
        ask="Are the real decisions made outside the partnership's own process?",
    )
    meaningful: Recorded[bool] = fact(
        "it took a decision that changed something in the last year",
        no="it took no decision that changed anything in the last year",
        ask="Has it taken a decision in the last year that changed something?",
    )
    meetings_public: Recorded[bool] = arrangement(
        "meetings and papers are open to the public",
        no="meetings and papers are closed to the public",
        ask="Are meetings and papers open to the public?",
    )
    closure_reasoned: Recorded[bool] = arrangement(
        "a reason for closed meetings is published",
        no="no reason for closed meetings is published",
        ask="Is there a published reason for meeting in private?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Scrutiny:
    """Who looks at decisions that others have made."""

    by: Recorded[SetOf[Scrutineer]] = arrangement(
        "the bodies that scrutinise it",
        ask="Who scrutinises the partnership's decisions?",
    )
    last: Recorded[dt.date] = arrangement(
        "the date of the last scrutiny",
        ask="When was the partnership last scrutinised?",
        past=True,
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class DeclaredInterest:
    """An interest that somebody declared."""

    member: Recorded[str] = fact(
        "the member who declared it",
        ask="Who declared the interest?",
    )
    handled: Recorded[Handling] = arrangement(
        "the way in which the interest was handled",
        ask="What followed: did the member stand aside, was it ruled no conflict, or only noted?",
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
        ask="Which interests have been declared?",
        each="declared interest",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Risk:
    """How risk is managed."""

    register: Recorded[RiskRegister] = arrangement(
        "the place where its risks are registered",
        ask="Where are the partnership's risks registered: jointly, by each body alone, nowhere?",
    )
    early_warning: Recorded[bool] = arrangement(
        "something would warn the partners when things go wrong",
        no="nothing would warn the partners when things go wrong",
        ask="Would anything warn the partners when things go wrong?",
    )
    power_to_act: Recorded[str] = arrangement(
        "the body or post with power to step in",
        ask="Who can act when things go wrong?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Measure:
    """One measure of performance."""

    name: Recorded[str] = fact(
        "the name of the measure",
        ask="What is the measure called?",
    )
    kind: Recorded[MeasureKind] = arrangement(
        "what the measure measures",
        ask="Does the measure count inputs, activity, outputs or outcomes?",
    )
    target_set: Recorded[bool] = arrangement(
        "a target is set",
        no="no target is set",
        ask="Is there a target for the measure?",
    )
    owner: Recorded[str] = arrangement(
        "the person or post that answers for it",
        ask="Who manages progress on the measure?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Performance:
    """How performance is managed."""

    measures: Recorded[ListOf[Measure]] = arrangement(
        "the performance measures",
        ask="Which performance measures are there?",
        each="performance measure",
    )
    reported: Recorded[bool] = arrangement(
        "targets met and missed are reported",
        no="targets met and missed are not reported",
        ask="Are targets met and missed reported to the partners?",
    )
    contribution_monitored: Recorded[bool] = arrangement(
        "each partner's contribution is monitored",
        no="partners' contributions are not monitored",
        ask="Is what each partner contributes monitored?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Assurance:
    """What internal audit and the governance statement cover."""

    internal_audit: Recorded[bool] = arrangement(
        "internal audit has it in its plan",
        no="internal audit does not have it in its plan",
        ask="Does internal audit have the partnership in its plan?",
    )
    governance_statement: Recorded[bool] = arrangement(
        "the annual governance statement considers it",
        no="the annual governance statement does not consider it",
        ask="Does the annual governance statement consider the partnership?",
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
        ask="How are the partnership's staff employed?",
    )
    shared_posts: Recorded[int] = fact(
        "the number of shared posts",
        ask="How many posts do partners share?",
        unit="posts",
    )
    terms_agreed: Recorded[bool] = arrangement(
        "terms of employment and line management are agreed",
        no="terms of employment and line management are not agreed",
        ask="Are terms of employment and line management of the staff agreed?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class PublicAccountability:
    """What the partnership owes to those it serves."""

    served_directly: Recorded[bool] = fact(
        "it serves the public directly",
        no="it does not serve the public directly",
        ask="Does the partnership serve the public directly, or decide about individuals?",
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
        ask="How can users complain and get redress?",
    )
    ombudsmen: Recorded[SetOf[Ombudsman]] = arrangement(
        "the ombudsmen whom users are pointed to",
        ask="To which ombudsman are users pointed?",
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
        ask="How many audits does it undergo in a year?",
        unit="audits",
    )
    reporting_regimes: Recorded[int] = arrangement(
        "the number of bodies that it reports to on the same activity",
        ask="To how many bodies does it report on the same activity?",
        unit="bodies",
    )
    cost_share: Recorded[Decimal] = arrangement(
        "the cost of governing it as a share of what it spends",
        ask="What does governing it cost, as a share of what it spends?",
        unit="per cent",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Partner:
    """One body in a partnership."""

    name: Recorded[str] = fact(
        "the partner's name",
        ask="What is the partner called?",
    )
    kind: Recorded[OrganisationKind] = fact(
        "the kind of body",
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
        ask="Is the partner named as the one that is accountable?",
    )
    roles: Recorded[SetOf[PartnerRole]] = arrangement(
        "the partner's roles",
        ask="Which roles does the partner have?",
    )
    role_documented: Recorded[bool] = arrangement(
        "the partner's role and responsibilities are written down",
        no="the partner's role and responsibilities are not written down",
        ask="Is it written down what the partner is responsible for?",
    )
    voting_share: Recorded[Decimal] = arrangement(
        "the partner's share of the votes",
        ask="What share of the votes does the partner hold?",
        unit="per cent",
        most=100,
    )
    delegated_authority: Recorded[bool] = arrangement(
        "its representative has delegated authority",
        no="its representative has no delegated authority",
        ask="Can the partner's representative commit it, within a limit that is recorded?",
    )
    objective_served: Recorded[bool] = arrangement(
        "the partnership serves one of its corporate objectives",
        no="the partnership serves none of its corporate objectives",
        ask="Does the partnership serve one of the partner's corporate objectives?",
    )
    links: Recorded[SetOf[GovernanceLink]] = arrangement(
        "the links between its own governance and the partnership",
        ask="How do the partnership's arrangements link to the partner's own governance?",
    )
    weaknesses: Recorded[SetOf[Weakness]] = fact(
        "the known weaknesses of its own governance",
        ask="Is anything known against the partner's own governance?",
    )
    weakness_on_risk_register: Recorded[bool] = arrangement(
        "its weakness stands on the partnership's risk register",
        no="its weakness does not stand on the partnership's risk register",
        ask="Does the partner's weakness stand on the partnership's risk register?",
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
        ask="By what reference is the partnership known?",
    )
    name: Recorded[str] = fact(
        "the name of the partnership",
        ask="What is the partnership called?",
    )
    objective: Recorded[str] = fact(
        "the shared objective",
        ask="What is the shared objective?",
    )
    status: Recorded[Status] = fact(
        "the status of the partnership",
        ask="Is the partnership proposed, active, dormant, closing or ended?",
    )
    started: Recorded[dt.date] = fact(
        "the date on which the partnership began",
        ask="When did the partnership begin, or when is it to begin?",
    )
    area: Recorded[str] = fact(
        "the area it serves",
        ask="Which area does the partnership serve?",
    )
    nature: Recorded[SetOf[Nature]] = fact(
        "the kinds of partnership that it is",
        ask="What kind of partnership is it?",
    )
    legal_form: Recorded[LegalForm] = arrangement(
        "the legal form",
        ask="What is its legal form?",
    )
    legal_form_considered: Recorded[bool] = arrangement(
        "the partners have considered whether it needs a form in law of its own",
        no="the partners have not considered whether it needs a form in law of its own",
        ask="Have the partners considered whether it needs a form in law of its own?",
    )
    acts_in_own_name: Recorded[bool] = fact(
        "it employs, owns, borrows or contracts in its own name",
        no="it neither employs, owns, borrows nor contracts in its own name",
        ask="Does it employ, own, borrow or contract in its own name?",
    )
    binds_partners: Recorded[bool] = fact(
        "it takes decisions that bind all partners",
        no="it takes no decision that binds all partners",
        ask="Does it take decisions together that bind all partners?",
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
        ask="How closely do the partners work together?",
    )
    parent: Recorded[str] = fact(
        "the parent partnership",
        ask="Under which partnership does it stand?",
    )
    relations_stated: Recorded[bool] = arrangement(
        "it is recorded how it relates to partnerships like it",
        no="it is not recorded how it relates to partnerships like it",
        ask="Is it recorded how the partnership relates to others like it?",
    )
    listed_by_parent: Recorded[bool] = arrangement(
        "its parent partnership lists it",
        no="its parent partnership does not list it",
        ask="Does its parent partnership list it among those beneath it?",
    )
    sub_group: Recorded[bool] = fact(
        "it is a sub-group of another partnership",
        no="it is no sub-group of another partnership",
        ask="Is it a sub-group of another partnership?",
    )
    responsible_officer: Recorded[str] = arrangement(
        "the officer responsible for it",
        ask="Which officer takes responsibility for the partnership?",
    )
    reviewed: Recorded[dt.date] = arrangement(
        "the date of the last review",
        ask="When was the partnership last reviewed?",
        past=True,
    )
    reason_listed: Recorded[bool] = arrangement(
        "it is recorded why it is kept among the partnerships",
        no="it is not recorded why it is kept among the partnerships",
        ask="Is it recorded why it is kept among the partnerships?",
    )
    dispute_history: Recorded[bool] = fact(
        "there has been a dispute between partners",
        no="there has been no dispute between partners",
        ask="Has there been a dispute between partners?",
    )
    exit_terms: Recorded[SetOf[ExitTerm]] = arrangement(
        "the exit terms agreed",
        ask="What happens if it ends or a partner leaves, and how do resources go back?",
    )
    ending_settled: Recorded[bool] = arrangement(
        "it is settled what became of its money, staff, assets and records",
        no="it is not settled what became of its money, staff, assets and records",
        ask="Now that it has ended: is it settled what became of money, staff, assets and records?",
    )
    serious_issues: Recorded[SetOf[SeriousIssue]] = fact(
        "the tests of a serious issue that it meets",
        ask="Is any test met that makes an issue serious enough for the governance statement?",
    )
    partners: Recorded[ListOf[Partner]] = fact(
        "the partners",
        ask="Who are the partners?",
        each="partner",
    )
    aims: Recorded[Aims] = fact("the aims", ask="What are the aims?")
    rationale: Recorded[Rationale] = fact(
        "the rationale",
        ask="Why does the partnership exist?",
    )
    value: Recorded[ValueAssessment] = fact(
        "the assessment of value",
        ask="How does the partnership add value?",
    )
    funding: Recorded[Funding] = fact("the funding", ask="How is the partnership funded?")
    pool: Recorded[Pool] = fact("the pooled fund", ask="Is there a pooled fund?")
    protocol: Recorded[Protocol] = arrangement(
        "the protocol",
        ask="Is there a protocol between the partners?",
    )
    governing_document: Recorded[GoverningDocument] = arrangement(
        "the governing document",
        ask="Is there a governing document, and of what kind?",
    )
    place_agreement: Recorded[PlaceAgreement] = arrangement(
        "the place agreement",
        ask="Is there an agreement for the whole place?",
    )
    place_agreement_considered: Recorded[bool] = arrangement(
        "an agreement for the whole place has been considered",
        no="no agreement for the whole place has been considered",
        ask="Has an agreement for the whole place been considered?",
    )
    accountability: Recorded[Accountability] = fact(
        "the accountability arrangements",
        ask="Who answers for what, and to whom?",
    )
    leadership: Recorded[Leadership] = fact("the leadership", ask="Who leads?")
    decisions: Recorded[Decisions] = fact(
        "the decision-making",
        ask="How are decisions made?",
    )
    scrutiny: Recorded[Scrutiny] = arrangement("the scrutiny", ask="Who scrutinises it?")
    conflicts: Recorded[Conflicts] = fact(
        "the handling of conflicts of interest",
        ask="How are conflicts of interest resolved?",
    )
    risk: Recorded[Risk] = arrangement("the risk management", ask="How is risk managed?")
    performance: Recorded[Performance] = arrangement(
        "the performance management",
        ask="How is performance managed?",
    )
    assurance: Recorded[Assurance] = arrangement(
        "the assurance",
        ask="What assurance covers the partnership?",
    )
    information: Recorded[InformationSharing] = fact(
        "the information sharing",
        ask="What information do partners share?",
    )
    staffing: Recorded[Staffing] = fact("the staffing", ask="Who works for it?")
    public: Recorded[PublicAccountability] = fact(
        "the accountability to the public",
        ask="How does the partnership serve the public?",
    )
    oversight: Recorded[Oversight] = fact(
        "the oversight it carries",
        ask="How much oversight does it carry?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Organisation:
    """A public body, seen as the owner of its partnerships."""

    name: Recorded[str] = fact(
        "the name of the organisation",
        ask="What is the organisation called?",
    )
    kind: Recorded[OrganisationKind] = fact(
        "the kind of organisation",
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
        ask="When was its own governance last assessed for partnership working?",
        past=True,
    )
    weaknesses: Recorded[SetOf[Weakness]] = fact(
        "the known weaknesses of its own governance",
        ask="Is anything known against its own governance?",
    )
    staff_days_available: Recorded[int] = fact(
        "the staff days available for partnerships",
        ask="How many staff days a year are there for partnership working?",
        unit="days",
    )
    staff_days_demanded: Recorded[int] = fact(
        "the staff days that partnerships demand",
        ask="How many staff days a year do the partnerships demand?",
        unit="days",
    )
    most_seats_held: Recorded[int] = arrangement(
        "the number of partnerships in which its busiest representative sits",
        ask="In how many partnerships does the person with most seats represent it?",
        unit="partnerships",
    )


@attrs.frozen(kw_only=True)
class Register(Subject):
    """All the partnerships that an organisation knows it is in."""

    name: Recorded[str] = fact(
        "the name of the register",
        ask="What is the register called?",
    )
    organisation: Recorded[Organisation] = fact(
        "the organisation",
        ask="Whose register is it?",
    )
    declared_count: Recorded[int] = fact(
        "the number of partnerships that the organisation says it is in",
        ask="In how many partnerships does the organisation say it is?",
        unit="partnerships",
    )
    reviewed: Recorded[dt.date] = arrangement(
        "the date on which the register was last reviewed",
        ask="When was the register last reviewed?",
        past=True,
    )
    reviewed_by: Recorded[Reviewer] = arrangement(
        "the body that reviewed the register",
        ask="Who reviewed the register?",
    )
    partnerships: Recorded[ListOf[Partnership]] = fact(
        "the partnerships on the register",
        ask="Which partnerships is the organisation in?",
        each="partnership",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class SharedPartner:
    """A partner that two partnerships have in common."""

    name: Recorded[str] = fact(
        "the shared partner's name",
        ask="What is the shared partner called?",
    )
    weak: Recorded[bool] = fact(
        "its own governance is known to be weak",
        no="its own governance is not known to be weak",
        ask="Is anything known against the shared partner's own governance?",
    )
    on_both_risk_registers: Recorded[bool] = arrangement(
        "its weakness stands on the risk registers of both",
        no="its weakness does not stand on the risk registers of both",
        ask="Does the shared partner's weakness stand on the risk registers of both?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class Pair(Subject):
    """Two partnerships of one register, and what they have in common."""

    id: Recorded[str] = fact("the references of the two", ask="Which two partnerships are they?")
    name: Recorded[str] = fact("the names of the two", ask="What are the two called?")
    first: Recorded[Partnership] = fact("the first of the two", ask="Which is the first?")
    second: Recorded[Partnership] = fact("the second of the two", ask="Which is the second?")
    shared_partners: Recorded[ListOf[SharedPartner]] = fact(
        "the partners that both have",
        ask="Which partners do both have?",
        each="shared partner",
    )
    membership_identical: Recorded[bool] = fact(
        "both have the same partners",
        no="they do not have the same partners",
        ask="Have both the same partners?",
    )
    same_area: Recorded[bool] = fact(
        "both serve the same area",
        no="they serve different areas",
        ask="Do both serve the same area?",
    )
    objective_similarity: Recorded[Decimal] = fact(
        "the share of words that their objectives have in common",
        ask="How far do their objectives have the same words?",
        unit="per cent",
        most=100,
    )
    nested: Recorded[bool] = fact(
        "one stands under the other, or both under one parent",
        no="neither stands under the other, nor both under one parent",
        ask="Does one stand under the other?",
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

    rule: Recorded[str] = fact("the rule", ask="Which rule is it?")
    name: Recorded[str] = fact("the title of the rule", ask="What does the rule say?")
    theme: Recorded[str] = fact("the theme of the rule", ask="Of which theme is the rule?")
    verdict: Recorded[FindingVerdict] = fact(
        "the verdict",
        ask="What is the verdict?",
    )
    severity: Recorded[FindingSeverity] = fact(
        "the severity",
        ask="How grave is it?",
    )


@attrs.frozen(kw_only=True, weakref_slot=False)
class AssessmentFacts(Subject):
    """The findings on one subject, as facts for rules that sum them up."""

    findings: Recorded[ListOf[FindingFacts]] = fact(
        "the findings",
        ask="What are the findings?",
        each="finding",
    )
