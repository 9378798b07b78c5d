"""A register as property offices write it, turned into units, refusals and warnings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from app.errors import N_, Invalid, TooLarge
from app.rules.estates.headings import NEEDED, Headings, find_headings
from app.rules.estates.rows import GridRow, ParsedRegister, ReadPhone, RowError
from app.rules.estates.sheets import Findings, SheetReading

MAX_ROWS = 20_000
MAX_COLUMNS = 40
HEADING_ROWS = 15


def parse_register(rows: Iterable[GridRow], *, read_phone: ReadPhone) -> ParsedRegister:
    """Read every sheet that has headings; the others are passed over, with a warning if they hold a table.

    Raises `Invalid` (code `no_headings`) when no sheet has usable headings, saying what is lacking, and
    `TooLarge` over 20,000 rows.
    """
    found = Findings()
    sheets_read = 0
    lacking = ""
    for sheet, group in groupby(_counted(rows), key=lambda row: row.sheet):
        below = iter(group)
        headings, missing, table_row = _find_headings(below)
        if headings:
            SheetReading(found, headings, read_phone).read(below)
            sheets_read += 1
            continue
        lacking = lacking or missing
        if table_row:
            message = N_("工作表“%(sheet)s”没有可用的表头，没有读取")
            found.warnings.append(RowError(table_row, "sheet", message, {"sheet": sheet}, sheet))
    if not sheets_read:
        raise Invalid(lacking or NEEDED, code="no_headings")
    refused = tuple(home for home in found.seen if home not in found.units)
    return ParsedRegister(tuple(found.units.values()), tuple(found.errors), tuple(found.warnings), refused)


def _counted(rows: Iterable[GridRow]) -> Iterator[GridRow]:
    count = 0
    for row in rows:
        if any(cell.strip() for cell in row.cells):
            count += 1
            if count > MAX_ROWS:
                raise TooLarge(N_("表格超过 %(limit)d 行，请分楼栋上传"), limit=MAX_ROWS)
            yield row


def _find_headings(rows: Iterator[GridRow]) -> tuple[Headings | None, str, int]:
    """The headings; without them, what a heading row lacked and the first row like a table's (0: none)."""
    missing, table_row = "", 0
    for looked, row in enumerate(rows):
        if looked < HEADING_ROWS and (headings := find_headings(row.cells)):
            if not headings.missing:
                return headings, "", 0
            missing = missing or headings.missing
        if sum(bool(cell.strip()) for cell in row.cells) >= 3:
            table_row = table_row or row.number
    return None, missing, table_row
