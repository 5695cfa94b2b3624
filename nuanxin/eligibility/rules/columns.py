"""The register as columns: many rules over a million people in process, from the same bound rules.

A column holds small whole numbers: 0 for not known, else the value less ``base``. Each fact's
values are cut into the regions that the rules tell apart; a condition is a table over the regions
of its facts, worked out once (Kleene) and then only looked up. What comes out is what SQL stores: a
bit a condition that fails, and a bit a condition that is not known.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from nuanxin.eligibility.rules.binding import Bound, BoundRule, Test
from nuanxin.eligibility.rules.predicates import Predicate
from nuanxin.eligibility.rules.tree import Value
from nuanxin.eligibility.states import Join
from nuanxin.kernel.fact import Fact, FactType

Array = npt.NDArray[Any]
LARGEST_TABLE = 1 << 15
ROW_BYTES = 8
"""Answers of several rules side by side: as many as fit are looked up at once."""
CHUNK = 1 << 17
"""So many people at once: the work of numpy between two turns of Python is long enough for threads."""
MOST_THREADS = 4
MOST_STEPS = 8
"""Up to so many changes of region are compared; more are looked up."""
_WIDTHS = (np.uint8, np.uint16, np.uint32, np.uint64)


@dataclass(frozen=True, slots=True)
class Column:
    """One fact of everybody. ``words`` are the texts that the numbers stand for, 1 the first."""

    fact: Fact
    codes: Array
    base: int
    words: tuple[str, ...] = ()

    def value(self, code: int) -> Value | None:
        """Return the value that a number stands for; None for not known."""
        if code == 0:
            return None
        return self.words[code - 1] if self.words else self.base + code - 1

    def changed(self, rows: Array, values: Iterable[Value | None]) -> Column:
        """Return the column with new values in some rows; in place where they fit its width."""
        fresh = column_of(self.fact, values, like=self)
        if fresh.base != self.base or fresh.words[: len(self.words)] != self.words:
            everybody = [self.value(int(code)) for code in self.codes]
            for row, code in zip(rows.tolist(), fresh.codes.tolist(), strict=True):
                everybody[row] = fresh.value(code)
            return column_of(self.fact, everybody)
        codes = self.codes.astype(np.promote_types(self.codes.dtype, fresh.codes.dtype), copy=False)
        codes[rows] = fresh.codes
        return Column(self.fact, codes, self.base, fresh.words)


def column_of(fact: Fact, values: Iterable[Value | None], *, like: Column | None = None) -> Column:
    """Return a column of values in their Python types; ``like`` keeps its base and its words."""
    listed = list(values)
    if any(isinstance(value, str) for value in listed) or (like and like.words):
        words = dict.fromkeys(like.words if like else ())
        words.update(dict.fromkeys(value for value in listed if isinstance(value, str)))
        numbers = {word: at + 1 for at, word in enumerate(words)}
        found = [numbers[value] if isinstance(value, str) else 0 for value in listed]
        codes = np.array(found, dtype=np.int64)
        return Column(fact, _narrowed(codes), 0, tuple(words))
    numbers_of = [_number(value) for value in listed]
    known = [number for number in numbers_of if number is not None]
    base = min(known, default=0)
    if like and (not known or base >= like.base):
        base = like.base
    codes = np.array([0 if n is None else n - base + 1 for n in numbers_of], dtype=np.uint64)
    return Column(fact, _narrowed(codes), base)


def _narrowed(codes: Array) -> Array:
    most = int(codes.max(initial=0))
    width = next(width for width in _WIDTHS if most <= np.iinfo(width).max)
    return codes.astype(width)


def _number(value: Value | None) -> int | None:
    if isinstance(value, date):
        return value.toordinal()
    return None if value is None or isinstance(value, str) else int(value)


class _Cut:
    """One fact's column cut into regions: ``regions(codes)`` and, by test, a truth by region."""

    def __init__(self, column: Column, tests: Sequence[Predicate]) -> None:
        self.tests = list(tests)
        self.edges, signatures = _intervals(column, self.tests)
        numbers = {signature: at + 1 for at, signature in enumerate(dict.fromkeys(signatures))}
        self.count = len(numbers) + 1
        small = np.uint8 if self.count <= 256 else np.uint16
        by_interval = np.array([0, *(numbers[signature] for signature in signatures)], dtype=small)
        self.signatures = [0, *numbers]
        self.by_interval = by_interval
        self.steps = _steps(self.edges, by_interval) if len(self.edges) <= MOST_STEPS else None
        self.lookup: Array | None = None
        if self.steps is None and column.codes.dtype.itemsize <= 2:
            every = np.arange(np.iinfo(column.codes.dtype).max + 1)  # every number that may come
            self.lookup = by_interval[np.searchsorted(self.edges, every, "right")]
        is_boolean = column.fact.type is FactType.BOOLEAN and column.codes.dtype == np.uint8
        self.is_plain = is_boolean and self.steps == [(1, 1), (2, 1)]

    def regions(self, codes: Array) -> Array:
        """Return the region of each number, 0 for not known."""
        if self.is_plain:
            return codes
        if self.steps is not None:
            return _climbed(codes, self.steps)
        if self.lookup is not None:
            return np.take(self.lookup, codes)
        return np.take(self.by_interval, np.searchsorted(self.edges, codes, "right"))

    def truth(self, test: Test) -> Array:
        """Return no, unknown or yes (0, 1, 2) by region."""
        bit = 1 << self.tests.index(test.predicate)
        held = [bool(signature & bit) is not test.negated for signature in self.signatures]
        return np.array([1, *(2 if one else 0 for one in held[1:])], dtype=np.int8)


def _steps(edges: Array, by_interval: Array) -> list[tuple[int, int]]:
    """Return where the region changes and by how much, counted round in bytes."""
    changes = np.diff(by_interval.astype(np.uint8)).tolist()
    return [(int(e), c) for e, c in zip(edges.tolist(), changes, strict=True) if c]


def _climbed(codes: Array, steps: Sequence[tuple[int, int]]) -> Array:
    """Return the regions by comparing: a few passes over bytes cost less than one look-up."""
    found: Array | None = None
    for edge, change in steps:
        part = np.greater_equal(codes, edge).view(np.uint8)
        if change != 1:
            np.multiply(part, change, out=part)
        found = part if found is None else np.add(found, part, out=found)
    return np.zeros(len(codes), dtype=np.uint8) if found is None else found


def _intervals(column: Column, tests: list[Predicate]) -> tuple[Array, list[int]]:
    """Return where in the numbers an interval begins, and the signature of each from the first."""
    starts = {1}
    if column.words:
        starts.update(range(1, len(column.words) + 1))
    else:
        for test in tests:
            for edge in test.edges():
                number = _number(edge)
                if number is not None and number >= column.base:
                    starts.add(number - column.base + 1)
    edges = sorted(starts)
    signatures = [_signature(column, code, tests) for code in edges]
    return np.array(edges, dtype=np.uint64 if column.codes.itemsize == 8 else np.int64), signatures


def _signature(column: Column, code: int, tests: list[Predicate]) -> int:
    value = column.value(code)
    found = 0
    for at, test in enumerate(tests):
        edge = next(iter(test.edges()))
        typed = value
        if isinstance(edge, date) and isinstance(value, int):
            typed = date.fromordinal(max(1, min(value, date.max.toordinal())))
        elif isinstance(edge, bool) and isinstance(value, int):
            typed = bool(value)
        if typed is not None and test.holds(typed):
            found |= 1 << at
    return found


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some conditions of a rule over a few facts, too many for one table with the rest."""

    facts: tuple[str, ...]
    counts: tuple[int, ...]
    table: Array | None
    conditions: tuple[tuple[int, Bound], ...]


@dataclass(frozen=True, slots=True)
class _Block:
    """Rules that are looked up together: by mixed number of their facts, a row of their answers."""

    rules: tuple[int, ...]
    places: tuple[int, ...]
    facts: tuple[str, ...]
    counts: tuple[int, ...]
    table: Array

    def of(self, at: int, rows: Array, width: type[np.unsignedinteger[Any]]) -> Array:
        """Return the answers of the rule that stands at ``at``, a view into the rows."""
        size = np.dtype(width).itemsize
        return rows.view(width).reshape(len(rows), -1)[:, self.places[at] // size]


class Engine:
    """Rules of one day over columns of one length. Sensitive columns hold what consent allows."""

    def __init__(self, rules: Sequence[BoundRule], columns: Mapping[str, Column]) -> None:
        self.rules = tuple(rules)
        tests: dict[str, dict[Predicate, None]] = {}
        for bound in rules:
            for regions in bound.facts:
                tests.setdefault(regions.fact.name, {}).update(dict.fromkeys(regions.tests))
        self.columns = {name: columns[name] for name in tests}
        self.cuts = {name: _Cut(columns[name], list(held)) for name, held in tests.items()}
        self.widths = [width_of(bound) for bound in self.rules]
        small = [n for n, bound in enumerate(rules) if self._size(_names(bound)) <= LARGEST_TABLE]
        self.blocks = self._blocks(small)
        self.pieces = {
            number: self._pieces(bound)
            for number, bound in enumerate(self.rules)
            if number not in small
        }

    def answers(self, rows: Array | None = None) -> list[Array]:
        """Return by rule the packed masks of everybody, or of the people in ``rows``."""
        blocks, alone = self.packed(rows)
        found = dict(alone)
        for block, of in zip(self.blocks, blocks, strict=True):
            for at, number in enumerate(block.rules):
                found[number] = block.of(at, of, self.widths[number])
        return [found[number] for number in range(len(self.rules))]

    def packed(self, rows: Array | None = None) -> tuple[list[Array], dict[int, Array]]:
        """Return the answers as they are stored: blocks of rules, and rules that stand alone."""
        if rows is None:
            return self.packed_of({name: column.codes for name, column in self.columns.items()})
        return self.packed_of(
            {name: np.take(column.codes, rows) for name, column in self.columns.items()}
        )

    def packed_of(self, codes: Mapping[str, Array]) -> tuple[list[Array], dict[int, Array]]:
        """Return the same for numbers at hand (what has just changed), in the columns' own base."""
        count = len(next(iter(codes.values()))) if codes else 0
        blocks = [np.empty(count, dtype=np.uint64) for _ in self.blocks]
        alone = {number: np.empty(count, dtype=self.widths[number]) for number in self.pieces}

        def answer(start: int) -> None:
            part = slice(start, start + CHUNK)
            regions = {name: cut.regions(codes[name][part]) for name, cut in self.cuts.items()}
            for block, out in zip(self.blocks, blocks, strict=True):
                mixed = _mixed(block.facts, block.counts, regions)
                np.take(block.table, mixed, out=out[part], mode="clip")
            for number, pieces in self.pieces.items():
                alone[number][part] = self._answer(self.rules[number], pieces, regions)

        _spread(answer, range(0, count, CHUNK))
        return blocks, alone

    def _blocks(self, numbers: Iterable[int]) -> list[_Block]:
        """Put rules together that share facts, while a row holds them and the table stays small."""
        groups: list[tuple[dict[str, None], list[int]]] = []
        for number in sorted(numbers, key=lambda n: -self._size(_names(self.rules[n]))):
            names, width = _names(self.rules[number]), np.dtype(self.widths[number]).itemsize
            best: tuple[float, int] | None = None
            for at, (held, listed) in enumerate(groups):
                joint = self._size({**held, **names})
                used = sum(np.dtype(self.widths[n]).itemsize for n in listed)
                if joint <= LARGEST_TABLE and used + width <= ROW_BYTES:
                    best = min(best or (np.inf, at), (joint / self._size(held), at))
            if best is None:
                groups.append((dict(names), [number]))
            else:
                groups[best[1]][0].update(names)
                groups[best[1]][1].append(number)
        return [self._block(tuple(names), listed) for names, listed in groups]

    def _block(self, names: tuple[str, ...], numbers: list[int]) -> _Block:
        widest_first = sorted(numbers, key=lambda n: -np.dtype(self.widths[n]).itemsize)
        shape = tuple(self.cuts[name].count for name in names)
        grid = dict(zip(names, np.indices(shape, sparse=True), strict=True))
        table = np.zeros((*shape, ROW_BYTES), dtype=np.uint8)
        places, place = [], 0
        for number in widest_first:
            bound, width = self.rules[number], np.dtype(self.widths[number])
            packed = self._packed(bound, enumerate(bound.conditions), grid)
            table.view(width)[..., place // width.itemsize] = packed
            places.append(place)
            place += width.itemsize
        return _Block(
            tuple(widest_first),
            tuple(places),
            names,
            self._counts(names),
            table.reshape(-1, ROW_BYTES).view(np.uint64).ravel(),
        )

    def _counts(self, names: tuple[str, ...]) -> tuple[int, ...]:
        return tuple(self.cuts[name].count for name in names)

    def _answer(
        self, bound: BoundRule, pieces: tuple[_Piece, ...], regions: Mapping[str, Array]
    ) -> Array:
        found: Array | None = None
        for piece in pieces:
            if piece.table is None:
                truths = {name: regions[name] for name in piece.facts}
                packed = self._packed(bound, piece.conditions, truths)
            else:
                packed = np.take(piece.table, _mixed(piece.facts, piece.counts, regions))
            found = packed if found is None else found | packed
        assert found is not None
        return found

    def _pieces(self, bound: BoundRule) -> tuple[_Piece, ...]:
        """Group the conditions so that each group's table stays small enough to look up fast."""
        groups: list[tuple[dict[str, None], list[tuple[int, Bound]]]] = []
        for at, condition in enumerate(bound.conditions):
            names = dict.fromkeys(
                bound.facts[number].fact.name for number in _facts_below(condition)
            )
            for held, conditions in groups:
                if self._size([*held, *(n for n in names if n not in held)]) <= LARGEST_TABLE:
                    held.update(names)
                    conditions.append((at, condition))
                    break
            else:
                groups.append((dict(names), [(at, condition)]))
        return tuple(self._piece(bound, tuple(names), tuple(of)) for names, of in groups)

    def _size(self, names: Iterable[str]) -> int:
        size = 1
        for name in names:
            size *= self.cuts[name].count
        return size

    def _piece(
        self, bound: BoundRule, names: tuple[str, ...], conditions: tuple[tuple[int, Bound], ...]
    ) -> _Piece:
        counts = self._counts(names)
        if self._size(names) > LARGEST_TABLE:
            return _Piece(names, counts, None, conditions)
        shape = tuple(self.cuts[name].count for name in names)
        grid = dict(zip(names, np.indices(shape, sparse=True), strict=True))
        packed = self._packed(bound, conditions, grid)
        return _Piece(names, counts, np.broadcast_to(packed, shape).ravel(), conditions)

    def _packed(
        self,
        bound: BoundRule,
        conditions: Iterable[tuple[int, Bound]],
        regions: Mapping[str, Array],
    ) -> Array:
        """Return the masks of some conditions, worked out from the regions of their facts."""
        width = width_of(bound)
        above = len(bound.conditions)
        found: Array = np.zeros(1, dtype=width)
        for at, condition in conditions:
            truth = self._truth(bound, condition, regions)
            bits = np.array([1 << at, 1 << (above + at), 0], dtype=width)
            found = found | bits[truth]
        return found

    def _truth(self, bound: BoundRule, node: Bound, regions: Mapping[str, Array]) -> Array:
        if isinstance(node, Test):
            name = bound.facts[node.fact].fact.name
            found: Array = self.cuts[name].truth(node)[regions[name]]
            return found
        parts = [self._truth(bound, part, regions) for part in node.parts]
        if node.join is Join.NOT:
            opposite: Array = 2 - parts[0]
            return opposite
        ordered = np.sort(np.stack(np.broadcast_arrays(*parts)), axis=0)
        needed = {Join.ALL: len(parts), Join.ANY: 1}.get(node.join, node.count)
        nth: Array = ordered[len(parts) - needed]
        return nth


def _spread(work: Callable[[int], None], starts: Sequence[int]) -> None:
    """Do the work of every part, on several threads where there are many: numpy lets go of the lock."""
    threads = min(MOST_THREADS, len(os.sched_getaffinity(0)), len(starts) // 2)
    if threads <= 1:
        for start in starts:
            work(start)
        return
    with ThreadPoolExecutor(threads, thread_name_prefix="columns") as pool:
        for _ in pool.map(work, starts):  # raises what a part raised
            pass


def width_of(bound: BoundRule) -> type[np.unsignedinteger[Any]]:
    """Return the narrowest number that holds both masks of a rule."""
    bits = 2 * len(bound.conditions)
    return next(width for width in _WIDTHS if bits <= np.iinfo(width).bits)


def masks_in(bound: BoundRule, packed: Array) -> tuple[Array, Array]:
    """Return the failing and the missing masks of packed ones."""
    above = len(bound.conditions)
    wide = packed.astype(np.uint64)
    return wide & np.uint64((1 << above) - 1), wide >> np.uint64(above)


def _mixed(facts: Sequence[str], counts: Sequence[int], regions: Mapping[str, Array]) -> Array:
    """Return one number a person that stands for the regions of several facts.

    Facts are mixed in bytes while their number fits, and only such numbers in two bytes: most of
    the work is done on half the memory. A number is below ``LARGEST_TABLE``.
    """
    mixed: tuple[Array, int] | None = None
    held: tuple[Array, int] | None = None
    for name, count in zip(facts, counts, strict=True):
        if held is not None and held[1] * count <= 1 << 8:
            held = _beside(held, regions[name], count)
            continue
        if held is not None:
            mixed = held if mixed is None else _beside(mixed, *held)
        held = regions[name], count
    assert held is not None
    return held[0] if mixed is None else _beside(mixed, *held)[0]


def _beside(held: tuple[Array, int], digit: Array, count: int) -> tuple[Array, int]:
    """Return a mixed number with one more digit of ``count`` values, as narrow as it fits."""
    number, size = held
    width = np.uint8 if size * count <= 1 << 8 else np.uint16
    wider = np.multiply(number, count, dtype=width, casting="unsafe")
    return np.add(wider, digit, out=wider, casting="unsafe"), size * count


def _names(bound: BoundRule) -> dict[str, None]:
    return dict.fromkeys(regions.fact.name for regions in bound.facts)


def _facts_below(node: Bound) -> list[int]:
    if isinstance(node, Test):
        return [node.fact]
    return [fact for part in node.parts for fact in _facts_below(part)]
