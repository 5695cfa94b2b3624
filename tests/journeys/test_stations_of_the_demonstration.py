"""The stations of the demonstration stand as the rule would settle them, and their year is there."""

import pytest
from django.test import Client

from nuanxin.stations.actions.reporting import settled_topics
from nuanxin.stations.models import StationReport, StationState, VisitMonth, VisitSketch
from nuanxin.stations.states.reporting import Topic

pytestmark = pytest.mark.slow


def test_every_station_stands_as_the_rule_settles_it(world):
    now = world.clock.now
    known = 0
    for row in StationState.objects.select_related("station"):
        settled = settled_topics(row.station, now)[Topic.DOOR]
        shown = row.state if row.fresh_until is not None and row.fresh_until > now else 0
        assert shown == (settled.said - 9 if settled.said else 0), row.station.code
        if settled.fresh_until is not None:
            known += 1
            assert abs((row.fresh_until - settled.fresh_until).total_seconds()) < 1
            assert row.confidence == settled.confidence
    assert known >= 10


def test_there_are_reports_and_visits_and_a_link_that_opens(world):
    assert StationReport.objects.count() > 50
    assert VisitSketch.objects.count() > 300
    assert VisitMonth.objects.exists()
    path = "/" + world.objects["keeper_link"].split("/", 3)[3]
    assert Client().get(path).status_code == 200
