"""How far a plan can be from the best, proved once more: by the linear programme, with time to do it."""

from datetime import datetime
from time import monotonic
from typing import Any

from django.db import transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict
from nuanxin.records.actions import append_event
from nuanxin.stations.models import SitingPlan
from nuanxin.stations.queries.siting import get_plan_row
from nuanxin.stations.rules.siting import Choice, in_order_of_gain
from nuanxin.stations.rules.siting_plan import Question, reached, unpack
from nuanxin.stations.rules.siting_proof import PROOF_STEPS, Proved, prove, prove_with_room
from nuanxin.stations.states import PlanState


@transaction.atomic
def ask_for_proof(*, plan_id: int, actor: Actor, now: datetime) -> None:
    """Note that a plan's bound is to be proved; the job does it (``carry_out_proof``).

    Asked twice while it is worked on is once. Raises ``NotFound`` out of scope, ``Conflict`` where nothing
    is left to prove: the plan is not done, has no fixed sites, or is proved to be the best.
    """
    get_plan_row(plan_id, actor=actor)
    plan = SitingPlan.objects.select_for_update().get(id=plan_id)
    if plan.state != PlanState.DONE or plan.question is None:
        raise Conflict("stations.siting_not_done", "这份方案还没有算好，没有可证明的。")
    if not plan.result["sites"] or plan.result["is_best"]:
        raise Conflict("stations.siting_proved", "这份方案没有更好的了，不用再证。")
    if plan.proof_state is not None and PlanState(plan.proof_state).is_working:
        return
    plan.proof_state, plan.proof_steps, plan.proof_moved_at = PlanState.WAITING, 0, now
    plan.proof = {}
    plan.save(update_fields=["proof_state", "proof_steps", "proof_moved_at", "proof"])
    append_event(
        "stations.siting_proof_asked",
        actor=actor,
        at=now,
        subject_type="siting_plan",
        subject_id=plan.id,
        union_id=plan.union_id,
        data={"digest": plan.digest},
    )


def carry_out_proof(*, plan_id: int, now: datetime) -> None:
    """Prove a plan's bound from what was kept, and keep it: bound, gap, seconds, by what.

    The answer of the plan stays as it is. What did not come out in time is said, and may be asked again.
    """
    plan = SitingPlan.objects.filter(id=plan_id).first()
    if plan is None or plan.question is None or plan.proof_state is None:
        return
    if not PlanState(plan.proof_state).is_working:
        return

    def moved(step: int) -> None:
        _keep(plan_id, proof_state=PlanState.RUNNING, proof_steps=step, proof_moved_at=now)

    moved(0)
    question = unpack(bytes(plan.question))
    started = monotonic()
    found = _proved(question, plan.result, moved)
    seconds = round(monotonic() - started, 1)
    if found.bound is None:
        kept: dict[str, Any] = {"seconds": seconds, "by": found.by.value}
        _keep(plan_id, proof_state=PlanState.FAILED, proof=kept)
        return
    served = float(plan.result["served"])
    bound = max(served, found.bound)
    kept = {
        "bound": round(bound, 2),
        "gap": round(1 - served / bound, 5) if bound > 0 else 0.0,
        "seconds": seconds,
        "by": found.by.value,
        "at": now.isoformat(),
    }
    _keep(plan_id, proof_state=PlanState.DONE, proof_steps=PROOF_STEPS, proof=kept)


def _proved(question: Question, result: dict[str, Any], moved: Any) -> Proved:
    incidence = reached(question)
    chosen = tuple(int(site["place"]) for site in result["sites"])
    moved(1)
    if question.holds is not None:
        hours = slice(question.opens, question.closes)
        demand = question.unserved[:, hours]
        return prove_with_room(incidence, demand, chosen, question.count, question.holds, moved)
    choice: Choice = in_order_of_gain(incidence, chosen)
    return prove(incidence, choice, question.count, moved)


def _keep(plan_id: int, **fields: Any) -> None:
    SitingPlan.objects.filter(id=plan_id).update(**fields)
