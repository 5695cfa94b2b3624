"""The proof that takes time, asked for at the desk, kept with the plan; and capacity asked for there."""

import pytest
from django.db import IntegrityError, transaction

from nuanxin.kernel.errors import Conflict, NotFound
from nuanxin.stations.actions import siting, siting_proof
from nuanxin.stations.models import SitingPlan
from nuanxin.stations.states import PlanState
from tests.stations.test_siting import FORM, carried_out, three_quarters

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
__all__ = ["three_quarters"]


def left_unproved(plan):
    """Let a plan stand as one that the quick bound did not prove to be the best."""
    bound = plan.result["served"] * 1.2
    plan.result |= {"is_best": False, "bound": bound, "gap": 0.16, "proof": "lagrange"}
    plan.save(update_fields=["result"])
    return plan


@pytest.mark.parametrize("seats", [0, 2])
def test_a_plan_is_proved_by_a_job_and_the_proof_is_kept_with_it(three_quarters, seats):
    cast = three_quarters
    plan = left_unproved(carried_out(cast, count=1, seats=seats))
    browser = cast.client("county_cadre")
    address = f"/desk/stations/siting/{plan.id}/"
    assert "证明一遍" in browser.get(address).text
    assert browser.post(f"{address}act/", {"do": "prove"}).status_code == 302
    assert "正在证明离最好差多少" in browser.get(address).text
    siting_proof.carry_out_proof(plan_id=plan.id, now=cast.now)
    before = dict(plan.result)
    plan.refresh_from_db()
    assert (plan.proof_state, plan.result) == (PlanState.DONE, before)
    assert plan.result["served"] <= plan.proof["bound"] < plan.result["bound"]
    assert plan.proof["by"] == ("room" if seats else "linear")
    assert "再证一遍" in browser.get(address).text
    siting_proof.carry_out_proof(plan_id=plan.id, now=cast.now)  # done is done


def test_what_is_proved_already_or_of_another_county_is_not_asked_for(three_quarters):
    cast = three_quarters
    plan = carried_out(cast)
    assert plan.result["is_best"]
    with pytest.raises(Conflict):
        siting_proof.ask_for_proof(plan_id=plan.id, actor=cast.county_cadre, now=cast.now)
    with pytest.raises(NotFound):
        siting_proof.ask_for_proof(
            plan_id=plan.id + 1_000_000, actor=cast.county_cadre, now=cast.now
        )
    with pytest.raises(IntegrityError, match="siting_proof"), transaction.atomic():
        SitingPlan.objects.filter(id=plan.id).update(proof_state=PlanState.DONE)


def test_a_cadre_ticks_capacity_and_reads_what_it_did(three_quarters):
    cast = three_quarters
    browser = cast.client("county_cadre")
    asked = FORM | {"counts_room": "on", "seats": "2", "vans": "0"}
    assert browser.post("/desk/stations/siting/new/", asked | {"seats": ""}).status_code == 422
    address = browser.post("/desk/stations/siting/new/", asked).url
    plan = SitingPlan.objects.get()
    siting.carry_out_plan(plan_id=plan.id, now=cast.now)
    plan.refresh_from_db()
    plain = carried_out(cast, opens=8, closes=22)
    assert 0 < plan.result["served"] < plain.result["served"]
    hours = 22 - 8
    assert all(site["gain"] <= 2 * 3 * hours for site in plan.result["sites"])
    page = browser.get(address).text
    assert "一小时最多接 6 人次" in page
    assert "计入容量（新站 2 座）" in page
    assert siting.check_plan(plan_id=plan.id, actor=cast.county_cadre, now=cast.now)
