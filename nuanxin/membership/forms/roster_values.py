"""What stands in the cells of a roster, column-wise: names, numbers, days, sexes.

Whatever already has its final shape is taken as it stands (almost all rows of a sane file);
only the rest goes through the scalar readers of the kernel. Nothing is repaired here: a number
whose end was lost is marked as damaged and keeps the text that the officer sees.
"""

import calendar
import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.identity import normalise_identity
from nuanxin.kernel.names import normalise_name
from nuanxin.kernel.phone import normalise_phone
from nuanxin.membership.forms.roster_grid import EXACT_NUMBER, NUMBER

Flags = NDArray[np.bool_]

_WHOLE_IDENTITY = r"^[0-9]{17}[0-9X]$"
_WHOLE_PHONE = r"^1[3-9][0-9]{9}$"
_WHOLE_NAME = r"^[\x{4E00}-\x{9FFF}]{2,6}$"
_BLANK_WORDS = frozenset(
    [
        "-",
        "--",
        "---",
        "—",
        "——",
        "/",
        "\\",
        "//",
        ".",
        "。",
        "·",
        "*",
        "**",
        "?",
        "？",
        "0",
        "无",
        "空",
        "暂无",
        "没有",
        "未填",
        "未填写",
        "待补",
        "待补充",
        "缺",
        "不详",
        "未知",
        "null",
        "none",
        "nil",
        "na",
        "n/a",
        "nan",
        "#n/a",
        "#na",
        "#ref!",
        "#value!",
        "#name?",
        "#div/0!",
        "#null!",
        "#num!",
        "undefined",
    ]
)
_HAN_BLANK_WORDS = [word for word in _BLANK_WORDS if re.match(r"[\u4e00-\u9fff]{2}", word)]
_QUOTED_LITERAL = re.compile(r'^[=＝]\s*["“”](.*)["“”]$', re.DOTALL)
_QUOTES = "'’‘`´\"“”"
_FORMAT_MARKS = dict.fromkeys((173, 6158, *range(8203, 8208), *range(8234, 8239), *range(8288, 8304), 65279, *range(0, 9), 127))  # fmt: skip
_SCIENTIFIC = re.compile(r"^[+]?\d(?:[.,]\d+)?\s*[eE]\s*[+]?\s*\d{1,3}$")
_DECIMAL_TAIL = re.compile(r"^(\d{16,})\.\d*$")
_GROUPED = re.compile(r"^\d{1,3}(?:,\d{3}){5,}(?:\.\d+)?$")
_ZERO_TAIL = re.compile(r"\.0+$")
_LABEL = re.compile(
    r"^(?:(?:公民|居民)?身份证号码?|(?:公民|居民)?身份证|证件号码?|手机号码?|手机|联系电话|电话|tel|id)"
    r"\s*[:：]?\s*(?=\d)|^(?:身份证号?|手机号?|电话)\s*[:：]\s*",
    re.I,
)
_PHONE_BREAK = re.compile(r"[/、,，;；|\\\n或和]+|\s{2,}|(?<=\d{11})\s+(?=1\d{10})")
_PHONE_INSIDE = re.compile(r"(?<![\d+])(?:\+?86[\s-]?)?(1[3-9]\d[\s.-]?\d{4}[\s.-]?\d{4})(?![\d*])")
_OTHER_COUNTRY = re.compile(r"\+(?!\s*\(?86)")
_DASHES = str.maketrans("‐‑‒–—―−", "-------")
_WORDS_BEHIND = re.compile(r"\s*[（(\[【][^）)\]】\dXx]*[）)\]】]$")
_NOTE = re.compile(r"[（(\[【][^）)\]】]*[）)\]】]$")


def fold(text: str) -> str:
    """Return ``text`` in NFKC without invisible marks, trimmed; ="…" is unwrapped to its text."""
    if text.isprintable() and unicodedata.is_normalized("NFKC", text):  # no invisible marks either
        folded = text.strip()
        if not folded.startswith("="):
            return folded
    else:
        folded = unicodedata.normalize("NFKC", text).translate(_FORMAT_MARKS).strip()
    literal = _QUOTED_LITERAL.match(folded)
    return literal.group(1).strip() if literal else folded


def is_blank_word(text: str) -> bool:
    """Return whether a folded cell says "nothing here" (empty, 无, -, #N/A …)."""
    return not text or text.casefold() in _BLANK_WORDS


def read_identities(text: pl.Series, kind: NDArray[np.uint8]) -> tuple[pl.Series, Flags]:
    """Return the numbers in the form in which they are compared, and which of them are damaged.

    "" where there is none. A damaged one (a number cell of 16 or more digits, 3.30802E+17, or a
    long number with a decimal part) keeps the text as it is shown; its end is lost for good.
    """
    numbers, rest = _take_whole(text, _WHOLE_IDENTITY)
    damaged = np.zeros(len(text), dtype=bool)
    replaced: list[str] = []
    for index, raw in zip(rest, text.gather(rest).to_list(), strict=True):
        cleaned, is_damaged = _read_identity(raw, is_number=kind[index] == NUMBER)
        replaced.append(cleaned)
        damaged[index] = is_damaged
    # A spelled-out number in a number cell is damaged too: the program kept 15 digits of it.
    whole_numbers = np.flatnonzero(kind == NUMBER)
    long_ones = numbers.gather(whole_numbers).str.len_bytes().to_numpy() == 18
    damaged[whole_numbers[long_ones]] = True
    return _put(numbers, rest, replaced), damaged


def read_phones(text: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the mobile numbers ("" where none can be read) and what is wrong with the rest.

    Of several numbers in one cell the first mobile one is taken. The second series holds the
    sentence of the kernel's refusal, "" where the number is sound.
    """
    phones, rest = _take_whole(text, _WHOLE_PHONE)
    replaced: list[str] = []
    complaints: list[str] = []
    remembered: dict[str, tuple[str, str]] = {}
    for raw in text.gather(rest).to_list():
        if raw not in remembered:
            remembered[raw] = _read_phone(raw)
        phone, complaint = remembered[raw]
        replaced.append(phone)
        complaints.append(complaint)
    none_wrong = pl.repeat("", len(text), dtype=pl.String, eager=True)
    return _put(phones, rest, replaced), _put(none_wrong, rest, complaints)


def read_names(text: pl.Series) -> pl.Series:
    """Return the names in their stored form, "" where there is none; a formula stays its text."""
    names, rest = _take_whole(text, _WHOLE_NAME)
    names = _put(names, rest, _each(text, rest, _read_name))
    said_nothing = names.is_in(_HAN_BLANK_WORDS)
    return names.set(said_nothing, "") if said_nothing.any() else names


def read_texts(text: pl.Series) -> pl.Series:
    """Return free text (employer, occupation, remark) folded, runs of space made one."""
    return _map_unique(text, _read_text)


def read_sexes(text: pl.Series) -> pl.Series:
    """Return "M", "F" or ""."""
    return _map_unique(text, _read_sex)


def read_days(
    text: pl.Series, kind: NDArray[np.uint8], *, date_1904: bool, latest: date | None = None
) -> pl.Series:
    """Return the days (null where no day can be read) of texts, date cells and date serials.

    Two-digit years are read as 19xx if 20xx would lie after ``latest``.
    """
    frame = pl.DataFrame({"text": text, "number": kind == NUMBER})
    unique = frame.unique()
    days = [
        read_day(raw, is_number=number, date_1904=date_1904, latest=latest)
        for raw, number in unique.iter_rows()
    ]
    table = unique.with_columns(pl.Series("day", days, dtype=pl.Date))
    joined = frame.join(table, on=["text", "number"], how="left", maintain_order="left")
    return joined.get_column("day")


_DAY_SHAPES = (
    re.compile(r"^(\d{4})[-/.年,、。\\\s]+(\d{1,2})[-/.月,、。\\\s]+(\d{1,2})\s*[日号]?(?:\D.*)?$"),
    re.compile(r"^(\d{4})(\d{2})(\d{2})(?:\D.*)?$"),
    re.compile(r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?(?:份)?$"),
    re.compile(r"^(\d{2})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?$"),
)
_DAY_LAST = re.compile(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_IN_LETTERS = re.compile(
    rf"^(?:(\d{{1,2}})[-\s]({'|'.join(_MONTHS)})[a-z]*|({'|'.join(_MONTHS)})[a-z]*\s(\d{{1,2}}))"
    r",?[-\s](\d{4}|\d{2})$",
    re.I,
)
_SERIAL = re.compile(r"^\d{5}(?:\.\d+)?$")
_HAN_NUMERAL = re.compile("[〇○零一二三四五六七八九十]")
_HAN_DIGITS = str.maketrans("〇○零一二三四五六七八九", "000123456789")


def read_day(
    raw: str, *, is_number: bool = False, date_1904: bool = False, latest: date | None = None
) -> date | None:
    """Return the day that a cell names, or None.

    2019-05-27, 2019.5.27, 2019/05/27, 20190527, 2019年5月27日, 二〇一九年五月二十七日, 2019年5月 (its
    first day), 19-05-27, 5/27/2019, 27-May-19, with or without a time; a number cell 43612 is a serial.
    """
    text = fold(raw).strip(_QUOTES)
    if not text:
        return None
    if is_number or _SERIAL.match(text):
        serial = _read_serial(text, date_1904)
        if serial is not None:
            return serial
    if not text.isascii() and _HAN_NUMERAL.search(text):
        text = _arabic_day(text)
    for shape in _DAY_SHAPES:
        found = shape.match(text)
        if found:
            parts = [int(part) for part in found.groups()] + [1]
            return _day(_full_year(parts[0], found.group(1), latest), parts[1], parts[2])
    found = _DAY_LAST.match(text)
    if found:
        first, second, year = (int(part) for part in found.groups())
        return _day(year, first, second) or _day(year, second, first)
    return _read_letters(text, latest)


def _read_letters(text: str, latest: date | None) -> date | None:
    """Return the day of 27-May-19 or May 27, 2019, as English programs write it."""
    found = _DAY_IN_LETTERS.match(text)
    if not found:
        return None
    first, month, month_ahead, second, year = found.groups()
    number = _MONTHS.index((month or month_ahead).lower()) + 1
    return _day(_full_year(int(year), year, latest), number, int(first or second))


def _read_serial(text: str, date_1904: bool) -> date | None:
    try:
        serial = float(text)
    except ValueError:
        return None
    if not 1_000 <= serial < 80_000:
        return None
    epoch = date(1904, 1, 1) if date_1904 else date(1899, 12, 30)
    return epoch + timedelta(days=int(serial))


def _arabic_day(text: str) -> str:
    """Return 二〇一九年五月二十七日 as 2019年5月27日."""

    def small(part: str) -> str:
        tens, ten, ones = part.rpartition("十")
        if not ten:
            return part.translate(_HAN_DIGITS)
        return f"{(tens or '一').translate(_HAN_DIGITS)}{(ones or '零').translate(_HAN_DIGITS)}"

    pieces = re.split(r"([年月日号])", text)
    return "".join(piece if i % 2 else small(piece) for i, piece in enumerate(pieces))


def _full_year(year: int, spelled: str, latest: date | None) -> int:
    if len(spelled) > 2:
        return year
    this_century = 2000 + year
    return this_century if this_century <= (latest or date.today()).year else 1900 + year


def _day(year: int, month: int, day: int) -> date | None:
    if not (1900 <= year <= 2100 and 1 <= month <= 12):
        return None
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    return date(year, month, day)


def _read_identity(raw: str, *, is_number: bool) -> tuple[str, bool]:
    text = fold(raw)
    if is_blank_word(text):
        return "", False
    text = _LABEL.sub("", text.strip(_QUOTES).strip())
    if _SCIENTIFIC.match(text) or _DECIMAL_TAIL.match(text) or _GROUPED.match(text):
        return text, True
    text = _ZERO_TAIL.sub("", text)
    if is_number and text.isdigit() and int(text) >= EXACT_NUMBER:
        return text, True
    number = normalise_identity(_WORDS_BEHIND.sub("", text.strip(_QUOTES)))
    return number, False


def _read_phone(raw: str) -> tuple[str, str]:
    text = fold(raw)
    if is_blank_word(text):
        text = ""
    text = _LABEL.sub("", text.strip(_QUOTES).strip())
    text = _ZERO_TAIL.sub("", text)
    try:
        return normalise_phone(text), ""
    except Malformed as refusal:
        complaint = refusal.message
    for part in _PHONE_BREAK.split(_NOTE.sub("", text)):
        try:
            return normalise_phone(_NOTE.sub("", part)), ""
        except Malformed:
            continue
    abroad = _OTHER_COUNTRY.search(text)
    inside = None if abroad else _PHONE_INSIDE.search(text.translate(_DASHES))
    return (normalise_phone(inside[1].replace(".", "")), "") if inside else ("", complaint)


def _read_name(raw: str) -> str:
    text = fold(raw)
    if len(text) > 1 and text[0] in _QUOTES:
        text = text[1:].strip()
    return "" if is_blank_word(text) else normalise_name(text)


def _read_text(raw: str) -> str:
    text = " ".join(fold(raw).split())
    if len(text) > 1 and text[0] in _QUOTES and text[1] in "=+-@":
        text = text[1:]
    return "" if is_blank_word(text) else text


def _read_sex(raw: str) -> str:
    text = fold(raw).casefold()
    if text[:1] in {"男", "m", "1"}:
        return "M"
    return "F" if text[:1] in {"女", "f", "2", "0"} else ""


def _take_whole(text: pl.Series, shape: str) -> tuple[pl.Series, NDArray[np.int64]]:
    """Return the series and the indexes of what does not already have its final shape."""
    rest = np.flatnonzero(~text.str.contains(shape).to_numpy())
    return text, rest


def _each(text: pl.Series, rest: NDArray[np.int64], read: Callable[[str], str]) -> list[str]:
    remembered: dict[str, str] = {}
    replaced = []
    for raw in text.gather(rest).to_list():
        if raw not in remembered:
            remembered[raw] = read(raw)
        replaced.append(remembered[raw])
    return replaced


def _put(series: pl.Series, indexes: NDArray[np.int64], values: list[str]) -> pl.Series:
    if not len(indexes) or not values:
        return series
    return series.clone().scatter(indexes, pl.Series(values, dtype=pl.String))


def _map_unique(text: pl.Series, read: Callable[[str], str]) -> pl.Series:
    if not len(text):
        return text
    unique = text.unique()
    table = {raw: read(raw) for raw in unique.to_list()}
    changed = {raw: made for raw, made in table.items() if raw != made}
    return text.replace(changed) if changed else text
