"""Twenty rules over a register: columns, PostgreSQL and OpenFisca-core, equal person by person.

    python -m bench.eligibility [--full] [--rows 10000,1175000] [--openfisca PYTHON] [--numba PYTHON]
                                [--no-database]

The rules are those that are shipped; the people are made up, one in twenty facts not known. From
stored facts to stored answers: each side loads its columns from files, calculates and stores an
answer a person and rule; the product stores the reasons too. OpenFisca-core (AGPL, never part of
the product) is measured where an interpreter has it: this one, or the one that is named. It gets
its best case: flat persons, whole numbers, formulas of numpy, no third answer. From warm columns (at
hand, nothing stored) the product is held against its building and calculating, and against the limit:
the same answers by compiled loops on two threads (numba), where an interpreter has that.
"""

import argparse
import importlib.util
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from bench.ground import PROVINCE, own_database, parser_of, percentile, promise, sizes_of, slope
from nuanxin.eligibility.rules.binding import Bound, BoundRule, Test
from nuanxin.eligibility.rules.checking import read_checked
from nuanxin.eligibility.rules.columns import Column, Engine, masks_in
from nuanxin.eligibility.rules.explaining import Known, explain
from nuanxin.eligibility.rules.predicates import OneOf
from nuanxin.eligibility.rules.statement import find_statement
from nuanxin.eligibility.states import Join
from nuanxin.kernel.fact import Fact, FactType
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.rules.conditions import rule_codes, rule_text

DAY = date(2026, 11, 27)
RULES = 20
TIMES = 3
WARM_TIMES = 10
UNKNOWN_SHARE = 0.05
CHANGED_SHARE = 0.01
LARGEST_WITH_DATABASE = PROVINCE


def main() -> int:
    """Measure every size and print the tables."""
    options = _options()
    rules = [read_checked(rule_text(code), CATALOGUE, on=DAY) for code in rule_codes()[:RULES]]
    facts = {regions.fact.name: regions.fact for bound in rules for regions in bound.facts}
    with nullcontext() if options.no_database else own_database():
        print(f"{len(rules)} rules over {len(facts)} facts, best of {TIMES}\n")
        print("| people | engine | load s | calculate s | store s | whole s | of the product |")
        print("|---|---|---|---|---|---|---|")
        seen = [_size(size, rules, facts, options) for size in sizes_of(options)]
    _tell_growth(seen)
    _tell_explaining(rules, facts)
    return 0


def _options() -> argparse.Namespace:
    parser = parser_of(__doc__)
    parser.add_argument("--openfisca", default="", help="an interpreter that has openfisca-core")
    parser.add_argument("--numba", default="", help="an interpreter that has numba")
    parser.add_argument("--no-database", action="store_true", help="leave PostgreSQL out")
    options = parser.parse_args()
    if not options.openfisca and importlib.util.find_spec("openfisca_core"):
        options.openfisca = sys.executable
    if not options.openfisca:
        print(
            "OpenFisca-core is not importable here: left out (--openfisca names an interpreter)\n"
        )
    return options


# ---- people -----------------------------------------------------------------------------------


def columns_of(size: int, facts: Mapping[str, Fact], seed: int = 1) -> dict[str, Column]:
    """Return made-up columns, one in twenty not known."""
    random_numbers = np.random.default_rng(seed)
    return {name: _column(fact, size, random_numbers) for name, fact in facts.items()}


def _column(fact: Fact, size: int, random_numbers: np.random.Generator) -> Column:
    low, high = _range(fact)
    codes = random_numbers.integers(1, high - low + 2, size)
    codes[random_numbers.random(size) < UNKNOWN_SHARE] = 0
    width = next(w for w in (np.uint8, np.uint16, np.uint32) if high - low + 2 < np.iinfo(w).max)
    return Column(fact, codes.astype(width), low)


def _range(fact: Fact) -> tuple[int, int]:
    if fact.choices:
        values = [int(choice.value) for choice in fact.choices]
        return min(values), max(values)
    if fact.type is FactType.BOOLEAN:
        return 0, 1
    if fact.type is FactType.FEN:
        return 50_000, 400_000
    if fact.type is FactType.DATE:
        return DAY.toordinal() - 4_000, DAY.toordinal()
    return 0, 70


# ---- one size ---------------------------------------------------------------------------------


def _size(
    size: int, rules: list[BoundRule], facts: Mapping[str, Fact], options: argparse.Namespace
) -> dict[str, Any]:
    columns = columns_of(size, facts)
    with tempfile.TemporaryDirectory(prefix="nuanxin-bench-") as made:
        folder = Path(made)
        for name, column in columns.items():
            np.save(folder / f"{name}.npy", column.codes)
        product = min((_product(rules, columns, folder) for _ in range(WARM_TIMES)), key=_whole)
        _tell(size, "columns, answers and reasons", product, product)
        changed = _changed(rules, columns, folder)
        share = _whole(changed) / _whole(product)
        told = " | ".join(f"{one:.4f}" for one in (*changed, _whole(changed)))
        print(
            f"| {size:,} | the same after 1 % changed, every fact of theirs | {told} | {share:.1%} |"
        )
        _plain(size, rules, columns, product)
        warm = _warm(size, rules, columns, product)
        if options.openfisca:
            _openfisca(size, rules, columns, folder, options.openfisca, product, warm)
        if options.numba:
            _limit(size, rules, columns, folder, options.numba, product, warm)
        if not options.no_database and size <= LARGEST_WITH_DATABASE:
            _database(size, rules, columns, product)
    if size == PROVINCE:
        promise("1 % changed", "≤ 5 % of full", f"{share:.1%}", is_kept=share <= 0.05)
    return {"size": size, "whole": _whole(product), "calculate": product[1]}


def _whole(times: tuple[float, float, float]) -> float:
    return sum(times)


def _tell(
    size: int, engine: str, times: tuple[float, float, float], product: tuple[float, float, float]
) -> None:
    told = " | ".join(f"{one:.3f}" for one in (*times, _whole(times)))
    print(f"| {size:,} | {engine} | {told} | {_whole(times) / _whole(product):.1f} × |", flush=True)


def _product(
    rules: list[BoundRule], columns: Mapping[str, Column], folder: Path
) -> tuple[float, float, float]:
    """Return the seconds to load the columns, to calculate, to store answers with their reasons."""
    started = time.perf_counter()
    loaded = {
        name: Column(column.fact, np.load(folder / f"{name}.npy"), column.base, column.words)
        for name, column in columns.items()
    }
    at_hand = time.perf_counter()
    answers = stored_form(Engine(rules, loaded))
    calculated = time.perf_counter()
    for name, packed in answers.items():
        np.save(folder / f"{name}.npy", packed)
    return at_hand - started, calculated - at_hand, time.perf_counter() - calculated


def stored_form(
    engine: Engine, codes: dict[str, np.ndarray] | None = None
) -> dict[str, np.ndarray]:
    """Return the answers as they are stored: blocks of several rules, a row a person."""
    blocks, alone = engine.packed() if codes is None else engine.packed_of(codes)
    return {f"answers-{at}": block for at, block in enumerate(blocks)} | {
        f"answers-of-{number}": packed for number, packed in alone.items()
    }


def _changed(
    rules: list[BoundRule], columns: Mapping[str, Column], folder: Path
) -> tuple[float, float, float]:
    """Return the seconds to take in the changes of 1 % of the people, to answer, to store answers."""
    size = len(next(iter(columns.values())).codes)
    rows = np.sort(np.random.default_rng(2).choice(size, max(1, int(size * CHANGED_SHARE)), False))
    fresh = columns_of(len(rows), {name: one.fact for name, one in columns.items()}, seed=3)
    engine = Engine(rules, columns)
    kept = {name: np.load(folder / f"{name}.npy", mmap_mode="r+") for name in stored_form(engine)}
    times = []
    for _ in range(WARM_TIMES):
        started = time.perf_counter()
        for name, column in columns.items():
            column.codes[rows] = fresh[name].codes
        taken_in = time.perf_counter()
        answers = stored_form(engine, {name: one.codes for name, one in fresh.items()})
        answered = time.perf_counter()
        for name, packed in answers.items():
            kept[name][rows] = packed
        stored = time.perf_counter()
        times.append((taken_in - started, answered - taken_in, stored - answered))
    for name, packed in stored_form(Engine(rules, columns)).items():
        assert (kept[name] == packed).all(), "what was re-evaluated differs from the whole"
    for name, column in columns.items():  # what is measured next sees the same people
        np.save(folder / f"{name}.npy", column.codes)
    return min(times, key=_whole)


# ---- beside it --------------------------------------------------------------------------------


def _fits(rules: list[BoundRule], columns: Mapping[str, Column]) -> list[np.ndarray]:
    return [packed == 0 for packed in Engine(rules, columns).answers()]


def _plain(
    size: int,
    rules: list[BoundRule],
    columns: Mapping[str, Column],
    product: tuple[float, float, float],
) -> None:
    """Measure numpy as one would write it by hand: yes only, no reasons, nothing stored."""
    plans = [plan_of(bound, columns) for bound in rules]
    codes = {name: column.codes.astype(np.int32) for name, column in columns.items()}
    best = float("inf")
    for _ in range(TIMES):
        started = time.perf_counter()
        found = [evaluate(plan, codes) for plan in plans]
        best = min(best, time.perf_counter() - started)
    for mine, theirs in zip(_fits(rules, columns), found, strict=True):
        assert (mine == theirs).all(), "plain numpy differs"
    _tell(size, "plain numpy, yes only, nothing loaded or stored", (0.0, best, 0.0), product)


def plan_of(bound: BoundRule, columns: Mapping[str, Column]) -> list[Any]:
    """Return the rule as lists of numbers: what another engine needs to say yes (or not yes)."""
    return ["all", *(_plan(node, bound, columns) for node in bound.conditions)]


def _plan(node: Bound, bound: BoundRule, columns: Mapping[str, Column]) -> list[Any]:
    if not isinstance(node, Test):
        assert node.join is not Join.NOT, "yes only: a rule with not needs the third answer"
        parts = [_plan(part, bound, columns) for part in node.parts]
        return [node.join.value, *([node.count] if node.join is Join.AT_LEAST else []), *parts]
    name = bound.facts[node.fact].fact.name
    base = columns[name].base
    if isinstance(node.predicate, OneOf):
        return ["in", name, node.negated, sorted(int(v) - base + 1 for v in node.predicate.values)]
    low, high = (
        None if end is None else (end.toordinal() if isinstance(end, date) else end) - base + 1
        for end in (node.predicate.low, node.predicate.high)
    )
    return ["within", name, node.negated, low, high]


def evaluate(plan: list[Any], codes: Mapping[str, Any]) -> Any:
    """Return yes by person, of numpy columns by fact name; 0 is not known and never yes."""
    kind = plan[0]
    if kind in ("all", "any"):
        found = evaluate(plan[1], codes)
        for part in plan[2:]:
            other = evaluate(part, codes)
            found = found & other if kind == "all" else found | other
        return found
    if kind == "at_least":
        return sum(evaluate(part, codes).astype(np.int8) for part in plan[2:]) >= plan[1]
    column = codes[plan[1]]
    known = column != 0
    if kind == "in":
        held = column == plan[3][0] if len(plan[3]) == 1 else np.isin(column, plan[3])
    else:
        held = known if plan[3] is None else column >= plan[3]
        held = held if plan[4] is None else held & (column <= plan[4])
    return known & (~held if plan[2] else held)


def _warm(
    size: int,
    rules: list[BoundRule],
    columns: Mapping[str, Column],
    product: tuple[float, float, float],
) -> float:
    """Return the seconds by the clock from columns at hand to answers and reasons.

    Nothing is kept between. The product takes the threads that the machine has, OpenFisca has one:
    the clock is what somebody waits; seconds computed by all threads together stand beside it.
    """
    best = computed = float("inf")
    for _ in range(WARM_TIMES):
        started, busy = time.perf_counter(), time.process_time()
        Engine(rules, columns).packed()
        best = min(best, time.perf_counter() - started)
        computed = min(computed, time.process_time() - busy)
    engine = f"warm columns, answers and reasons ({computed:.3f} s computed)"
    _tell(size, engine, (0.0, best, 0.0), product)
    return best


def _limit(
    size: int,
    rules: list[BoundRule],
    columns: Mapping[str, Column],
    folder: Path,
    python: str,
    product: tuple[float, float, float],
    warm: float,
) -> None:
    """Measure the engine's own tables taken by compiled loops; check that they say the same."""
    engine = Engine(rules, columns)
    (folder / "limit.json").write_text(json.dumps([block.facts for block in engine.blocks]))
    for at, block in enumerate(engine.blocks):
        np.save(folder / f"limit-{at}-table.npy", block.table)
        strides = np.cumprod((1, *reversed(block.counts[1:])))[::-1]
        for name, stride in zip(block.facts, strides.tolist(), strict=True):
            every = np.arange(int(columns[name].codes.max()) + 1, dtype=columns[name].codes.dtype)
            regions = engine.cuts[name].regions(every).astype(np.int32)
            np.save(folder / f"limit-{at}-{name}.npy", regions * stride)
    told = _elsewhere(size, python, "eligibility_numba.py", folder, WARM_TIMES)
    if told is None:
        return
    limit = told["calculate"]
    said = f"numba {told['version']}, two threads: the limit ({told['computed']:.3f} s computed)"
    _tell(size, said, (0.0, told["calculate"], 0.0), product)
    for at, block in enumerate(engine.packed()[0]):
        assert (np.load(folder / f"limit-{at}.npy") == block).all(), "the limit differs"
    if size == PROVINCE:
        promise("warm columns", "≤ 5 × numba", f"{warm / limit:.1f} ×", is_kept=warm <= 5 * limit)  # fmt: skip


def _elsewhere(
    size: int, python: str, script: str, folder: Path, times: int
) -> dict[str, Any] | None:
    """Return what another interpreter measured; None, and said so, where it did not run."""
    ran = subprocess.run(
        [python, str(Path(__file__).with_name(script)), str(folder), str(times)],
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        why = ran.stderr.strip().splitlines()[-1]
        print(f"| {size:,} | {script} did not run: {why} | | | | | |")
        return None
    told: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return told


def _openfisca(
    size: int,
    rules: list[BoundRule],
    columns: Mapping[str, Column],
    folder: Path,
    python: str,
    product: tuple[float, float, float],
    warm: float,
) -> None:
    plans = {bound.rule.code: plan_of(bound, columns) for bound in rules}
    (folder / "plans.json").write_text(json.dumps(plans), encoding="utf-8")
    told = _elsewhere(size, python, "eligibility_openfisca.py", folder, TIMES)
    if told is None:
        return
    times = (told["load"], told["calculate"], told["store"])
    engine = f"OpenFisca-core {told['version']}, yes only ({told['computed']:.3f} s computed to calculate)"
    _tell(size, engine, times, product)
    for bound, mine in zip(rules, _fits(rules, columns), strict=True):
        theirs = np.load(folder / f"openfisca-{bound.rule.code}.npy")
        assert (mine == theirs).all(), f"OpenFisca differs on {bound.rule.code}"
    share = _whole(product) / _whole(times)
    if size == PROVINCE:
        promise("20 rules × 1,175,000", "≤ 0.5 × OpenFisca", f"{share:.2f} ×", is_kept=share <= 0.5)
        faster = told["calculate"] / warm
        promise("warm columns", "≥ 10 × faster than OpenFisca builds and calculates", f"{faster:.1f} ×",
                is_kept=faster >= 10)  # fmt: skip


def _database(
    size: int,
    rules: list[BoundRule],
    columns: Mapping[str, Column],
    product: tuple[float, float, float],
) -> None:
    """Measure the one statement over a table of the same facts; check that all masks are equal."""
    from django.db import connection

    names = {name: f"c{number}" for number, name in enumerate(columns)}
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_people, bench_answers")
        listed = ", ".join(f"{column} int" for column in names.values())
        cursor.execute(f"CREATE UNLOGGED TABLE bench_people (id int, {listed})")
        with cursor.copy("COPY bench_people FROM STDIN") as copy:
            for start in range(0, size, 50_000):
                copy.write(_as_text(columns, slice(start, min(start + 50_000, size))))
        cursor.execute("ANALYZE bench_people")
        catalogue = _FlatCatalogue(names, columns)
        statement = find_statement(rules, catalogue, population="bench_people w")  # type: ignore[arg-type]
        started = time.perf_counter()
        cursor.execute(
            f"CREATE UNLOGGED TABLE bench_answers AS {statement.sql}", statement.parameters
        )
        seconds = time.perf_counter() - started
        masks = [f"{kind}_{n}" for n in range(len(rules)) for kind in ("failing", "missing")]
        sums = ", ".join(f"sum({mask}::bigint * (id % 1009 + 1))" for mask in masks)
        cursor.execute(f"SELECT {sums} FROM bench_answers")
        found = [int(one) for one in cursor.fetchone()]
    weights = np.arange(size) % 1009 + 1
    for number, (bound, packed) in enumerate(
        zip(rules, Engine(rules, columns).answers(), strict=True)
    ):
        told = [int((mask.astype(np.int64) * weights).sum()) for mask in masks_in(bound, packed)]
        assert found[2 * number : 2 * number + 2] == told, f"SQL differs on {bound.rule.code}"
    _tell(size, "PostgreSQL, one statement, answers and reasons", (0.0, seconds, 0.0), product)


class _FlatCatalogue:
    """Reads each fact from a column of the bench's own table."""

    def __init__(self, names: Mapping[str, str], columns: Mapping[str, Column]) -> None:
        self.names, self.columns = names, columns

    def sql_of(self, fact: Fact) -> str:
        column, base = self.names[fact.name], self.columns[fact.name].base
        if fact.type is FactType.BOOLEAN:
            return f"(nullif(w.{column}, 0) = {2 - base})"
        if fact.type is FactType.DATE:
            return f"('0001-01-01'::date + nullif(w.{column}, 0) + {base - 2})"
        return f"(nullif(w.{column}, 0) + {base - 1})"


def _as_text(columns: Mapping[str, Column], part: slice) -> str:
    ids = np.arange(part.start, part.stop)
    rows = np.column_stack([ids, *(column.codes[part] for column in columns.values())])
    return "\n".join("\t".join(map(str, row)) for row in rows.tolist()) + "\n"


# ---- growth, one person -----------------------------------------------------------------------


def _tell_growth(seen: list[dict[str, Any]]) -> None:
    if len(seen) < 2:
        return
    first, last = seen[0], seen[-1]
    whole = slope((first["size"], first["whole"]), (last["size"], last["whole"]))
    print(f"\nlog-log slope from {first['size']:,} to {last['size']:,}: {whole:.2f}")
    promise("growth", "slope ≤ 1.05", f"{whole:.2f}", is_kept=whole <= 1.05)


def _tell_explaining(rules: list[BoundRule], facts: Mapping[str, Fact]) -> None:
    """Measure one person explained for every rule, many times over."""
    times = _explaining(rules, facts)
    said = f"{percentile(times, 0.5):.1f} ms, p95 {percentile(times, 0.95):.1f} ms"
    print(f"\none person explained for {len(rules)} rules: {said}")
    worst = percentile(times, 0.95)
    promise("one person, all rules", "≤ 30 ms", f"{worst:.1f} ms (p95)", is_kept=worst <= 30)


def _explaining(rules: list[BoundRule], facts: Mapping[str, Fact]) -> list[float]:
    people = random.Random(4)
    everybody = frozenset(fact.consent for fact in facts.values() if fact.consent)
    times = []
    for _ in range(200):
        known = {
            name: Known(_value(fact, people))
            for name, fact in facts.items()
            if people.random() > UNKNOWN_SHARE
        }
        started = time.perf_counter()
        for bound in rules:
            explain(bound, known, consents=everybody).as_plain()
        times.append((time.perf_counter() - started) * 1_000)
    return times


def _value(fact: Fact, people: random.Random) -> Any:
    low, high = _range(fact)
    value = people.randint(low, high)
    if fact.type is FactType.BOOLEAN:
        return bool(value)
    return date.fromordinal(value) if fact.type is FactType.DATE else value


if __name__ == "__main__":
    sys.exit(main())
