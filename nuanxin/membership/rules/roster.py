"""Verdicts on the rows of a roster, as a careful reader would give them; whole columns at a time.

A row gets one verdict. Its own faults come first, in the order of ``_FAULT_ORDER``; only among rows
without a fault is the first one of an identity number taken and the later ones are ``repeated``, so
that a corrected second line is not lost because of the faulty first one.
``transfer`` and ``already_member`` need the database and are set later, by ``actions``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.identity import OLDEST_YEARS, parse_identity
from nuanxin.kernel.parameters import ParameterMissing, parameter
from nuanxin.membership.states import RowOutcome

OUTCOMES: tuple[RowOutcome, ...] = tuple(RowOutcome)
"""Outcomes by the small integer under which ``JudgedRoster.outcome`` holds them."""

_REASONS = {
    RowOutcome.NO_ID: "没有填身份证号。请照着证件补上 18 位号码。",
    RowOutcome.NO_NAME: "没有填姓名。请照着证件补上。",
    RowOutcome.DAMAGED_ID: (
        "身份证号被表格软件改成了数字，后三位丢了，补不回来。"
        "请把这一列改成文本格式，从原件重新录入。"
    ),
    RowOutcome.BAD_NAME: "姓名这一格里不是姓名。请照着证件改正。",
}
_RETIRED_HINT = "按证件上的年龄可能已经退休。退休人员不新入会，原有会籍可以保留。请核对。"
_FORMULA_HINT = "姓名以“=”一类的符号开头，已按文字原样保留。请核对。"

_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int32)
_CHECK_CHARACTERS = np.frombuffer(b"10X98765432", dtype=np.uint8)
_ZERO = ord("0")
_DAMAGE_ODDS = 110
"""A true number ends in 000 about once in 1,100 (two zeros of the serial, then the check digit);
a number whose end a spreadsheet zeroed passes the check once in 11. So among F numbers in 000 that
fail the check about F/10 pass by chance, and these outweigh true ones when F x 110 > rows."""

Flags = NDArray[np.bool_]


@dataclass(slots=True)
class ParsedRoster:
    """The rows of a roster as columns; all of one length, in the order of the file.

    ``columns`` has: identity (compared form, or the shown text where damaged), identity_damaged
    (bool), name, phone (11 digits or ""), phone_complaint; and, where the file has them: employer,
    outlet, platform, department, occupation, address, remark (text), sex ("M"/"F"/""),
    joined_on, birth_on (dates). ``row_numbers`` are those that a spreadsheet shows.
    """

    columns: dict[str, pl.Series]
    row_numbers: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.row_numbers)

    def text(self, name: str) -> pl.Series:
        """Return a text column, all "" where the file has none."""
        found = self.columns.get(name)
        return found if found is not None else pl.repeat("", len(self), dtype=pl.String, eager=True)


@dataclass(slots=True)
class JudgedRoster:
    """The verdicts, as columns of one length, in the order of the file.

    ``outcome`` holds indexes into ``OUTCOMES``. ``identity`` is the 18-character form ("" where
    there is no sound one), ``birth_on`` and ``sex`` come from it. ``first_row`` is the spreadsheet
    row that a repeated row repeats, 0 elsewhere. ``reason`` is the Chinese sentence for the
    officer, null where there is nothing to say; a row that is ok may carry a hint.
    """

    row_numbers: NDArray[np.int32]
    outcome: NDArray[np.uint8]
    name: pl.Series
    identity: pl.Series
    birth_on: pl.Series
    sex: pl.Series
    phone: pl.Series
    employer: pl.Series
    occupation: pl.Series
    joined_on: pl.Series
    first_row: NDArray[np.int32]
    reason: pl.Series
    extra: dict[str, pl.Series] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.row_numbers)

    def codes(self) -> list[str]:
        """Return the outcome code of every row."""
        names = [outcome.code for outcome in OUTCOMES]
        return [names[code] for code in self.outcome.tolist()]

    def outcomes_by_row(self) -> dict[int, str]:
        """Return the outcome code by spreadsheet row number."""
        return dict(zip(self.row_numbers.tolist(), self.codes(), strict=True))

    def totals(self) -> dict[str, int]:
        """Return how many rows have each outcome; outcomes that do not occur are left out."""
        counts = np.bincount(self.outcome, minlength=len(OUTCOMES))
        return {OUTCOMES[i].code: int(n) for i, n in enumerate(counts) if n}

    def problems(self) -> Iterator[tuple[int, RowOutcome, str]]:
        """Yield (row number, outcome, reason) of every row that is not simply ok."""
        for index in np.flatnonzero(self.outcome != RowOutcome.OK).tolist():
            reason = self.reason[index] or ""
            yield int(self.row_numbers[index]), OUTCOMES[self.outcome[index]], reason

    def taken(self) -> pl.DataFrame:
        """Return the rows that are ok as a frame: row_number, name, identity, birth_on, sex, …"""
        frame = pl.DataFrame(
            {
                "row_number": pl.Series(self.row_numbers),
                "name": self.name,
                "identity": self.identity,
                "birth_on": self.birth_on,
                "sex": self.sex,
                "phone": self.phone,
                "employer": self.employer,
                "occupation": self.occupation,
                "joined_on": self.joined_on,
                **self.extra,
            }
        )
        return frame.filter(pl.Series(self.outcome == RowOutcome.OK))


def judge_rows(
    parsed: ParsedRoster,
    *,
    today: date,
    adcode: str,
    minimum_age_years: int | None = None,
    refuse_reused_phone: bool = True,
) -> JudgedRoster:
    """Return the verdict on every row of ``parsed``, as of ``today``, for a union in ``adcode``.

    The age floor is the parameter ``membership.minimum_age_years`` (未成年人保护法 a.61: nobody may
    be hired under 16), unless given. One phone number signs in one person: of several people in
    the file with the same number the first keeps it, if ``refuse_reused_phone``.
    """
    if minimum_age_years is None:
        found = parameter("membership.minimum_age_years", adcode=adcode, on=today)
        minimum_age_years = int(found.value)
    size = len(parsed)
    numbers = parsed.columns["identity"]
    damaged = parsed.columns["identity_damaged"].to_numpy().astype(bool)
    names, phones = parsed.text("name"), parsed.text("phone")
    reading = _read_numbers(numbers, today)
    damaged |= _zeroed_ends(numbers, reading)
    no_id = (numbers == "").to_numpy() & ~damaged
    sound = reading.sound & ~damaged
    too_young = sound & (reading.birth_days > _days(_birthday_limit(today, minimum_age_years)))
    no_name = (names == "").to_numpy()
    faults = (
        (RowOutcome.NO_ID, no_id),
        (RowOutcome.DAMAGED_ID, damaged),
        (RowOutcome.BAD_ID, ~sound & ~no_id & ~damaged),
        (RowOutcome.NO_NAME, no_name),
        (RowOutcome.UNDERAGE, too_young),
        (RowOutcome.BAD_NAME, ~no_name & _not_a_name(names)),
        (RowOutcome.BAD_PHONE, (phones == "").to_numpy()),
    )
    outcome = np.full(size, RowOutcome.OK, dtype=np.uint8)
    for verdict, fault in reversed(faults):
        outcome[fault] = verdict
    first_row = np.zeros(size, dtype=np.int32)
    _mark_repeated(outcome, first_row, reading.keys, parsed.row_numbers)
    shared = np.zeros(size, dtype=bool)
    if refuse_reused_phone:
        shared = _mark_reused_phones(outcome, first_row, phones, parsed.row_numbers)
    judged = JudgedRoster(
        row_numbers=parsed.row_numbers,
        outcome=outcome,
        name=names,
        identity=numbers if sound.all() else numbers.zip_with(pl.Series(sound), _nothing(size)),
        birth_on=_as_days(reading.birth_days, sound),
        sex=_as_sexes(reading.sex_digits, sound),
        phone=phones,
        employer=_employers(parsed),
        occupation=parsed.text("occupation"),
        joined_on=parsed.columns.get("joined_on", pl.repeat(None, size, dtype=pl.Date, eager=True)),
        first_row=first_row,
        reason=_nothing(size),
        extra={k: parsed.columns[k] for k in ("outlet", "platform") if k in parsed.columns},
    )
    old = sound & _past_retirement(reading, today, adcode)
    judged.reason = _reasons(judged, parsed, _Findings(shared, old), today, minimum_age_years)
    return judged


@dataclass(slots=True)
class _Findings:
    """Rows whose phone an earlier row has, and rows past the retirement age."""

    shared: Flags
    old: Flags


@dataclass(slots=True)
class _Reading:
    """What the digits of every number say; arrays as long as the roster.

    ``sound``: 18 characters, an existing birth day not after today, the check digit agrees.
    ``keys``: the first 17 digits as an integer (0 where not sound), unique to the person.
    """

    sound: Flags
    keys: NDArray[np.int64]
    birth_days: NDArray[np.int64]
    sex_digits: NDArray[np.uint8]
    zero_ended: Flags


def _read_numbers(numbers: pl.Series, today: date) -> _Reading:
    size = len(numbers)
    whole = numbers.str.contains(r"^[0-9]{17}[0-9X]$").to_numpy()
    places = np.flatnonzero(whole)
    joined = numbers.gather(places).str.join("").item() if len(places) else ""
    grid = np.frombuffer((joined or "").encode("ascii"), dtype=np.uint8).reshape(-1, 18)
    digits = (grid[:, :17] - _ZERO).astype(np.int32)
    agrees = _CHECK_CHARACTERS[(digits @ _WEIGHTS) % 11] == grid[:, 17]
    year = digits[:, 6:10] @ np.array([1000, 100, 10, 1], dtype=np.int32)
    month = digits[:, 10] * 10 + digits[:, 11]
    day = digits[:, 12] * 10 + digits[:, 13]
    born, exists = _born(year, month, day)
    oldest = _days(_birthday_limit(today, OLDEST_YEARS + 1))
    exists &= (born <= _days(today)) & (born > oldest)
    powers = 10 ** np.arange(16, -1, -1, dtype=np.int64)
    keys = digits.astype(np.int64) @ powers
    reading = _Reading(
        sound=np.zeros(size, dtype=bool),
        keys=np.zeros(size, dtype=np.int64),
        birth_days=np.zeros(size, dtype=np.int64),
        sex_digits=np.zeros(size, dtype=np.uint8),
        zero_ended=np.zeros(size, dtype=bool),
    )
    reading.sound[places] = agrees & exists
    reading.keys[places] = np.where(agrees & exists, keys, 0)
    reading.birth_days[places] = born
    reading.sex_digits[places] = digits[:, 16]
    reading.zero_ended[places] = (grid[:, 15:18] == _ZERO).all(axis=1)
    return reading


def _born(
    year: NDArray[np.int32], month: NDArray[np.int32], day: NDArray[np.int32]
) -> tuple[NDArray[np.int64], Flags]:
    """Return days since 1970 and whether the day exists (0 and False where it does not)."""
    months = (year.astype(np.int64) - 1970) * 12 + np.clip(month, 1, 12) - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    following = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    exists = (month >= 1) & (month <= 12) & (day >= 1) & (day <= following - first)
    return np.where(exists, first + day - 1, 0), exists


def _zeroed_ends(numbers: pl.Series, reading: _Reading) -> Flags:
    """Return the numbers whose last three digits a spreadsheet replaced by zeros.

    One that ends in 000 and fails the check is taken for damaged; one that passes it only where
    damage is so common in this file that chance explains it better (see ``_DAMAGE_ODDS``).
    """
    failing = reading.zero_ended & ~reading.sound
    if int(failing.sum()) * _DAMAGE_ODDS > len(numbers) and failing.sum() >= 2:
        return reading.zero_ended.copy()
    return failing


def _past_retirement(reading: _Reading, today: date, adcode: str) -> Flags:
    """Return who has reached the retirement age: a hint to the officer, never a refusal.

    国发〔1978〕104号 and the decision of 2024-09-13: the age moves by birth month, and platform
    workers are not divided into cadres and workers, so the number alone cannot decide.
    """
    old = np.zeros(len(reading.sound), dtype=bool)
    is_male = reading.sex_digits % 2 == 1
    for key, whose in (("male", is_male), ("female", ~is_male)):
        try:
            found = parameter(f"membership.retirement_age_{key}_years", adcode=adcode, on=today)
        except ParameterMissing:
            continue
        limit = _days(_birthday_limit(today, int(found.value)))
        old |= whose & (reading.birth_days <= limit)
    return old


def _mark_repeated(
    outcome: NDArray[np.uint8],
    first_row: NDArray[np.int32],
    keys: NDArray[np.int64],
    row_numbers: NDArray[np.int32],
) -> None:
    clean = np.flatnonzero(outcome == RowOutcome.OK)
    again, first = _again(keys[clean])
    outcome[clean[again]] = RowOutcome.REPEATED
    first_row[clean[again]] = row_numbers[clean[first]]


def _mark_reused_phones(
    outcome: NDArray[np.uint8],
    first_row: NDArray[np.int32],
    phones: pl.Series,
    row_numbers: NDArray[np.int32],
) -> Flags:
    clean = np.flatnonzero(outcome == RowOutcome.OK)
    again, first = _again(phones.gather(clean).cast(pl.Int64).to_numpy())
    outcome[clean[again]] = RowOutcome.BAD_PHONE
    first_row[clean[again]] = row_numbers[clean[first]]
    shared = np.zeros(len(outcome), dtype=bool)
    shared[clean[again]] = True
    return shared


def _again(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places of keys that stood before, and the place where each stood first."""
    series = pl.Series("key", keys)
    again = np.flatnonzero(~series.is_first_distinct().to_numpy())
    if not len(again):
        return again, again
    wanted = series.gather(again).unique()
    held = np.flatnonzero(series.is_in(wanted.implode()).to_numpy())
    firsts: dict[int, int] = {}
    for place, key in zip(held.tolist(), keys[held].tolist(), strict=True):
        firsts.setdefault(key, place)
    return again, np.array([firsts[key] for key in keys[again].tolist()], dtype=np.int64)


_LETTER = r"[\p{L}〇]"
_FORMULA_START = r"^[=+\-@＝＋－＠]"
_LONGEST_NAME = 50


def _not_a_name(names: pl.Series) -> Flags:
    """Return the names without a letter, or too long to be one; a formula is kept as its text."""
    plain = names.str.contains(r"^[\x{4E00}-\x{9FFF}]{1,20}$").to_numpy()
    doubtful = np.flatnonzero(~plain)
    wrong = np.zeros(len(names), dtype=bool)
    some = names.gather(doubtful)
    lettered = some.str.contains(_LETTER) | some.str.contains(_FORMULA_START + r".*[\p{L}\p{N}]")
    wrong[doubtful] = (~lettered | (some.str.len_chars() > _LONGEST_NAME)).to_numpy()
    return wrong


def _birthday_limit(today: date, years: int) -> date:
    """Return the latest birth day of somebody who is ``years`` old on ``today``."""
    try:
        return today.replace(year=today.year - years)
    except ValueError:  # 29 February, and no such day that year
        return date(today.year - years, 2, 28)


def _days(day: date) -> int:
    return day.toordinal() - date(1970, 1, 1).toordinal()


def _nothing(size: int) -> pl.Series:
    return pl.repeat("", size, dtype=pl.String, eager=True)


def _as_days(days: NDArray[np.int64], sound: Flags) -> pl.Series:
    series = pl.Series("birth_on", days.astype(np.int32)).cast(pl.Date)
    return series if sound.all() else series.set(pl.Series(~sound), None)


def _as_sexes(digits: NDArray[np.uint8], sound: Flags) -> pl.Series:
    letters = np.where(sound, 1 + digits % 2, 0).astype(np.uint8)
    return pl.Series(letters).replace_strict({0: "", 1: "F", 2: "M"}, return_dtype=pl.String)


def _employers(parsed: ParsedRoster) -> pl.Series:
    """Return the employer of each row; the outlet stands in where no employer is written."""
    employer = parsed.text("employer")
    if "outlet" not in parsed.columns:
        return employer
    return employer.zip_with(employer != "", parsed.columns["outlet"])


def _reasons(
    judged: JudgedRoster,
    parsed: ParsedRoster,
    found: _Findings,
    today: date,
    minimum_age_years: int,
) -> pl.Series:
    """Return the sentence for every row that needs one; only these rows cost anything."""
    hinted = judged.name.str.contains(_FORMULA_START).to_numpy()
    faulty = judged.outcome != RowOutcome.OK
    places = np.flatnonzero(faulty | hinted | found.old)
    numbers = parsed.columns["identity"].gather(places).to_list()
    complaints = parsed.text("phone_complaint").gather(places).to_list()
    fixed = {
        **_REASONS,
        RowOutcome.UNDERAGE: (
            f"本人不满 {minimum_age_years} 周岁，不能入会。请先把这一行去掉；如果号码录错了，请改正。"
        ),
    }
    sentences = []
    for index, number, complaint in zip(places.tolist(), numbers, complaints, strict=True):
        outcome = OUTCOMES[judged.outcome[index]]
        first = int(judged.first_row[index])
        if outcome is RowOutcome.REPEATED:
            sentences.append(f"和第 {first} 行是同一个身份证号。留下一行就行，这一行可以删去。")
        elif outcome is RowOutcome.BAD_ID:
            sentences.append(_number_complaint(number, today))
        elif outcome is RowOutcome.BAD_PHONE:
            sentences.append(
                f"和第 {first} 行的手机号相同。一个手机号只能给一个人用，请改成本人的手机号。"
                if found.shared[index]
                else complaint or "还没有填手机号。请填 11 位手机号。"
            )
        elif outcome is RowOutcome.OK:
            sentences.append(_FORMULA_HINT if hinted[index] else _RETIRED_HINT)
        else:
            sentences.append(fixed[outcome])
    nulls = pl.repeat(None, len(judged), dtype=pl.String, eager=True)
    if not sentences:
        return nulls
    return nulls.scatter(places, pl.Series(sentences, dtype=pl.String))


def _number_complaint(number: str, today: date) -> str:
    """Return the kernel's sentence on what is wrong with an identity number."""
    try:
        parse_identity(number, today=today)
    except Malformed as refusal:
        return refusal.message
    return "身份证号前后对不上。请对照证件再录一遍。"
