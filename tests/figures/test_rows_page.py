"""From a number to who was counted, and away as a workbook that leaves a trace."""

from datetime import timedelta

import pytest
from django.urls import reverse

from nuanxin.figures.actions import export_rows
from nuanxin.figures.queries.behind import rows_behind
from nuanxin.kernel.actor import Role
from nuanxin.kernel.errors import Conflict, Forbidden, NotFound
from nuanxin.membership.figures.rows import OF_SPANS
from nuanxin.records.models import Event
from tests.figures.conftest import NOW
from tests.figures.world import LAST

pytestmark = pytest.mark.django_db

LIVE = "membership.live_members_persons"


def take(actor, union, **asked):
    return export_rows(code=LIVE, union_code=union.code, as_of=LAST, actor=actor, now=NOW, **asked)


def test_who_takes_rows_away_is_recorded(world, holder):
    page = take(holder("gongshu"), world.unions["gongshu"])
    event = Event.objects.get(kind="figures.rows_exported")
    assert event.data["rows"] == len(page.rows) == page.measurement.value
    assert event.data["digest"] == page.measurement.digest


def test_only_who_may_export_takes_rows_away(world, holder):
    union = world.unions["gongshu"]
    assert take(holder("gongshu"), union)
    for actor, refusal in (
        (holder("xihu"), NotFound),
        (holder("gongshu", Role.AUDITOR), Forbidden),
        (holder("hangzhou", Role.CITY_CADRE), Forbidden),
    ):
        with pytest.raises(refusal):
            take(actor, union)
    assert Event.objects.filter(kind="figures.rows_exported").count() == 1


def test_too_many_rows_are_asked_for_in_parts(world, holder, monkeypatch):
    monkeypatch.setattr("nuanxin.figures.queries.behind.EXPORT_LIMIT", 3)
    with pytest.raises(Conflict) as refused:
        take(holder("gongshu"), world.unions["gongshu"])
    assert refused.value.code == "figures.too_many_rows"


def test_the_page_leads_from_the_overview_to_the_rows(cast):
    client, union = cast.client("county_cadre"), cast.union("county")
    address = reverse("figure-rows", args=[LIVE, union.code])
    assert address in client.get(reverse("desk-overview")).content.decode()
    answer = client.get(address)
    assert answer.status_code == 200
    assert reverse("figure-rows-export", args=[LIVE, union.code]) in answer.content.decode()
    workbook = client.post(reverse("figure-rows-export", args=[LIVE, union.code]))
    assert workbook.content[:2] == b"PK"


def test_a_figure_without_rows_says_so(cast):
    address = reverse("figure-rows", args=["membership.invited_persons", cast.union("county").code])
    assert cast.client("county_cadre").get(address).status_code == 404


@pytest.mark.parametrize("code", sorted(OF_SPANS))
def test_who_was_reached_served_or_on_hold_can_be_opened_and_leads_to_the_other_figures(cast, code):
    client, union = cast.client("county_cadre"), cast.union("county")
    answer = client.get(reverse("figure-rows", args=[code, union.code]))
    assert answer.status_code == 200
    assert reverse("figure-rows", args=[LIVE, union.code]) in answer.content.decode()


def test_spans_are_listed_only_as_known_now(world, holder):
    union = world.unions["gongshu"]
    with pytest.raises(NotFound) as refused:
        rows_behind(
            code="membership.reachable_persons",
            union_code=union.code,
            known_on=LAST - timedelta(days=1),
            actor=holder("gongshu"),
            now=NOW,
        )
    assert refused.value.code == "figures.no_rows_as_known"
