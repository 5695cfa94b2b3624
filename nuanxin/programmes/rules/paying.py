"""Money to persons: an account as it is written, and what a bank's file says came of each payment."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nuanxin.kernel.errors import Malformed

SHORTEST_NUMBER, LONGEST_NUMBER = 12, 24
MOST_RESULTS = 20_000
LONGEST_REASON = 120
_PAID = frozenset({"成功", "已发", "发了", "paid", "success", "1"})
_FAILED = frozenset({"失败", "退回", "没发成", "failed", "0"})
_CARD = re.compile(r"62\d{14,17}")


@dataclass(frozen=True, slots=True)
class Result:
    """What a bank says of one payment; ``reason`` stands where it failed."""

    payment_id: int
    is_paid: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Results:
    """A file of results as it was understood, and what in it could not be."""

    rows: tuple[Result, ...]
    problems: tuple[str, ...]


def account_number(text: str) -> str:
    """Return the digits of an account; raise ``Malformed`` payments.account for what is none.

    Cards of UnionPay (62…) carry a check digit (Luhn, ISO/IEC 7812-1): one wrong digit is told.
    """
    digits = re.sub(r"[\s\-]", "", text)
    if not (digits.isascii() and digits.isdigit()):
        raise Malformed("payments.account", "账号只有数字。看看有没有多打了别的。")
    if not SHORTEST_NUMBER <= len(digits) <= LONGEST_NUMBER:
        raise Malformed(
            "payments.account",
            f"账号是 {SHORTEST_NUMBER} 到 {LONGEST_NUMBER} 位数字，数一数有没有漏。",
        )
    if _CARD.fullmatch(digits) and _luhn(digits) % 10:
        raise Malformed("payments.account", "卡号对不上，有一位可能打错了。对着卡再看一遍。")
    return digits


def _luhn(digits: str) -> int:
    doubled = [int(d) * (2 if place % 2 else 1) for place, d in enumerate(reversed(digits))]
    return sum(n // 10 + n % 10 for n in doubled)


def read_results(rows: Iterable[Sequence[str]], known: frozenset[int]) -> Results:
    """Return what the rows (number of the payment, result, reason) say of the ``known`` payments.

    A head row is passed over; a number twice, one that is not on the list, a word that is neither
    and a failure without a reason are told by line and change nothing.
    """
    found: dict[int, Result] = {}
    problems: list[str] = []
    for line, row in enumerate(rows, start=1):
        cells = [cell.strip() for cell in row] + ["", "", ""]
        number, word, reason = cells[0].removesuffix(".0"), cells[1].lower(), cells[2]
        if not any(cells) or (line == 1 and not number.isdigit()):
            continue
        if line > MOST_RESULTS:
            problems.append(f"最多读 {MOST_RESULTS:,} 行，后面的没有读。")
            break
        problem = _problem(number, word, reason, known, found)
        if problem:
            problems.append(f"第 {line} 行：{problem}")
        else:
            found[int(number)] = Result(int(number), word in _PAID, reason[:LONGEST_REASON])
    return Results(tuple(found.values()), tuple(problems))


def _problem(
    number: str, word: str, reason: str, known: frozenset[int], found: dict[int, Result]
) -> str:
    if not (number.isascii() and number.isdigit() and int(number[:18]) in known):
        return f"“{number[:20]}”不是这本名册里的编号"
    if int(number) in found:
        return f"编号 {number} 写了两次"
    if word not in _PAID and word not in _FAILED:
        return f"“{word[:20]}”看不出发没发成，写“成功”或“失败”"
    if word in _FAILED and not reason:
        return f"编号 {number} 没发成，要写原因"
    return ""
