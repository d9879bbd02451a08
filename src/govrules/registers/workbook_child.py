"""
The process in which a workbook is unpacked: what it is made to do there ends there.

It is run by its path and imports nothing of govrules, so that it starts at once. It reads one
request, writes what the sheets are, reads which of them is wanted, and writes its rows.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Sequence
from typing import Any, BinaryIO

#: So many rows are written at once.
ROWS = 2_000


def limit(memory: int, seconds: int) -> None:
    """Limit the memory and processor time of the process."""
    try:
        import resource  # noqa: PLC0415 - not every system has it
    except ModuleNotFoundError:
        return
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (allowed, hard))


def trimmed(row: Sequence[Any]) -> list[Any]:
    """Return a row without trailing empty cells."""
    end = len(row)
    while end and row[end - 1] == "":
        end -= 1
    return list(row[:end])


def rows_of(sheet: Any, most: int | None) -> list[list[Any]]:  # noqa: ANN401 - the reader's sheet
    """Return the rows of a sheet, the first ones or all."""
    return [trimmed(each) for each in sheet.to_python(skip_empty_area=False, nrows=most)]


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer about one workbook."""
    request = pickle.load(requests)  # noqa: S301 - from the process that began this one
    sys.path[:] = request["path"]
    limit(request["memory"], request["seconds"])
    import python_calamine as calamine  # noqa: PLC0415 - below the limits, and where the path says

    def send(value: object) -> None:
        pickle.dump(value, answers, protocol=5)
        answers.flush()

    wanted = request["table"]
    try:
        with calamine.CalamineWorkbook.from_path(request["file"]) as book:
            shown = {
                each.name: each.visible == calamine.SheetVisibleEnum.Visible
                for each in book.sheets_metadata
                if each.typ == calamine.SheetTypeEnum.WorkSheet
            }
            sheets: dict[str, Any] = {}
            about: dict[str, Any] = {}
            for name in shown:
                # To look at a sheet is to read it, which takes its time.
                if request["alone"] and name != wanted:
                    continue
                sheet = sheets[name] = book.get_sheet_by_name(name)
                about[name] = (sheet.height, sheet.total_height, sheet.total_width)
            send(("sheets", shown, about))
            chosen, beginnings, most = pickle.load(requests)  # noqa: S301 - as above
            send(
                {each: (rows_of(sheets[each], most), _merged(sheets[each])) for each in beginnings}
            )
            rows = rows_of(sheets[chosen], None)
            for at in range(0, len(rows), ROWS):
                send(rows[at : at + ROWS])
            send(("end", _merged(sheets[chosen])))
    except calamine.PasswordError:
        send(("password",))
    except (calamine.CalamineError, OSError, ValueError):
        send(("unreadable",))


def _merged(sheet: Any) -> tuple[Any, ...]:  # noqa: ANN401 - the reader's sheet
    return tuple(sheet.merged_cell_ranges or ())


def main() -> None:
    """Serve one request, whatever the reader of workbooks prints or raises."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        serve(sys.stdin.buffer, answers)
    except EOFError:
        # Who asked needs no rows any more.
        os._exit(0)
    except BaseException:  # noqa: BLE001 - a fault of the reader is no `Exception`
        os._exit(1)


if __name__ == "__main__":
    main()
