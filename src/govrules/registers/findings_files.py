"""Findings of many batches to files: Parquet, CSV and JSON Lines."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

from govrules.engines.columns import BLOCK
from govrules.errors import FactsError
from govrules.files import replacing
from govrules.registers.batches import FINDINGS, Batches, slices
from govrules.visible import harmless, visible


def write_findings(findings: Batches, path: Path) -> int:
    """
    Write findings to a file as they come, and return how many.

    The ending says how: ``.parquet``, ``.csv`` or ``.jsonl``. What is there stays as it was until
    everything is written.

    Args:
        findings: the batches of `assess_batches`.

        path: the file.

    Raises:
        FactsError: the ending is none of these.

        OSError: the file cannot be written.
    """
    if path.suffix not in _WRITERS:
        raise FactsError(str(path), "a file that ends in .parquet, .csv or .jsonl", path.suffix)
    with replacing(path) as new:
        return _WRITERS[path.suffix](findings, str(new))


def _write_parquet(findings: Batches, name: str) -> int:
    number = 0
    writer = None
    # Opened here: Arrow takes no name that is not UTF-8.
    file = Path(name).open("wb")  # noqa: SIM115 - it is closed after the writer
    try:
        for batch in findings:
            if writer is None:
                # Every part holds all rules and verdicts: what is least and greatest tells nothing.
                writer = pa.parquet.ParquetWriter(file, batch.schema, write_statistics=False)
            writer.write_batch(batch)
            number += batch.num_rows
        if writer is None:
            pa.parquet.write_table(FINDINGS.empty_table(), file)
    finally:
        if writer is not None:
            writer.close()
        file.close()
    return number


def _write_csv(findings: Batches, name: str) -> int:
    number = 0
    with Path(name).open("wb") as file:
        for part in itertools.chain.from_iterable(slices(finding, BLOCK) for finding in findings):
            options = pa.csv.WriteOptions(include_header=number == 0)
            pa.csv.write_csv(_plain(part), file, options)
            number += part.num_rows
        if not number:
            pa.csv.write_csv(_plain(_empty()), file)
    return number


def _write_jsonl(findings: Batches, name: str) -> int:
    number = 0
    with Path(name).open("w", encoding="utf-8") as file:
        for batch in findings:
            columns = [
                _members_of_json(each, column)
                for each, column in zip(batch.schema.names, batch.columns, strict=True)
            ]
            for start in range(0, batch.num_rows, BLOCK):
                texts = [each.slice(start, BLOCK).cast(pa.string()) for each in columns]
                joined = pa.compute.binary_join_element_wise(*texts, ", ")
                file.writelines(f"{{{text}}}\n" for text in joined.to_pylist())
            number += batch.num_rows
    return number


def _members_of_json(name: str, column: Any) -> pa.Array:  # noqa: ANN401 - a column of codes
    """Return a column as JSON object members, each distinct value encoded once."""
    key, words = json.dumps(name), column.dictionary.to_pylist()
    texts = [f"{key}: {visible(json.dumps(word, ensure_ascii=False))}" for word in [*words, None]]
    codes = column.indices.cast(pa.int32()).fill_null(len(words))
    return pa.DictionaryArray.from_arrays(codes, pa.array(texts, pa.string()))


_WRITERS: Final[Mapping[str, Callable[[Batches, str], int]]] = {
    ".parquet": _write_parquet,
    ".csv": _write_csv,
    ".jsonl": _write_jsonl,
}


def _plain(batch: Any) -> Any:  # noqa: ANN401 - a batch
    fields = [pa.field(each.name, pa.string()) for each in batch.schema]
    return pa.RecordBatch.from_arrays(
        [_harmless(column) for column in batch.columns], schema=pa.schema(fields)
    )


def _harmless(column: Any) -> pa.Array:  # noqa: ANN401 - a column
    """Return a column as texts that no spreadsheet executes."""
    if not pa.types.is_dictionary(column.type):
        return column.cast(pa.string())
    words = column.dictionary.to_pylist()
    texts = pa.array([word and harmless(word) for word in words], pa.string())
    return pa.DictionaryArray.from_arrays(column.indices, texts).cast(pa.string())


def _empty() -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [pa.array([], each.type) for each in FINDINGS], schema=FINDINGS
    )
