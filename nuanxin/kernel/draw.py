#!/usr/bin/env python3
"""抽签 that anybody can run again. Python 3.9 or newer and nothing else: this file is given out with the draw.

    python3 draw.py FILE          核对一份抽签文件：名单没有动过，结果算得出来

The procedure, version ``nuanxin-draw-1``. A draw is a JSON object:

* ``title``; ``places``, ``directed`` (how many of the places go first to the directed group),
  ``reserves`` (how many are ranked behind; null: all); or instead ``strata``: a list of
  ``{"name", "places", "directed"}``; ``overflow`` (default true): places a stratum has no entrants
  for go to the others;
* ``seed``: ``{"public": "which future value, published where and when"}`` or
  ``{"sealed": [{"name", "seal"}, ...]}``, seal = SHA-256 of ``"nuanxin-seal-1\\n" + name + "\\n" + number``;
* ``entrants``: a list of ``{"id", "household", "stratum", "directed"}`` (all but ``id`` may lack);
  an entrant that is a text is its id. Ids are numbers of applications, never names;
* after the commitment ``commitment``; after the draw ``value`` (or ``revealed``: name → number) and ``result``.

1. Each entrant is a line of id, household, stratum, 1 or 0, parted by tabs, in NFC. The lines, sorted by
   their UTF-8 bytes and joined by newlines, have the list's SHA-256. The terms (all fields named above but
   the entrants) as JSON with sorted keys and no blanks, and the list's digest, each on a line under the
   version, have the SHA-256 that is the commitment. The order of the list in the file does not matter.
2. The value comes into being after the commitment was published. The seed is the SHA-256 of the version,
   the commitment and the value, each on a line. Sealed numbers are the value in the order of the terms,
   joined by newlines; each must fit its seal.
3. A household (or an entrant without one) is a unit: its ticket is the SHA-256 of seed, newline, and
   ``h:`` + household or ``e:`` + id. Tickets are hexadecimal; the smallest comes first.
4. In each stratum, first the units with directed persons come in the order of tickets until the directed
   places are filled, then all units in the order of tickets until the places are filled. A unit is taken
   whole or, when it does not fit, passed over. With ``overflow`` the places that are left are given to
   all units that are left, in the order of tickets. Who is left is reserve, in the order of tickets.
"""

from __future__ import annotations

import hashlib
import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

VERSION = "nuanxin-draw-1"
SEAL = "nuanxin-seal-1"
MOST_ENTRANTS = 2_000_000
LONGEST_TEXT = 200
Draw = Mapping[str, Any]
Entrant = tuple[str, str, str, bool]  # id, household, stratum, directed
Unit = tuple[str, str, list[Entrant]]  # ticket, key, entrants
Taken = list[tuple[Unit, str]]  # unit, how it came in
_TERMS = ("title", "places", "directed", "reserves", "strata", "overflow", "seed")


class DrawRefused(ValueError):
    """Something does not hold; ``code`` is stable, the sentence says what and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def commit(draw: Draw) -> dict[str, Any]:
    """Return the draw with its commitment; raise DrawRefused when it is committed or has faults."""
    entrants = entrants_of(draw)
    if draw.get("commitment"):
        check_commitment(draw, entrants)
        raise DrawRefused(
            "draw.committed", "这份名单已经封存过了，没有动过。要换名单，请另开一份抽签文件。"
        )
    _units(entrants, strata_of(draw, entrants), "")
    return {**draw, "version": VERSION, "commitment": commitment_of(draw, entrants)}


def run(
    draw: Draw, value: str | None = None, revealed: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the draw with its value and result. The list must be the one that was committed.

    ``value`` is the public value; ``revealed`` the sealed numbers by name.
    """
    if not draw.get("commitment"):
        raise DrawRefused(
            "draw.not_committed", "名单还没有封存。先封存并公布指纹，再等种子数出来。"
        )
    entrants = entrants_of(draw)
    check_commitment(draw, entrants)
    if draw.get("result"):
        raise DrawRefused("draw.run", "这份抽签已经抽过了。一份名单只抽一次，可以核对，不能重抽。")
    told = dict(draw)
    if value is not None:
        told["value"] = value
    if revealed is not None:
        told["revealed"] = revealed
    told["result"] = result_of(told, entrants)
    return told


def verify(draw: Draw) -> int:
    """Return how many were drawn; raise DrawRefused when list or result do not hold."""
    if not draw.get("commitment"):
        raise DrawRefused("draw.not_committed", "文件里没有封存指纹，没有可以核对的。")
    entrants = entrants_of(draw)
    check_commitment(draw, entrants)
    if "result" not in draw:
        raise DrawRefused("draw.not_run", "名单和封存时一样。还没有抽，没有结果可以核对。")
    if draw["result"] != result_of(draw, entrants):
        raise DrawRefused(
            "draw.result_differs", "名单和封存时一样，但结果和重新算的不一样：结果被改过。"
        )
    return len(draw["result"]["winners"])


def check_commitment(draw: Draw, entrants: Sequence[Entrant]) -> None:
    """Raise DrawRefused when list or terms are not those that were committed."""
    if draw.get("commitment") != commitment_of(draw, entrants):
        raise DrawRefused(
            "draw.list_changed",
            "名单或规则和封存时不一样：封存以后有人改过。这份文件不能用，请用封存时的那一份。",
        )


def commitment_of(draw: Draw, entrants: Sequence[Entrant]) -> str:
    """Return the fingerprint of terms and list; the order of the list does not matter."""
    terms = {name: draw[name] for name in _TERMS if draw.get(name) is not None}
    text = json.dumps(terms, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return _digest("\n".join((VERSION, unicodedata.normalize("NFC", text), list_digest(entrants))))


def list_digest(entrants: Sequence[Entrant]) -> str:
    """Return the fingerprint of the list alone."""
    lines = [
        f"{name}\t{household}\t{stratum}\t{1 if directed else 0}".encode()
        for name, household, stratum, directed in entrants
    ]
    lines.sort()
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def seal_of(name: str, number: str) -> str:
    """Return what an official hands in before the draw in place of his number."""
    return _digest("\n".join((SEAL, str(name), str(number))))


def seed_of(draw: Draw) -> str:
    """Return the seed; raise DrawRefused while the value is missing or a seal does not fit."""
    told = draw.get("seed") or {}
    if told.get("sealed"):
        revealed = draw.get("revealed") or {}
        numbers = []
        for sealed in told["sealed"]:
            name = sealed["name"]
            if revealed.get(name) in (None, ""):
                raise DrawRefused("draw.not_revealed", f"{name}的数还没有公开。到齐了才能抽。")
            if seal_of(name, revealed[name]) != sealed["seal"]:
                raise DrawRefused("draw.seal_differs", f"{name}公开的数和封存时的不一样，不能用。")
            numbers.append(str(revealed[name]))
        value = "\n".join(numbers)
    else:
        value = str(draw.get("value") or "").strip()
        if not value:
            raise DrawRefused("draw.no_value", "还没有种子数。等说好的那个公开数字出来，再抽。")
    return _digest("\n".join((VERSION, draw["commitment"], value)))


def result_of(draw: Draw, entrants: Sequence[Entrant]) -> dict[str, Any]:
    """Return winners and reserves, each with rank and ticket; winners also with how they came in."""
    seed, strata = seed_of(draw), strata_of(draw, entrants)
    units = _units(entrants, strata, seed)
    winners, waiting = choose(units, strata, draw.get("overflow", True))
    most = draw.get("reserves")
    return {
        "seed": seed,
        "winners": [
            {"id": one[0], "stratum": one[2], "by": by, "ticket": unit[0]}
            for unit, by in winners
            for one in unit[2]
        ],
        "reserves": [told for units in waiting.values() for told in _ranked(units, most)],
    }


def choose(
    units: Mapping[str, list[Unit]], strata: Iterable[tuple[str, int, int]], overflow: bool
) -> tuple[Taken, dict[str, list[Unit]]]:
    """Return who is taken, and by stratum who is left, of units in the order in which they come."""
    waiting, room = dict(units), 0
    winners: Taken = []
    for name, places, directed in strata:
        left, waiting[name] = _draw_stratum(waiting[name], places, directed, winners)
        room += left
    if overflow and room:
        everybody = sorted(unit for behind in waiting.values() for unit in behind)
        _, rest = _fill(everybody, room, "overflow", winners)
        waiting = {name: [u for u in rest if u[2][0][2] == name] for name in waiting}
    return winners, waiting


def _draw_stratum(
    units: Iterable[Unit], places: int, directed: int, winners: Taken
) -> tuple[int, list[Unit]]:
    """Take the directed units first, then all; return the room that is left and who is left."""
    left, taken, rest = places, 0, []
    for unit in units:
        wanted = sum(1 for one in unit[2] if one[3]) if taken < directed else 0
        if wanted and len(unit[2]) <= left:
            winners.append((unit, "directed"))
            left, taken = left - len(unit[2]), taken + wanted
        else:
            rest.append(unit)
    return _fill(rest, left, "open", winners)


def _fill(units: Iterable[Unit], left: int, by: str, taken: Taken) -> tuple[int, list[Unit]]:
    """Take units in their order while they fit; return the room that is left and who is left."""
    behind = []
    for unit in units:
        if len(unit[2]) <= left:
            taken.append((unit, by))
            left -= len(unit[2])
        else:
            behind.append(unit)
    return left, behind


def _ranked(units: Iterable[Unit], most: int | None) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    for rank, unit in enumerate(units, start=1):
        if most is not None and len(told) >= most:
            break
        told += [
            {"id": one[0], "stratum": one[2], "rank": rank, "ticket": unit[0]} for one in unit[2]
        ]
    return told


def _units(
    entrants: Iterable[Entrant], strata: Iterable[tuple[str, int, int]], seed: str
) -> dict[str, list[Unit]]:
    """Return by stratum the units (ticket, key, entrants), in the order of tickets."""
    together: dict[str, list[Entrant]] = {}
    for entrant in entrants:
        key = "h:" + entrant[1] if entrant[1] else "e:" + entrant[0]
        together.setdefault(key, []).append(entrant)
    units: dict[str, list[Unit]] = {name: [] for name, _, _ in strata}
    begun = hashlib.sha256((seed + "\n").encode())
    for key, members in together.items():
        stratum = members[0][2]
        if len(members) > 1:
            members.sort()
            if any(one[2] != stratum for one in members):
                raise DrawRefused(
                    "draw.household", f"一家人要在同一组里抽，编号 {members[0][0]} 这一家不是。"
                )
        ticket = begun.copy()
        ticket.update(key.encode())
        units[stratum].append((ticket.hexdigest(), key, members))
    for waiting in units.values():
        waiting.sort()
    return units


def strata_of(draw: Draw, entrants: Iterable[Entrant]) -> list[tuple[str, int, int]]:
    """Return (name, places, directed) of each stratum; raise DrawRefused when the terms have faults."""
    told = draw.get("strata") or [
        {"name": "", "places": draw.get("places"), "directed": draw.get("directed") or 0}
    ]
    strata = []
    for one in told:
        places, directed = one.get("places"), one.get("directed") or 0
        if not _is_count(places) or not _is_count(directed) or directed > places:
            raise DrawRefused("draw.places", "名额要写整数，定向名额不能比名额多。")
        strata.append((_text(one.get("name")), places, directed))
    if len({name for name, _, _ in strata}) < len(strata):
        raise DrawRefused("draw.strata", "有两组同名。每一组只能写一次。")
    unknown = {entrant[2] for entrant in entrants} - {name for name, _, _ in strata}
    if unknown:
        raise DrawRefused("draw.strata", f"名单里有一组“{min(unknown)}”，规则里没有它的名额。")
    if draw.get("reserves") is not None and not _is_count(draw["reserves"]):
        raise DrawRefused("draw.places", "候补人数要写整数；不写就全部排上。")
    return strata


def entrants_of(draw: Draw) -> list[Entrant]:
    """Return (id, household, stratum, directed) of each; raise DrawRefused for a list with faults."""
    listed = draw.get("entrants")
    if not isinstance(listed, list) or not listed:
        raise DrawRefused("draw.empty", "名单是空的，没有人可以抽。")
    if len(listed) > MOST_ENTRANTS:
        raise DrawRefused("draw.too_many", f"一次最多 {MOST_ENTRANTS:,} 人。")
    found = [_entrant(one) for one in listed]
    if len({entrant[0] for entrant in found}) < len(found):
        seen = set()
        for name, _, _, _ in found:
            if name in seen:
                raise DrawRefused("draw.twice", f"编号 {name} 在名单里有两次。每人只能抽一次。")
            seen.add(name)
    return found


def _entrant(one: Any) -> Entrant:
    if not isinstance(one, dict):
        one = {"id": one}
    name = _text(one.get("id"))
    if not name:
        raise DrawRefused("draw.no_id", "名单里有一行没有编号。")
    household, stratum = _text(one.get("household")), _text(one.get("stratum"))
    return name, household, stratum, one.get("directed") is True


def _text(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else str(value)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if not text.isprintable() or len(text) > LONGEST_TEXT:
        raise DrawRefused("draw.text", "编号、家庭和组名里不能有换行和制表符，也不能太长。")
    return text


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_ENTRANTS


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def main(arguments: Sequence[str]) -> int:
    """Verify the files that are named; return 0 when all hold."""
    if not arguments:
        print("用法：python3 draw.py 抽签文件", file=sys.stderr)
        return 2
    for name in arguments:
        try:
            with open(name, encoding="utf-8") as file:
                count = verify(json.load(file))
        except (DrawRefused, ValueError, KeyError, TypeError, AttributeError, OSError) as error:
            print(f"{name}：对不上。{error}", file=sys.stderr)
            return 1
        print(f"{name}：名单和封存时一样，结果重新算过，一样。抽中 {count} 人。")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
