"""The twenty rules for OpenFisca: each a variable of a group of persons, who are the partners."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from openfisca_core.entities import build_entity
from openfisca_core.periods import DateUnit
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

Arrays = Mapping[str, tuple[Any, Any]]
YEAR = "2026"


class Population:
    """
    A population of OpenFisca as the columns of a tree: what is recorded, and where.

    Args:
        population: partnerships, or the members of all of them.

        words: what the numbers of a column stand for, where it is text.
    """

    def __init__(self, population: Any, words: Mapping[str, list[str]]) -> None:  # noqa: ANN401
        self.population = population
        self.words = words

    def __getitem__(self, name: str) -> tuple[Any, Any]:
        data = self.population(name, YEAR)
        known = self.population(f"{name}_known", YEAR)
        return ((data, self.words[name]) if name in self.words else data), known


def simulation(
    outer: Arrays,
    inner: Arrays,
    offsets: Any,  # noqa: ANN401 - an array
    rules: Mapping[str, Callable[[Any, Population, Population], Any]],
) -> Callable[[], list[Any]]:
    """
    Return what works out all rules, by partnership.

    Args:
        outer: the columns of partnerships: values, or numbers and their words, and where known.

        inner: those of partners.

        offsets: where the partners of each partnership begin.

        rules: the verdict of each rule as a function of the group, its columns and its members'.
    """
    person = build_entity("partner", "partners", "a partner", is_person=True)
    role = {"key": "member", "plural": "members", "label": "a partner in it"}
    group = build_entity("partnership", "partnerships", "a partnership", roles=[role])
    system = TaxBenefitSystem([person, group])
    inputs: dict[str, Any] = {}
    words: dict[str, list[str]] = {}

    def declare(name: str, entity: Any, kind: type, formula: Any = None) -> None:  # noqa: ANN401
        parts = {
            "value_type": kind,
            "entity": entity,
            "definition_period": DateUnit.YEAR,
            "label": name,
        }
        if formula is not None:
            parts["formula"] = formula
        system.add_variable(type(name, (Variable,), parts))

    for entity, columns in ((group, outer), (person, inner)):
        for name, (given, known) in columns.items():
            data = given
            if isinstance(given, tuple):
                data, words[name] = given
            kind = bool if data.dtype == np.bool_ else int
            declare(name, entity, kind)
            declare(f"{name}_known", entity, bool)
            inputs[name] = data.astype(np.bool_ if kind is bool else np.int32)
            inputs[f"{name}_known"] = known
    for name, rule in rules.items():
        declare(name, group, int, _formula(rule, words))

    rows = len(offsets) - 1
    builder = SimulationBuilder()
    builder.create_entities(system)
    lengths = np.diff(offsets)
    builder.declare_person_entity("partner", np.arange(offsets[-1]))
    made = builder.declare_entity("partnership", np.arange(rows))
    builder.join_with_persons(made, np.zeros(offsets[-1]), np.zeros(offsets[-1], np.int64))
    # Joined by the builder, groups without members would be left out of the numbering.
    made.members_entity_id = np.repeat(np.arange(rows), lengths)
    built = builder.build(system)
    for name, values in inputs.items():
        built.set_input(name, YEAR, values)

    def run() -> list[Any]:
        for name in rules:
            built.delete_arrays(name)
        return [built.calculate(name, YEAR) for name in rules]

    return run


def _formula(rule: Any, words: Mapping[str, list[str]]) -> Callable[[Any, Any], Any]:  # noqa: ANN401
    def formula(population: Any, _: Any) -> Any:  # noqa: ANN401
        own, members = Population(population, words), Population(population.members, words)
        return rule(population, own, members)

    return formula
