"""The other side of ``bench.eligibility``: the same rules in OpenFisca-core, in its own interpreter.

    PYTHON bench/eligibility_openfisca.py FOLDER TIMES

Reads ``plans.json`` and the columns in FOLDER, writes ``openfisca-CODE.npy``, prints the best times
as JSON. Imports nothing of the product; the product never imports this.
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from openfisca_core import periods, taxbenefitsystems, variables
from openfisca_core.entities import build_entity
from openfisca_core.simulations import SimulationBuilder

MONTH = "2026-11"
PERSON = build_entity("person", "persons", "", is_person=True)


def variable(name, value_type, formula=None):
    """Return a variable's class; a formula calculates it, else it is an input."""
    body = {
        "value_type": value_type,
        "entity": PERSON,
        "definition_period": periods.DateUnit.MONTH,
        "label": name,
    }
    if formula is not None:
        body["formula"] = formula
    return type(name, (variables.Variable,), body)


def formula_of(plan):
    """Return a formula that says yes by person, in numpy as one writes it for OpenFisca."""

    def formula(persons, period):
        return evaluate(plan, lambda name: persons(name, period))

    return formula


def evaluate(plan, column_of):
    """Return yes by person; 0 is not known and never yes."""
    kind = plan[0]
    if kind in ("all", "any"):
        found = evaluate(plan[1], column_of)
        for part in plan[2:]:
            other = evaluate(part, column_of)
            found = found * other if kind == "all" else found + other
        return found
    if kind == "at_least":
        return sum(evaluate(part, column_of).astype(np.int8) for part in plan[2:]) >= plan[1]
    column = column_of(identifier(plan[1]))
    known = column != 0
    if kind == "in":
        held = column == plan[3][0] if len(plan[3]) == 1 else np.isin(column, plan[3])
    else:
        held = known if plan[3] is None else column >= plan[3]
        held = held if plan[4] is None else held & (column <= plan[4])
    return known & (~held if plan[2] else held)


def identifier(name):
    """Return a fact's name as OpenFisca allows it."""
    return name.replace(".", "_")


def once(folder, plans, facts, system):
    """Return the seconds to load columns, to build and calculate, to store the answers."""
    started = time.perf_counter()
    columns = {name: np.load(folder / f"{name}.npy").astype(np.int32) for name in facts}
    loaded = time.perf_counter()
    count = len(next(iter(columns.values())))
    busy = time.process_time()
    simulation = SimulationBuilder().build_default_simulation(system, count=count)
    for name, values in columns.items():
        simulation.set_input(identifier(name), MONTH, values)
    answers = {code: simulation.calculate(f"rule_{code}", MONTH) for code in plans}
    calculated, busy = time.perf_counter(), time.process_time() - busy
    for code, fits in answers.items():
        np.save(folder / f"openfisca-{code}.npy", fits)
    return loaded - started, calculated - loaded, time.perf_counter() - calculated, busy


def facts_of(plan):
    """Yield the facts that a plan reads."""
    if plan[0] in ("in", "within"):
        yield plan[1]
        return
    for part in plan[1:]:
        if isinstance(part, list):
            yield from facts_of(part)


def main(folder, times):
    """Measure and print."""
    plans = json.loads((folder / "plans.json").read_text(encoding="utf-8"))
    facts = sorted({name for plan in plans.values() for name in facts_of(plan)})
    system = taxbenefitsystems.TaxBenefitSystem([PERSON])
    for name in facts:
        system.add_variable(variable(identifier(name), int))
    for code, plan in plans.items():
        system.add_variable(variable(f"rule_{code}", bool, formula_of(plan)))
    runs = [once(folder, plans, facts, system) for _ in range(times)]
    best = min(runs, key=lambda run: sum(run[:3]))
    told = dict(zip(("load", "calculate", "store"), best[:3], strict=True))
    told["computed"] = min(run[3] for run in runs)
    print(json.dumps(told | {"version": version("openfisca-core")}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
