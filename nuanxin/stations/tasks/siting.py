"""Jobs of siting: working out a plan, proving it, taking up what was cut off, counting who works where."""

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from nuanxin.kernel import clock
from nuanxin.kernel.actor import SYSTEM
from nuanxin.stations.actions.siting import carry_out_plan, check_plan
from nuanxin.stations.actions.siting_proof import carry_out_proof
from nuanxin.stations.actions.worked_places import count_worked_places
from nuanxin.stations.queries.siting import list_interrupted_plans, list_interrupted_proofs


@app.task(name="stations.siting_plan", retry=RetryStrategy(max_attempts=4, exponential_wait=3))
def siting_plan(plan_id: int) -> None:
    """Work out a plan, or go on with it."""
    carry_out_plan(plan_id=plan_id, now=clock.now())


@app.task(name="stations.prove_siting_plan", retry=RetryStrategy(max_attempts=2, wait=5))
def prove_siting_plan(plan_id: int) -> None:
    """Prove how far a plan can be from the best: minutes, for a whole province."""
    carry_out_proof(plan_id=plan_id, now=clock.now())


@app.periodic(cron="* * * * *")
@app.task(name="stations.resume_siting", queueing_lock="stations.resume_siting")
def resume_siting(timestamp: int) -> None:
    """Take up plans whose job was lost: a killed worker, a restarted database."""
    for plan_id in list_interrupted_plans(clock.now()):
        lock = f"stations.siting.{plan_id}"
        siting_plan.configure(queueing_lock=lock).defer(plan_id=plan_id)
    for plan_id in list_interrupted_proofs(clock.now()):
        lock = f"stations.siting_proof.{plan_id}"
        prove_siting_plan.configure(queueing_lock=lock).defer(plan_id=plan_id)


@app.periodic(cron="25 2 * * *")
@app.task(name="stations.count_worked_places", queueing_lock="stations.count_worked_places")
def count_places(timestamp: int) -> None:
    """At night: count anew how many people of each trade work where."""
    count_worked_places(now=clock.now())


@app.task(name="stations.check_siting_plan")
def check_siting_plan(plan_id: int) -> None:
    """Work a large plan out again to check that it comes out the same."""
    check_plan(plan_id=plan_id, actor=SYSTEM, now=clock.now())
