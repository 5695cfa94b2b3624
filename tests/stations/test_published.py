"""Figures of 驿站 are published by two people as members' are: derived, signed, recomputed, corrected."""

import subprocess
import sys
from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import connection

from nuanxin.figures.actions import publishing
from nuanxin.figures.actions.drafting import Choice
from nuanxin.figures.actions.evidence import export_evidence, signed_document
from nuanxin.figures.models import Publication
from nuanxin.figures.queries import measure
from nuanxin.figures.queries.deriving import PUBLISHABLE, RATIOS
from nuanxin.figures.queries.publications import compare, lines_of
from nuanxin.figures.queries.publishing import measure_for_everybody
from nuanxin.figures.queries.verifying import verify_all, verify_publication
from nuanxin.figures.rules.recompute import main as recompute
from nuanxin.kernel.actor import Actor, Grant, Role
from nuanxin.kernel.errors import Forbidden, Malformed
from nuanxin.kernel.figure import ratio_value
from nuanxin.kernel.period import Period
from nuanxin.stations.models import Station, VisitMonth, VisitSketch
from nuanxin.stations.states.reporting import Said
from tests.stations.test_figures import at, now, said  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
OPEN, BENCHMARK = "stations.open_stations", "stations.benchmark_percent"
VISITS, VISITORS = "stations.visits_person_times", "stations.visitors_persons"
PROMISED, DELIVERED = "stations.promised_hours", "stations.delivered_hours"
KEPT_SHARE = "stations.delivered_percent"
TOWNS = "stations.served_towns_percent"
EVERY = tuple(code for code in PUBLISHABLE if code.startswith("stations."))
GONGSHU, XIHU, YINZHOU = 330105, 330106, 330212


@pytest.fixture
def lived(street):
    """Stations of two cities with visits and words in March; of 西湖 nobody recorded anything."""
    begun = {"opened_on": date(2026, 2, 1), "hours": "08:00-20:00"}
    one = street.station(is_benchmark=True, town_code="330105005", **begun)
    two = street.station(town_code="330105007", **begun)
    near = street.station(is_24h=True, town_code="", **begun)
    far = street.station(town_code="", **begun)
    for station, county in ((one, GONGSHU), (two, GONGSHU), (near, XIHU), (far, YINZHOU)):
        Station.objects.filter(id=station.id).update(adcode=county, created_at=at(date(2026, 2, 1)))
    for station, times in ((one, 14), (two, 3), (far, 5)):
        for number in range(4):
            VisitSketch.objects.create(
                station=station, day=date(2026, 3, 2 + number), visits_person_times=times + number,
                visitors_persons=max(1, times - 2),
            )  # fmt: skip
        VisitMonth.objects.create(
            station=station, month=MARCH.start, visits_person_times=9, visitors_persons=2 * times
        )
    said(one, Said.OPEN, at(date(2026, 3, 2), 9))
    said(one, Said.CLOSED, at(date(2026, 3, 3), 14))
    said(far, Said.OPEN, at(date(2026, 3, 4), 9))
    return street


def officer(street, number: int, role: Role = Role.PROVINCE_CADRE) -> Actor:
    top = street.cast.unions["province"]
    return Actor(account_id=UUID(int=number), name=f"干部{number}",
                 grants=(Grant(role, top.id, top.path),))  # fmt: skip


def drafted(street, now, codes=EVERY, **more):  # noqa: F811
    given = {"as_of": MARCH.end, "since": MARCH.start} | more
    question = publishing.Question("三月驿站", Choice(codes, below=2), **given)
    code = street.cast.unions["city" if codes == EVERY else "province"].code
    return publishing.draft_publication(
        union_code=code, question=question, actor=officer(street, 1), now=now
    )


def published(street, draft: Publication, now):  # noqa: F811
    found = publishing.check_publication(publication_id=draft.id, actor=officer(street, 1), now=now)
    assert not [one.sentence for one in found if one.blocks]
    publishing.approve_publication(publication_id=draft.id, actor=officer(street, 2), now=now)
    return publishing.publish_publication(
        publication_id=draft.id, actor=officer(street, 3), now=now
    )


def told(done):
    return {(line.code, line.region): line for line in lines_of(done.id)}


def test_every_figure_of_stations_is_published_as_it_is_measured(lived, now):  # noqa: F811
    done = published(lived, drafted(lived, now), now)
    lines = told(done)
    assert {code for code, _ in lines} == set(EVERY)
    assert {OPEN, BENCHMARK, VISITS, VISITORS, PROMISED, DELIVERED, KEPT_SHARE, TOWNS} < set(EVERY)
    seen = {key: line for key, line in lines.items() if key[1] in (330100, GONGSHU, XIHU)}
    for (code, region), line in seen.items():
        asked = {"as_of": MARCH.end} if line.period_start is None else {"period": MARCH}
        given = {"region": region, "known_at": done.known_at, "now": now, **asked}
        measured = measure(code, **given)
        assert (line.measured, line.measured_numerator) == (measured.value, measured.numerator)
        public = measure_for_everybody(code, region=region, now=now, **asked)
        assert (line.value, line.numerator) == (public.value, public.numerator), code


def test_what_nobody_recorded_of_a_place_is_no_line_and_not_nought(lived, now):  # noqa: F811
    lines = told(drafted(lived, now))
    assert (OPEN, XIHU) in lines
    for code in (VISITS, VISITORS, DELIVERED, KEPT_SHARE):
        assert (code, GONGSHU) in lines
        assert (code, XIHU) not in lines


def test_it_is_signed_verified_and_recomputed_with_python_alone(lived, now, tmp_path):  # noqa: F811
    done = published(lived, drafted(lived, now), now)
    assert verify_publication(done, rederive=True).stands
    assert all(one.stands for one in verify_all())
    export_evidence(
        publication_id=done.id, folder=tmp_path, actor=officer(lived, 9, Role.AUDITOR), now=now
    )
    script = [sys.executable, "-I", str(tmp_path / "recompute.py")]
    run = subprocess.run(script, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-2000:]
    assert run.stdout.count("一致    ") == len(lines_of(done.id))
    path = tmp_path / "counted.csv"
    rows = path.read_text("utf-8").splitlines(keepends=True)
    at_row = next(i for i, row in enumerate(rows) if f",{VISITS}," in row)
    path.write_text("".join(rows[:at_row] + rows[at_row + 1 :]), "utf-8")
    assert recompute([str(tmp_path)]) == 1


def test_a_rate_tells_both_its_parts_and_nothing_else(lived, now):  # noqa: F811
    done = published(lived, drafted(lived, now), now)
    content = signed_document(done, lines_of(done.id))["content"]
    rates = [line for line in content["lines"] if line["code"] in RATIOS]
    assert rates
    for line in rates:
        assert line["value"] == ratio_value(line["numerator"], line["denominator"])
    share = next(one for one in rates if (one["code"], one["region"]) == (BENCHMARK, "330100"))
    assert (share["numerator"], share["denominator"], share["value"]) == (1, 3, 3333)
    assert not {"numerator", "denominator"} & set(
        next(one for one in content["lines"] if one["code"] == OPEN)
    )


def test_visits_are_written_to_the_ten_and_a_few_withheld(lived, now):  # noqa: F811
    lines = told(drafted(lived, now, (VISITS, VISITORS)))
    assert (lines[VISITS, YINZHOU].measured, lines[VISITS, YINZHOU].value) == (26, 30)
    assert (lines[VISITORS, GONGSHU].measured, lines[VISITORS, GONGSHU].value) == (34, 30)
    assert lines[VISITORS, YINZHOU].value == 10


@pytest.mark.parametrize(
    ("codes", "asked", "code"),
    [
        ((VISITORS,), {"since": date(2026, 2, 1)}, "figures.not_of_this_period"),
        ((PROMISED,), {"since": None}, "figures.not_of_this_period"),
        ((DELIVERED,), {"as_of": date(2026, 2, 9), "since": date(2026, 2, 2)}, "figures.nothing_recorded"),
        ((VISITS,), {"as_of": date(2026, 6, 1), "since": date(2026, 6, 1)}, "figures.day_not_over"),
    ],
)  # fmt: skip
def test_what_is_not_known_or_not_over_is_refused_with_what_to_do(lived, now, codes, asked, code):  # noqa: F811
    with pytest.raises(Malformed) as caught:
        drafted(lived, now, codes, **asked)
    assert caught.value.code == code


def test_a_row_that_is_gone_is_found_and_what_is_said_later_changes_nothing(lived, now):  # noqa: F811
    done = published(lived, drafted(lived, now), now)
    said(lived.made[1], Said.OPEN, at(date(2026, 6, 2), 9))
    assert verify_publication(done, rederive=True).stands
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE stations_visitsketch SET visits_person_times = 1 WHERE day = '2026-03-02'"
        )
    fault = verify_publication(done, rederive=True).fault
    assert fault is not None
    assert fault.code == "figures.value_differs"


def test_it_is_corrected_by_a_version_with_a_reason_and_compared(lived, now):  # noqa: F811
    done = published(lived, drafted(lived, now, (VISITS, BENCHMARK)), now)
    later = now + timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE stations_visitsketch SET visits_person_times = 60 WHERE day = '2026-03-02'"
        )
    new = publishing.draft_correction(
        publication_id=done.id, reason="门上的计数漏了", actor=officer(lived, 1), now=later
    )
    notes = {line.position: "门上的计数漏了" for line in lines_of(new.id)}
    publishing.explain_changes(
        publication_id=new.id, notes=notes, actor=officer(lived, 1), now=later
    )
    again = published(lived, new, later)
    changed = [one for one in compare(lines_of(done.id), lines_of(again.id)) if one.is_changed]
    assert {one.label for one in changed} == {"到驿站"}
    assert verify_publication(again, rederive=True).stands


def test_nobody_publishes_what_he_drafted_or_approved(lived, now):  # noqa: F811
    draft = drafted(lived, now, (OPEN, BENCHMARK))
    publishing.check_publication(publication_id=draft.id, actor=officer(lived, 1), now=now)
    with pytest.raises(Forbidden):
        publishing.approve_publication(publication_id=draft.id, actor=officer(lived, 1), now=now)
    publishing.approve_publication(publication_id=draft.id, actor=officer(lived, 2), now=now)
    with pytest.raises(Forbidden):
        publishing.publish_publication(publication_id=draft.id, actor=officer(lived, 2), now=now)
    assert publishing.publish_publication(
        publication_id=draft.id, actor=officer(lived, 3), now=now
    ).number
