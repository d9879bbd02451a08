"""Workbooks that people open: what strangers wrote in a cell is shown, and never carried out."""

from __future__ import annotations

from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from govrules.visible import visible


class _Sheet(Worksheet):  # type: ignore[misc]
    def _write_string(self, row: int, col: int, string: str, *rest: Any) -> int:  # noqa: ANN401 - xlsxwriter carries no types
        return int(super()._write_string(row, col, visible(string), *rest))


class Workbook(xlsxwriter.Workbook):  # type: ignore[misc]
    """
    A workbook whose texts are texts: none is a formula or a link, whatever it begins with.

    Args:
        file: its path, or what takes its bytes.

        options: as xlsxwriter has them.
    """

    def __init__(self, file: Any, options: dict[str, Any] | None = None) -> None:  # noqa: ANN401 - a path or a stream
        plain = {"strings_to_formulas": False, "strings_to_urls": False}
        super().__init__(file, {**plain, **(options or {})})

    def add_worksheet(self, name: str | None = None, worksheet_class: Any = _Sheet) -> Any:  # noqa: ANN401 - as above
        """Return a new sheet."""
        return super().add_worksheet(None if name is None else visible(name), worksheet_class)
