"""JSON Schemas of rule files, subject files, mappings and findings, derived from the vocabulary."""

from govrules.schema.findings import findings_schema
from govrules.schema.parts import Schema, components
from govrules.schema.rules import rules_schema
from govrules.schema.subjects import mapping_schema, subject_schema

__all__ = [
    "Schema",
    "components",
    "findings_schema",
    "mapping_schema",
    "rules_schema",
    "subject_schema",
]
