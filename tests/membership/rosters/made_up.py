"""Made-up people and files for the roster tests: every name and number is invented here."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import count
from typing import Any

import xlsxwriter

from nuanxin.kernel.identity import check_digit

TODAY = date(2026, 11, 23)
ADCODE = "330000"
HEAD = ["姓名", "身份证号", "手机号"]

_numbers = count(1)
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰涛明超秀兰霞平"


def identity(
    born: date = date(1990, 5, 17), area: str = "330106", serial: int | None = None
) -> str:
    """Return a number with a true check digit; a new one at every call unless ``serial`` is given."""
    if serial is None:
        serial = next(_numbers) % 899 + 1
        serial += serial % 100 == 0  # an end of 000 is what a spoiled number looks like
        born = born + timedelta(days=next(_numbers) % 700)
    first17 = f"{area}{born:%Y%m%d}{serial:03d}"
    return first17 + check_digit(first17)


def identity_ending_x(born: date = date(1985, 3, 9)) -> str:
    """Return a number that ends in X."""
    return next(n for s in range(1, 999) if (n := identity(born, serial=s)).endswith("X"))


def wrong(number: str) -> str:
    """Return the number with its check digit changed."""
    return number[:17] + ("1" if number[17] != "1" else "2")


def phone() -> str:
    """Return a new mobile number."""
    return f"139{next(_numbers):08d}"


def name() -> str:
    """Return a made-up name."""
    n = next(_numbers)
    return _SURNAMES[n % 20] + _GIVEN[n // 3 % 20] + _GIVEN[n // 7 % 20]


def person() -> list[str]:
    """Return [name, identity, phone]."""
    return [name(), identity(), phone()]


def people(number: int) -> list[list[str]]:
    """Return ``number`` different people."""
    return [person() for _ in range(number)]


def csv_bytes(
    rows: Iterable[Sequence[str]], encoding: str = "utf-8", separator: str = ",", end: str = "\r\n"
) -> bytes:
    """Return the rows as a text file."""
    out = io.StringIO()
    if len(separator) == 1 and separator in ",;\t|":
        csv.writer(out, delimiter=separator, lineterminator=end).writerows(rows)
    else:
        for row in rows:
            out.write(separator.join(row) + end)
    return out.getvalue().encode(encoding)


def xlsx_bytes(
    sheets: dict[str, Sequence[Sequence[Any]]],
    *,
    merges: Sequence[tuple[int, int, int, int]] = (),
    hidden_rows: Sequence[int] = (),
    hidden_sheets: Sequence[str] = (),
    date_1904: bool = False,
) -> bytes:
    """Return a workbook; cells are text, numbers, dates or ("=formula", stored result).

    ``merges`` (zero-based top, left, bottom, right) and ``hidden_rows`` (row numbers) belong to the
    first sheet.
    """
    out = io.BytesIO()
    workbook = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "date_1904": date_1904}
    )
    day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    for number, (title, rows) in enumerate(sheets.items()):
        sheet = workbook.add_worksheet(title)
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if isinstance(value, tuple):
                    sheet.write_formula(r, c, value[0], None, value[1])
                elif isinstance(value, date):
                    sheet.write_datetime(r, c, value, day)  # type: ignore[arg-type]
                elif isinstance(value, int | float):
                    sheet.write_number(r, c, value)
                elif value:
                    sheet.write_string(r, c, value)
        if not number:
            for top, left, bottom, right in merges:
                text = rows[top][left] if left < len(rows[top]) else ""
                sheet.merge_range(top, left, bottom, right, text)
            for hidden in hidden_rows:
                sheet.set_row(hidden - 1, None, None, {"hidden": True})
        if title in hidden_sheets:
            sheet.hide()
    workbook.close()
    return out.getvalue()
