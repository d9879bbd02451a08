"""Subjects as YAML that can be pasted into a file and read back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, Final

import yaml

from govrules.facts import annotation
from govrules.rulebook.write import write_value
from govrules.truth import UNKNOWN, Unknown
from govrules.vocabulary import AS_OF, Months, vocabulary_of

#: Texts that would be read as a state of the fact if they stood there without quotation marks.
_STATES: Final = frozenset({"none", "unknown", "null", "~", ""})


class _Dumper(yaml.SafeDumper):
    """Writes values as rule and subject files do."""


class _Word(str):
    """A value that is written without quotes."""

    __slots__ = ()


def _plain(dumper: yaml.SafeDumper, word: _Word) -> yaml.ScalarNode:
    # With the tag that YAML would read in it, so that it needs neither a tag nor quotation marks.
    tag = dumper.resolve(yaml.ScalarNode, str(word), (True, False))  # type: ignore[no-untyped-call]
    return dumper.represent_scalar(tag, str(word))


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if text.strip().lower() in _STATES else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(_Word, _plain)
_Dumper.add_representer(str, _text)


def to_yaml(subject: Any, as_of: dt.date | Unknown = UNKNOWN) -> str:  # noqa: ANN401 - any attrs object
    """
    Return a subject as the YAML of a subject file; what is unknown is left out.

    >>> from govrules import Funding, Partnership
    >>> print(to_yaml(Partnership(name="Care pool", funding=Funding(pooled=True))), end="")
    name: Care pool
    funding:
      pooled: yes
    """
    date = {} if as_of is UNKNOWN else {AS_OF.name: as_of}
    data = {**date, **_record(subject)}
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True) if data else "{}\n"


def _record(record: Any) -> dict[str, Any]:  # noqa: ANN401 - any attrs object
    cls: type = type(record)
    fields = vocabulary_of(cls).fields
    found: dict[str, Any] = {}
    for name, fact in fields.items():
        value = getattr(record, name)
        if value is not UNKNOWN:
            months = isinstance(fact.type, Months)
            found[name] = _Word(write_value(value, fact.type)) if months else _value(value)
    for name, value in annotation(record, "stated").items():
        found[name] = _value(value)
    local = {name: _value(value) for name, value in annotation(record, "local").items()}
    return {**found, **({"local": local} if local else {})}


def _value(value: Any) -> Any:  # noqa: ANN401 - any fact's value
    match value:
        case None | bool() | Decimal():
            return _Word(write_value(value))
        case tuple():
            return [_word(each) or _record(each) for each in value]
        case frozenset():
            known = sorted(str(each) for each in value if each is not UNKNOWN)
            return [*known, *([_Word("unknown")] if UNKNOWN in value else [])]
        case str():
            return str(value)
        case int() | dt.date():
            return value
        case _:
            return _record(value)


def _word(value: Any) -> _Word | None:  # noqa: ANN401 - a record, or that there may be more
    return _Word("unknown") if value is UNKNOWN else None
