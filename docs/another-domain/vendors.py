"""Contracts with vendors: a field that is not governance, in the words that its rules read."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import StrEnum

import attrs

from govrules import ListOf, OrderedChoice, Recorded, SetOf, Subject, arrangement, fact


class Criticality(OrderedChoice):
    """How much hangs on a vendor, lowest first."""

    ROUTINE = "routine"
    IMPORTANT = "important"
    CRITICAL = "critical"


class Clause(StrEnum):
    """What a contract settles."""

    EXIT = "exit"
    AUDIT = "audit"
    DATA_PROTECTION = "data_protection"


@attrs.frozen(kw_only=True)
class Subcontractor:
    """Somebody who does a part of the work."""

    name: Recorded[str] = fact("the name of the subcontractor", ask="What is it called?")
    handles_data: Recorded[bool] = fact(
        "the subcontractor handles personal data",
        no="the subcontractor handles no personal data",
        ask="Does the subcontractor handle personal data?",
    )
    approved: Recorded[bool] = arrangement(
        "the subcontractor is approved",
        no="the subcontractor is not approved",
        ask="Has the subcontractor been approved?",
    )


@attrs.frozen(kw_only=True)
class Security:
    """What is known of a vendor's security."""

    certified: Recorded[bool] = arrangement(
        "the vendor's security is certified",
        no="the vendor's security is not certified",
        ask="Is the vendor's security certified?",
    )
    tested: Recorded[dt.date] = arrangement(
        "the date of the last security test",
        ask="When was the vendor's security last tested?",
        past=True,
    )


@attrs.frozen(kw_only=True)
class Contract(Subject):
    """A contract with a vendor."""

    id: Recorded[str] = fact("the reference of the contract", ask="What is its reference?")
    name: Recorded[str] = fact("the name of the contract", ask="What is the contract called?")
    criticality: Recorded[Criticality] = fact(
        "the criticality of the contract", ask="How much hangs on the contract?"
    )
    annual_value: Recorded[Decimal] = fact(
        "the annual value of the contract", ask="What is paid in a year?", yearly=True
    )
    notice: Recorded[int] = arrangement(
        "the period of notice", ask="What is the period of notice?", unit="months"
    )
    personal_data: Recorded[bool] = fact(
        "the vendor handles personal data",
        no="the vendor handles no personal data",
        ask="Does the vendor handle personal data?",
    )
    clauses: Recorded[SetOf[Clause]] = arrangement(
        "the clauses of the contract", ask="Which clauses does the contract have?"
    )
    security: Recorded[Security] = arrangement(
        "what is known of the vendor's security", ask="What is known of the vendor's security?"
    )
    subcontractors: Recorded[ListOf[Subcontractor]] = fact(
        "the subcontractors", ask="Who does a part of the work?", each="subcontractor"
    )


@attrs.frozen(kw_only=True)
class Contracts(Subject):
    """All contracts of an organisation."""

    name: Recorded[str] = fact("the name of the register", ask="What is the register called?")
    contracts: Recorded[ListOf[Contract]] = fact(
        "the contracts", ask="Which contracts are there?", each="contract"
    )
