"""
The process in which files of columns are first read: what they do to a reader they do here.

It is run by its path and imports nothing of govrules. Each request is a line of JSON that names a
file; the answer is a line that says whether all of it was read and is valid.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

#: So many rows are looked at together.
ROWS = 65_536


def batches(file: str, suffix: str) -> Iterator[Any]:
    """Yield everything that a file holds, in parts that can be validated."""
    import pyarrow as pa  # noqa: PLC0415 - where the path says

    if suffix == "parquet":
        from pyarrow import parquet  # noqa: PLC0415 - likewise

        with pa.memory_map(os.fsencode(file)) as source, parquet.ParquetFile(source) as opened:
            yield opened.schema_arrow
            yield from opened.iter_batches(ROWS)
    elif suffix == "arrow":
        with pa.memory_map(os.fsencode(file)) as source:
            try:
                opened = pa.ipc.open_file(source)
            except pa.ArrowInvalid:
                # The form of files before Arrow 1.0.
                from pyarrow import feather  # noqa: PLC0415 - likewise

                source.seek(0)
                yield feather.read_table(source)
                return
            yield opened.schema
            for place in range(opened.num_record_batches):
                yield opened.get_batch(place)
    else:
        import duckdb  # noqa: PLC0415 - likewise

        with duckdb.connect(file, read_only=True) as database:
            tables = "select table_schema, table_name from information_schema.tables"
            for names in database.execute(tables).fetchall():
                quoted = ".".join('"' + name.replace('"', '""') + '"' for name in names)
                found = database.sql(f"select * from {quoted}")  # noqa: S608 - quoted
                reader = getattr(found, "to_arrow_reader", None) or found.fetch_arrow_reader
                yield from reader(ROWS)


def validate(part: Any) -> None:  # noqa: ANN401 - a table, a batch or a schema of Arrow
    """
    Look at every value of a part of a file.

    Raises:
        ArrowInvalid: one is no value.
    """
    import pyarrow as pa  # noqa: PLC0415 - where the path says

    # Names and types are turned into text only when somebody looks.
    [(str(each.name), str(each.type), each.metadata) for each in getattr(part, "schema", part)]
    if not hasattr(part, "validate"):
        return
    try:
        part.validate(full=True)
    except pa.ArrowInvalid:
        part.validate()
        for column in part.columns:
            for each in getattr(column, "chunks", [column]):
                validate_array(each, each)


def validate_array(raw: Any, masked: Any) -> None:  # noqa: ANN401 - arrays of Arrow
    """
    Look at every value of an array that is not valid in all its parts.

    Arrow's own writers put the first word of an empty dictionary where a record is not there.

    Args:
        raw: the array.

        masked: the same, null where the record that it is in is null.

    Raises:
        ArrowInvalid: a value is no value.
    """
    import pyarrow as pa  # noqa: PLC0415 - where the path says

    raw.validate()
    if pa.types.is_struct(raw.type):
        for place, inner in enumerate(masked.flatten()):
            validate_array(raw.field(place), inner)
    elif pa.types.is_list(raw.type):
        pa.ListArray.from_arrays(raw.offsets, pa.nulls(len(raw.values))).validate(full=True)
        validate_array(raw.values, raw.values)
    elif pa.types.is_dictionary(raw.type) and not len(raw.dictionary):
        if masked.null_count < len(masked) or set(raw.indices.unique().to_pylist()) - {0, None}:
            raise pa.ArrowInvalid
    else:
        raw.validate(full=True)


def sound(file: str, suffix: str) -> bool:
    """Read a file to its end; tell whether all of it is valid."""
    try:
        for batch in batches(file, suffix):
            validate(batch)
    except Exception:  # noqa: BLE001 - whatever it is, the file cannot be read
        return False
    return True


def limit(memory: int) -> None:
    """Limit the memory of the process."""
    try:
        import resource  # noqa: PLC0415 - not every system has it
    except ModuleNotFoundError:
        return
    for what, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(
            what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard)
        )


def main() -> None:
    """Serve until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    # Whatever a library prints goes nowhere near the answers.
    os.dup2(2, 1)
    first = True
    for line in sys.stdin:
        request = json.loads(line)
        sys.path[:] = request["path"]
        if first:
            limit(request["memory"])
            first = False
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, request["seconds"])
        answer = sound(request["file"], request["kind"])
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
