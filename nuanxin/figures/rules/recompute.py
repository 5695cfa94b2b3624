"""Recompute a publication from its exported rows, with Python alone: python3 recompute.py [folder].

Written for an auditor's laptop: no network, no database, nothing to install. It reads the files that
stand beside it, counts every number again from the rows, checks the fingerprint of each set of rows,
the fingerprint of the whole text and its signature, and prints what agrees and what differs.
Since format 3 there may be figures of services, counted from deliveries.csv; since format 4 what is
counted one by one (counted.csv), and rates of two numbers, one of them perhaps entered (denominators.csv).
Since format 2 the public text has persons to the ten and a seal for each line; measured.json, which
is not public, has the numbers to the one and the salt that opens the seals.
Ends with 0 when everything agrees, with 1 when anything differs, with 2 when a file is missing.
"""

import base64
import csv
import hashlib
import hmac
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PARTS, PART_HEX = 4, 15
MARK = b"nuanxin publication v1\n"
EXACT = "nuanxin-publication/1"
"""The format of texts that told numbers to the one."""
OF_PERSONS = ("人", "人次")

# Ed25519 (RFC 8032), verification only.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]


def _add(one: Point, two: Point) -> Point:
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c = 2 * one[3] * two[3] * D % P
    d = 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _times(factor: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            total = _add(total, point)
        point = _add(point, point)
        factor >>= 1
    return total


def _x_of(y: int, sign: int) -> int | None:
    squared = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(squared, (P + 3) // 8, P)
    if (x * x - squared) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - squared) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def _point(raw: bytes) -> Point | None:
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = _x_of(y, sign) if y < P else None
    return None if x is None else (x, y, 1, x * y % P)


_BASE_Y = 4 * pow(5, P - 2, P) % P
_BASE_X = _x_of(_BASE_Y, 0) or 0
BASE: Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % P)


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether ``key`` (32 bytes) signed ``message``."""
    if len(key) != 32 or len(signature) != 64:
        return False
    public, nonce = _point(key), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if public is None or nonce is None or s >= L:
        return False
    challenge = hashlib.sha512(signature[:32] + key + message).digest()
    k = int.from_bytes(challenge, "little") % L
    left, right = _times(s, BASE), _add(nonce, _times(k, public))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (
        left[1] * right[2] - right[1] * left[2]
    ) % P == 0


class Rows:
    """A set of rows summed up: what they add to the number, how many, and their hashes."""

    def __init__(self) -> None:
        self.value = 0
        self.parts: tuple[int, int] | None = None
        self.rows = 0
        self.sums = [0] * PARTS

    def take(self, text: str, value: int) -> None:
        """Add one row."""
        hexed = hashlib.sha256(text.encode()).hexdigest()
        for part in range(PARTS):
            self.sums[part] += int(hexed[part * PART_HEX : (part + 1) * PART_HEX], 16)
        self.rows += 1
        self.value += value

    def plus(self, other: "Rows", weight: int) -> None:
        """Add a whole set, each person counted ``weight`` times."""
        self.value += weight * other.value
        self.rows += other.rows
        self.sums = [a + b for a, b in zip(self.sums, other.sums, strict=True)]

    @property
    def hash(self) -> str:
        """Return the fingerprint of the set."""
        parts = [str(part % (1 << (4 * PART_HEX))) for part in self.sums]
        return hashlib.sha256(",".join([str(self.rows), *parts]).encode()).hexdigest()


Cells = dict[tuple[str, ...], Rows]
ALWAYS, AFTER = "0001-01-01", "9999-12-31"


def read_flows(folder: Path, content: dict[str, Any]) -> dict[str, Cells]:
    """Return the flows of each region by occupation, channel, kind and stretch of days.

    A stretch is named by its first day: only the first days of the published periods matter.
    """
    starts = {line["period_start"] for line in content["lines"] if line["period_start"]}
    marks = sorted({ALWAYS, *starts}, reverse=True)
    cells: Cells = defaultdict(Rows)
    with (folder / "flows.csv").open(encoding="utf-8", newline="") as file:
        for row in _after_heading(csv.reader(file)):
            _, union, county, occupation, channel, kind, day, persons = row
            text = ",".join((union, county, occupation, channel, kind, day, persons))
            stretch = next(mark for mark in marks if mark <= day)
            if day > content["as_of"]:
                stretch = AFTER
            cells[county, occupation, channel, kind, stretch].take(text, int(persons))
    return _by_region(cells)


def read_unions(folder: Path) -> dict[str, Cells]:
    """Return the counted unions of each region by figure."""
    cells: Cells = defaultdict(Rows)
    with (folder / "unions.csv").open(encoding="utf-8", newline="") as file:
        for row in _after_heading(csv.reader(file)):
            code, union, county = row[1:4]
            cells[county, code].take(f"{code},{union},{county}", 1)
    return _by_region(cells)


def read_deliveries(
    folder: Path, content: dict[str, Any], definitions: dict[str, Any]
) -> dict[str, Cells]:
    """Return the counted deliveries of each region by figure; persons count where they had it first.

    The file has each person's deliveries one behind the other, the earliest first.
    """
    figures = {
        code: one for code, one in definitions["figures"].items() if one["rows"] == "deliveries"
    }
    if not figures:
        return {}
    starts = starts_of(content, definitions)
    cells: Cells = defaultdict(Rows)
    last = dict.fromkeys(figures, "")
    with (folder / "deliveries.csv").open(encoding="utf-8", newline="") as file:
        for row in _after_heading(csv.reader(file)):
            _, person, union, county, kind, day = row
            for code, figure in figures.items():
                if figure["services"] and kind not in figure["services"]:
                    continue
                if not starts[code] <= day <= content["as_of"]:
                    continue
                if figure["counts_once"] and last[code] == person:
                    continue
                last[code] = person
                cells[county, code].take(f"{union},{county},{kind},{day}", 1)
    return _by_region(cells)


def starts_of(content: dict[str, Any], definitions: dict[str, Any]) -> dict[str, str]:
    """Return the first day of each figure's period, also of those that rates stand on."""
    starts: dict[str, str] = {}
    for line in content["lines"]:
        how, first = definitions["figures"][line["code"]], line["period_start"] or ALWAYS
        for code in (line["code"], how.get("numerator"), how.get("denominator")):
            if code is not None:
                starts[code] = first
    return starts


def read_counted(folder: Path, definitions: dict[str, Any]) -> dict[str, Cells]:
    """Return what was counted one by one in each region by figure; no key counts twice in a region."""
    path = folder / "counted.csv"
    regions: dict[str, Cells] = defaultdict(lambda: defaultdict(Rows))
    if not any(one["rows"] == "counted" for one in definitions["figures"].values()):
        return regions
    if not path.exists():  # nothing was there to count
        return regions
    seen: set[tuple[str, str, str]] = set()
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row[1:] for row in _after_heading(csv.reader(file))]
    for code, key, county, number in sorted(rows, key=lambda row: (row[0], row[2], row[1])):
        for region in {county, county[:4] + "00", county[:2] + "0000"}:
            if (code, key, region) in seen:
                continue
            seen.add((code, key, region))
            regions[region][(code,)].take(f"{code},{key},{county},{number}", int(number))
    for cells in regions.values():
        for (code,), found in cells.items():
            per = definitions["figures"][code].get("per", 1)
            found.value = (found.value + per // 2) // per
    return regions


def read_denominators(folder: Path) -> dict[str, Cells]:
    """Return the entered denominators of each region by kind."""
    path = folder / "denominators.csv"
    regions: dict[str, Cells] = defaultdict(lambda: defaultdict(Rows))
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            for row in _after_heading(csv.reader(file)):
                kind, region, value, as_of = row[1:]
                regions[region][(kind,)].take(f"{kind},{region},{value},{as_of}", int(value))
    return regions


def _by_region(cells: Cells) -> dict[str, Cells]:
    """Return the cells (county first) summed for county, city and province."""
    regions: dict[str, Cells] = defaultdict(lambda: defaultdict(Rows))
    for (county, *rest), rows in cells.items():
        for region in {county, county[:4] + "00", county[:2] + "0000"}:
            regions[region][tuple(rest)].plus(rows, 1)
    return regions


def _after_heading(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    next(rows, None)
    return rows


def recompute(
    line: dict[str, Any],
    definitions: dict[str, Any],
    flows: dict[str, Cells],
    unions: dict[str, Cells],
) -> Rows:
    """Return the rows of one published line, summed up again; of a rate those of both its parts."""
    definition = definitions["figures"].get(line["code"], {"rows": "denominators"})
    found = Rows()
    if definition["rows"] == "ratio":
        parts = [
            recompute(line | {"code": definition[part]}, definitions, flows, unions)
            for part in ("numerator", "denominator")
        ]
        for part in parts:
            found.plus(part, 0)
        found.parts = (parts[0].value, parts[1].value)
        found.value = percent(*found.parts) or 0
        return found
    if definition["rows"] != "flows":
        found.plus(unions.get(line["region"], {}).get((line["code"],), Rows()), 1)
        return found
    first = (line["period_start"] or ALWAYS) if definition["is_in_period"] else ALWAYS
    trades, ways = definitions["occupations"], definitions["channels"]
    for (occupation, channel, kind, stretch), rows in flows.get(line["region"], {}).items():
        weight = definition["weights"].get(kind)
        if weight is None or stretch < first or stretch == AFTER:
            continue
        if line["occupation"] and trades[occupation] != line["occupation"]:
            continue
        if line["channel"] and ways[channel] != line["channel"]:
            continue
        found.plus(rows, weight)
    return found


def told(value: int, unit: str, least: int) -> tuple[int | None, int]:
    """Return a number as it is published, and what it is rounded to: persons to the ``least``."""
    if unit not in OF_PERSONS:
        return value, 1
    size = abs(value)
    if 0 < size < least:
        return None, least
    rounded = (size + least // 2) // least * least
    return (rounded if value >= 0 else -rounded), least


def percent(above: int | None, below: int | None) -> int | None:
    """Return hundredths of a percent, half rounded up; None where a part is not told or nought below."""
    if above is None or not below:
        return None
    return (20_000 * above + below) // (2 * below)


def fault_of_rate(
    line: dict[str, Any], parts: tuple[int, int], how: dict[str, Any], least: int
) -> str:
    """Return what differs of a rate's public value and parts, "" for nothing."""
    above: int | None = parts[0]
    below: int | None = parts[1]
    if how["of_persons"]:
        above = told(parts[0], "人", least)[0]
        below = told(parts[1], "人", least)[0] if how["is_counted_below"] else parts[1]
    if (line["numerator"], line["denominator"]) != (above, below):
        return f"公布的分子分母不是由实测 {parts[0]} 和 {parts[1]} 按规则写出来的"
    if percent(above, below) != line["value"]:
        return f"公布的 {line['value']} 不是公布的分子除以公布的分母"
    return ""


def seal_of(line: dict[str, Any], rows: Rows, salt: bytes) -> str:
    """Return the seal that the public text must have for a line."""
    cell = [line["code"], line["region"], line["occupation"] or "", line["channel"] or ""]
    parts = [*cell, rows.value, rows.rows, rows.hash, *(rows.parts or ())]
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hmac.new(salt, text.encode(), hashlib.sha256).hexdigest()


def fault_of_exact(line: dict[str, Any], again: Rows) -> str:
    """Return what differs of a line of format 1, "" for nothing."""
    if again.value != line["value"]:
        return f"发布 {line['value']}，重算 {again.value}"
    return "" if again.hash == line["rows_hash"] else "数一样，明细和发布时不是同一批行"


def fault_of_sealed(
    line: dict[str, Any], again: Rows, measured: dict[str, Any], how: dict[str, Any], least: int
) -> str:
    """Return what differs of a line whose public text is rounded and sealed, "" for nothing."""
    known = measured["lines"][line["position"]]
    if again.value != known["measured"]:
        return f"实测 {known['measured']}，重算 {again.value}"
    if again.hash != known["rows_hash"]:
        return "数一样，明细和发布时不是同一批行"
    if again.parts is not None:
        if fault := fault_of_rate(line, again.parts, how, least):
            return fault
    elif told(again.value, line["unit"], least) != (line["value"], line["rounded_to"]):
        return f"公布的数 {line['value']} 不是由实测 {again.value} 按规则写出来的"
    if seal_of(line, again, bytes.fromhex(measured["salt"])) != line["seal"]:
        return "明细封条打不开：公布时封的不是这个数或者不是这些行"
    return ""


def faults_of_text(published: dict[str, Any]) -> list[str]:
    """Return what differs of the whole text and of its signature."""
    faults = []
    content = published["content"]
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if hashlib.sha256(text.encode()).hexdigest() != published["hash"]:
        faults.append("发布的文字或数和指纹对不上")
    key, signature = (base64.b64decode(published[name]) for name in ("public_key", "signature"))
    if not is_signed(key, MARK + published["hash"].encode(), signature):
        faults.append("签名对不上")
    return faults


def read_measured(folder: Path) -> dict[str, Any]:
    """Return what is not public, its lines by position."""
    measured: dict[str, Any] = json.loads((folder / "measured.json").read_text(encoding="utf-8"))
    measured["lines"] = {line["position"]: line for line in measured["lines"]}
    return measured


def faults_of(folder: Path) -> list[str]:
    """Return what differs, one sentence each; print each line on the way."""
    published = json.loads((folder / "publication.json").read_text(encoding="utf-8"))
    definitions = json.loads((folder / "definitions.json").read_text(encoding="utf-8"))
    content = published["content"]
    faults = faults_of_text(published)
    is_exact = content["format"] == EXACT
    measured = {} if is_exact else read_measured(folder)
    flows, unions = read_flows(folder, content), read_unions(folder)
    for more in (
        read_deliveries(folder, content, definitions),
        read_counted(folder, definitions),
        read_denominators(folder),
    ):
        for region, cells in more.items():
            unions.setdefault(region, defaultdict(Rows)).update(cells)
    for line in content["lines"]:
        name = f"{line['region_name']}{line['label']}"
        name += "".join(f"·{line[cut]}" for cut in ("occupation", "channel") if line[cut])
        if is_exact and line["withheld"]:
            print(f"不公布  {name}")
            continue
        again = recompute(line, definitions, flows, unions)
        if is_exact:
            fault = fault_of_exact(line, again)
        else:
            how = definitions["figures"][line["code"]]
            fault = fault_of_sealed(line, again, measured, how, content["least_persons"])
        if fault:
            faults.append(f"{name}：{fault}")
            print(f"不一致  {faults[-1]}")
        else:
            public = "不公布" if line["value"] is None else f"公布 {line['value']}"
            value = f"{again.value / 100:.2f}" if again.parts else again.value
            print(f"一致    {name}：实测 {value} {line['unit']}，{public}（{again.rows} 行）")
    return faults


def main(arguments: list[str]) -> int:
    """Print what agrees and what differs; return the exit code."""
    folder = Path(arguments[0]) if arguments else Path(__file__).resolve().parent
    try:
        faults = faults_of(folder)
    except FileNotFoundError as missing:
        print(f"少了文件 {missing.filename}，没法重算。")
        return 2
    if faults:
        print(f"\n核对不上，{len(faults)} 处：")
        print("\n".join(faults))
        return 1
    print("\n全部核对一致：每个数、每批明细、全文指纹和签名。")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
