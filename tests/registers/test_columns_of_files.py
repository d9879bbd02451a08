"""Files of columns are read as what they hold: whole, by batches, or single partnerships."""

from __future__ import annotations

import copy

import attrs
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import feather

from govrules import (
    UNKNOWN,
    FactsError,
    Funding,
    Partner,
    Partnership,
    assess_table,
    load_rulebook,
    read,
    read_register,
)
from govrules.bodies import twins_merged
from govrules.diagnostics import Code
from govrules.engines.columns import subjects_of, to_batches
from govrules.model import Protocol
from govrules.registers import columnar, own_schema, probe_child
from govrules.registers.read import columns_of, read_source
from govrules.registers.records import make_records, maker
from govrules.registers.sources import check_file
from govrules.testing.strategies import partnerships
from govrules.vocabulary import Record, Records, Subject, vocabulary_of

BOOK = load_rulebook("governing-partnerships")
TWO = (
    Partnership(
        id="P1",
        name="Care pool",
        protocol=None,
        funding=Funding(pooled=True, annual_spend=None),
        partners=(Partner(name="A council"), UNKNOWN),
    ),
    Partnership(id="P2", name="Quiet forum"),
)


def table(subjects, book=BOOK):
    return pa.Table.from_batches(to_batches(subjects, Partnership, book))


def as_parquet(path, whole):
    pq.write_table(whole, path)


def as_arrow(path, whole):
    feather.write_feather(whole, path)


def as_duckdb(path, whole):
    # DuckDB itself does not take all that Arrow holds, so it is given a Parquet file.
    beside = path.with_suffix(".given")
    as_parquet(beside, whole)
    with duckdb.connect(str(path)) as database:
        database.from_parquet(str(beside)).create("register")


WRITERS = {".parquet": as_parquet, ".arrow": as_arrow, ".duckdb": as_duckdb}


@pytest.fixture(params=WRITERS)
def file(request, tmp_path):
    path = tmp_path / f"register{request.param}"
    WRITERS[request.param](path, table(TWO))
    return path


def test_each_kind_of_file_gives_back_what_was_written(file):
    register = read_register(file, rulebook=BOOK)
    assert register.partnerships == TWO
    assert [each.origin[""] for each in register.partnerships] == [f"{file}:1", f"{file}:2"]


@settings(max_examples=25, deadline=None)
@given(st.lists(partnerships(BOOK), min_size=1, max_size=3))
def test_any_partnerships_come_back_from_a_file(tmp_path_factory, several):
    path = tmp_path_factory.mktemp("columns") / "register.parquet"
    as_parquet(path, table(several))
    (batch,) = to_batches(several, Partnership, BOOK)
    kept = [
        attrs.evolve(each, partners=twins_merged(each.partners)[0])
        if isinstance(each.partners, tuple)
        else each
        for each in subjects_of(batch, Partnership, BOOK)
    ]
    assert read_register(path, rulebook=BOOK).partnerships == (*kept,)


def test_only_the_columns_that_are_wanted_are_read(file):
    columns = columns_of(file)
    assert columns.rows == 2
    (batch,) = columns.batches(BOOK, {"id", "funding", "no such column"})
    assert sorted(batch.schema.names) == ["funding", "id", "id__none"]


def test_single_partnerships_are_found_by_id_and_by_name(file):
    columns = columns_of(file)
    assert columns.read(BOOK, ["P2"]).subject.partnerships == TWO[1:]
    read = columns.read(BOOK, ["Care pool"])
    assert read.subject.partnerships == TWO[:1]
    assert read.subject.partnerships[0].origin[""] == f"{file}:1"
    assert columns.read(BOOK, ["P3"]).subject.partnerships == ()


def test_flat_columns_are_a_table_and_no_columns(tmp_path):
    path = tmp_path / "flat.parquet"
    as_parquet(path, pa.table({"name": ["Care pool"], "funding.pooled": ["yes"]}))
    assert columns_of(path) is None
    (entry,) = read_register(path).partnerships
    assert entry.funding.pooled is True


def test_a_column_that_is_no_fact_is_said(tmp_path):
    path = tmp_path / "register.parquet"
    as_parquet(path, table(TWO).append_column("colour", pa.array(["red", "blue"])))
    read = read_source(path, rulebook=BOOK)
    (warning,) = read.warnings
    assert "no fact is read from 1 column: `colour`" in str(warning)
    assert read.subject.partnerships == TWO


@pytest.mark.parametrize("begins", [b"\xff\xfe", b"\xfe\xff", b"\x1f\x8b", b"PAR1", b"%PDF"])
def test_a_database_may_begin_as_any_other_file_does(tmp_path, begins):
    path = tmp_path / "register.duckdb"
    path.write_bytes(begins.ljust(8, b"\x07") + b"DUCK" + bytes(100))
    check_file(str(path), "register.duckdb", ".duckdb")
    with pytest.raises(FactsError, match="its name says a"):
        check_file(str(path), "register.parquet", ".parquet" if begins != b"PAR1" else ".arrow")


NAMES = pa.array(["Care pool"])
YES, NO = pa.array([True]), pa.array([False])
POOLED_TWICE = pa.StructArray.from_arrays([YES, NO], names=["pooled", "pooled"])
LINKED = pa.StructArray.from_arrays([NAMES, NAMES], names=["name", "name"])
PARTNERS = pa.ListArray.from_arrays([0, 1], LINKED)


@pytest.mark.parametrize("end", [".arrow", ".parquet", ""])
@pytest.mark.parametrize(
    ("columns", "headings", "path"),
    [
        ([NAMES, NAMES, YES], ["name", "name", "funding.pooled"], "name"),
        ([NAMES, NAMES, PARTNERS.slice(0, 1)], ["name", "name", "partners"], "name"),
        ([NAMES, POOLED_TWICE], ["name", "funding"], "funding.pooled"),
        ([NAMES, PARTNERS], ["name", "partners"], "partners[].name"),
    ],
)
def test_two_columns_with_one_heading_are_refused(tmp_path, end, columns, headings, path):
    whole = pa.table(columns, names=headings)
    source = tmp_path / f"register{end}"
    if end:
        WRITERS[end](source, whole)
    with pytest.raises(FactsError) as refused:
        read(source if end else whole)
    (said,) = refused.value.diagnostics
    assert said.code is Code.DUPLICATE_HEADING
    assert said.message == f"two columns have the heading `{path}`"
    with pytest.raises(FactsError):
        assess_table(whole, BOOK)


def test_a_value_that_does_not_fit_is_unknown_and_said(tmp_path):
    path = tmp_path / "register.parquet"
    whole = table(TWO)
    at = whole.schema.get_field_index("status")
    as_parquet(path, whole.set_column(at, "status", pa.array([None, "asleep"])))
    read = read_source(path, rulebook=BOOK)
    one, two = read.subject.partnerships
    assert (one, two) == (TWO[0], attrs.evolve(TWO[1], status=UNKNOWN))
    assert not read.problems
    (told,) = read.warnings
    assert str(told).startswith(f"{path}:2")
    assert "unknown value `asleep` of `status`" in str(told)


def test_what_is_cut_short_is_refused(tmp_path):
    whole, path = tmp_path / "whole.parquet", tmp_path / "register.parquet"
    as_parquet(whole, table(TWO))
    data = whole.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(FactsError, match="unreadable-table"):
        columns_of(path)


def test_what_is_damaged_within_is_refused(tmp_path):
    path = tmp_path / "register.parquet"
    as_parquet(path, table(TWO))
    data = bytearray(path.read_bytes())
    data[4:400] = b"\xff" * 396
    path.write_bytes(data)
    with pytest.raises(FactsError, match="unreadable-table"):
        columns_of(path)


def test_what_is_damaged_after_it_was_looked_at_is_refused(file, monkeypatch):
    monkeypatch.setattr(own_schema, "check_sound", lambda *_: None)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(FactsError, match="unreadable-table"):
        columns_of(file)


def test_more_rows_than_are_kept_as_objects_are_read_one_by_one(file, monkeypatch):
    monkeypatch.setattr(columnar, "MAX_ROWS", 1)
    columns = columns_of(file)
    with pytest.raises(FactsError) as raised:
        columns.read(BOOK)
    assert raised.value.diagnostics[0].help.endswith("`--entry` explains single ones")
    assert columns.read(BOOK, ["P2"]).subject.partnerships == TWO[1:]


def test_the_process_that_reads_first_tells_what_is_sound(file, tmp_path):
    kind = file.suffix[1:]
    assert probe_child.sound(str(file), kind)
    cut = tmp_path / f"cut{file.suffix}"
    cut.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    assert not probe_child.sound(str(cut), kind)


@pytest.mark.filterwarnings("ignore:Feather V1 files are deprecated")
def test_a_file_from_before_arrow_1_is_read_to_its_end(tmp_path):
    path = tmp_path / "register.feather"
    feather.write_feather(pa.table({"name": ["Care pool"]}), path, version=1)
    assert probe_child.sound(str(path), "arrow")
    (entry,) = read_register(path).partnerships
    assert entry.name == "Care pool"


@pytest.mark.parametrize(
    ("codes", "there", "sound"),
    [([0, 0], [False, False], True), ([0, 0], [True, False], False), ([1, 0], [False] * 2, False)],
)
def test_an_empty_dictionary_is_sound_where_no_record_is(codes, there, sound):
    """Arrow's own writers put the first word of an empty dictionary where a record is not there."""
    words = pa.DictionaryArray.from_arrays(
        pa.array(codes, pa.int32()), pa.array([], pa.string()), safe=False
    )
    record = pa.StructArray.from_arrays(
        [words, pa.array(["a", "b"])], names=["word", "name"], mask=pa.array([not e for e in there])
    )
    listed = pa.ListArray.from_arrays(pa.array([0, 1, 2], pa.int32()), pa.array([1, 2]))
    part = pa.RecordBatch.from_arrays([record, listed], names=["record", "listed"])
    if sound:
        probe_child.validate(part)
    else:
        with pytest.raises(pa.ArrowInvalid):
            probe_child.validate(part)


def test_a_table_among_several_is_named(tmp_path):
    path = tmp_path / "register.duckdb"
    as_duckdb(path, table(TWO))
    with duckdb.connect(str(path)) as database:
        database.execute("create table other as select 1 as one")
    with pytest.raises(FactsError, match="several"):
        columns_of(path)
    assert columns_of(f"{path}::register").read(BOOK).subject.partnerships == TWO
    assert columns_of(path, "register").rows == 2
    with pytest.raises(FactsError, match="there is no table `registr`") as raised:
        columns_of(path, "registr")
    assert raised.value.diagnostics[0].help == "did you mean `register`?"


def test_a_table_in_memory_is_read_as_what_it_holds():
    register = read_register(table(TWO), rulebook=BOOK)
    assert register.partnerships == TWO
    assert register.partnerships[1].origin[""] == "table:2"


def classes(cls):
    yield cls
    for each in vocabulary_of(cls).fields.values():
        if isinstance(each.type, (Record, Records)):
            yield from classes(each.type.cls)


CLASSES = [*dict.fromkeys(classes(Partnership))]


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("part", [slice(None), slice(1), slice(None, None, 2)])
def test_a_record_is_what_its_class_makes(cls, part):
    names = [*vocabulary_of(cls).fields][part]
    made = maker(cls, tuple(names))(*names)
    by_class = cls(**dict(zip(names, names, strict=True)))
    assert type(made) is cls
    assert made == by_class
    assert repr(made) == repr(by_class)
    assert copy.deepcopy(made) == by_class
    assert attrs.evolve(made) == by_class


@pytest.mark.parametrize("cls", CLASSES)
def test_a_record_cannot_be_changed(cls):
    [name, *_] = vocabulary_of(cls).fields
    made = maker(cls, (name,))(1)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(made, name, 2)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        delattr(made, name)


def test_nothing_known_makes_no_record():
    make = maker(Partnership, ("id", "local"), ("origin",))
    assert make(UNKNOWN, UNKNOWN, {"": "a.csv:2"}) is UNKNOWN
    assert make(None, UNKNOWN, {}) == Partnership(id=None)
    assert make(UNKNOWN, {"tier": 1}, {}) == Partnership(local={"tier": 1})
    assert make("P1", UNKNOWN, {"": "a.csv:2"}).origin == {"": "a.csv:2"}


def test_what_is_said_about_one_record_is_its_own():
    make = maker(Partnership, ("id",))
    assert make("P1").local is not make("P2").local


def checked(**more):
    return attrs.make_class("Checked", {"name": attrs.field(default=UNKNOWN, **more)}, frozen=True)


@pytest.mark.parametrize(
    "cls",
    [
        checked(converter=str),
        checked(validator=attrs.validators.instance_of(str)),
        checked(init=False),
        attrs.make_class("Other", {"name": attrs.field(default="")}, bases=(Subject,), frozen=True),
    ],
)
def test_what_a_class_sets_itself_is_left_to_it(cls):
    with pytest.raises(TypeError, match="is set by its class"):
        maker(cls, ("name",))


def test_records_of_rows_without_a_fact_are_made_only_if_bare():
    columns = {"pooled": [True, UNKNOWN, True], "annual_spend": [UNKNOWN, UNKNOWN, 7]}
    first, second, third = (Funding(pooled=True), Funding(), Funding(pooled=True, annual_spend=7))
    assert make_records(Funding, columns) == [first, UNKNOWN, third]
    assert make_records(Funding, columns, bare=True) == [first, second, third]


def test_equal_records_of_closed_values_are_one():
    one, other, same = make_records(Protocol, {"agreed": [True, False, True]})
    assert one is same
    assert (one, other) == (Protocol(agreed=True), Protocol(agreed=False))
