"""Rates are published with both their parts, to the ten where they are of persons; spans of members too."""

from datetime import date, timedelta

import pytest

from nuanxin.figures.actions import drafting
from nuanxin.figures.actions.denominators import enter_denominators
from nuanxin.figures.actions.evidence import export_evidence, signed_document
from nuanxin.figures.queries import measure
from nuanxin.figures.queries.deriving import PUBLISHABLE, RATIOS
from nuanxin.figures.queries.publications import lines_of
from nuanxin.figures.queries.publishing import measure_for_everybody
from nuanxin.figures.queries.verifying import verify_publication, verify_seal
from nuanxin.figures.rules.denominators import Entry
from nuanxin.figures.rules.recompute import main as recompute
from nuanxin.figures.rules.small_numbers import told_of_rate
from nuanxin.figures.rules.validation import findings_of
from nuanxin.figures.states import DenominatorKind
from nuanxin.kernel import regions
from nuanxin.kernel.actor import SYSTEM
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.figure import ratio_value
from nuanxin.kernel.period import Period
from tests.figures.conftest import NOW
from tests.figures.publishing.office import LIVE, drafted, person, published
from tests.figures.publishing.test_services_published import EXAMS, SINCE, services  # noqa: F401
from tests.figures.world import LAST

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

JOINING = "membership.joining_rate_percent"
REACH = "membership.service_reach_percent"
FOUNDING = "orgs.founding_rate_percent"
DONE = "programmes.health_exam_done_percent"
UNION_FIGURES = ("orgs.ended_unions", "orgs.key_enterprise_unions", "orgs.covered_employers")
SPANS = (
    "membership.reachable_persons",
    "membership.served_persons",
    "membership.service_person_times",
)
GONGSHU = 330105


def entered(kind: DenominatorKind, value: int, on: date, *places: int) -> None:
    entries = [
        Entry(kind=kind, region=place, as_of=on, value=value, source="省统计局",
              checked_on=date(2026, 3, 1), line=2)
        for place in places
    ]  # fmt: skip
    enter_denominators(entries=entries, actor=SYSTEM, now=NOW - timedelta(days=2))


@pytest.fixture
def below(world):
    """Workers and employers in scope of every county, and the year's plan of exams of the province."""
    counties = [int(one.code) for one in regions.counties(LAST)]
    entered(DenominatorKind.WORKERS, 200, date(2025, 12, 31), *counties)
    entered(DenominatorKind("employers_in_scope"), 20, date(2025, 12, 31), *counties)
    entered(DenominatorKind("planned_health_exam"), 60, date(2026, 1, 1), 330000)


def told(done):
    return {(line.code, line.region): line for line in lines_of(done.id)}


def choice(*codes: str) -> drafting.Choice:
    return drafting.Choice(codes, below=2)


def test_what_can_be_published_now_is_all_that_rows_prove():
    assert {JOINING, REACH, FOUNDING, DONE, *UNION_FIGURES, *SPANS} < set(PUBLISHABLE)
    assert "membership.real_name_percent" not in PUBLISHABLE  # it is told of today alone
    assert "membership.retained_persons" not in PUBLISHABLE  # not a public figure


def test_rates_are_measured_as_the_board_measures_them(world, services, below):  # noqa: F811
    codes = (JOINING, REACH, FOUNDING, DONE)
    done = published(world, drafted(world, choice=choice(*codes), since=SINCE))
    lines = told(done)
    assert {code for code, _ in lines} == set(codes)
    for region in (330000, 330100, GONGSHU):
        for code in (JOINING, REACH, FOUNDING):
            given = {"region": region, "as_of": LAST, "now": NOW}
            exact, public = measure(code, **given), measure_for_everybody(code, **given)
            line = lines[code, region]
            assert line.measured == exact.value, (code, region)
            assert (line.measured_numerator, line.measured_denominator) == (
                exact.numerator, exact.denominator,
            )  # fmt: skip
            assert (line.value, line.numerator, line.denominator) == (
                public.value, public.numerator, public.denominator,
            )  # fmt: skip
            assert line.denominator_source == exact.denominator_source
    year = measure(DONE, region=330000, period=Period(SINCE, LAST), known_at=NOW, now=NOW)
    assert (lines[DONE, 330000].measured, year.value) == (6667, 6667)
    assert (DONE, GONGSHU) not in lines, "it has no plan of its own: no line, not nought"


def test_a_rate_of_persons_gives_back_its_told_parts_and_no_more(world, services, below):  # noqa: F811
    done = published(world, drafted(world, choice=choice(LIVE, JOINING, REACH), since=SINCE))
    lines = told(done)
    content = signed_document(done, lines_of(done.id))["content"]
    shown = {(one["code"], int(one["region"])): one for one in content["lines"]}
    for (code, region), line in lines.items():
        if code not in RATIOS:
            continue
        one = shown[code, region]
        again = (
            ratio_value(one["numerator"], one["denominator"])
            if one["numerator"] is not None and one["denominator"]
            else None
        )
        assert one["value"] == again
        whole = shown[LIVE, region]["value"]
        assert (one["denominator"] if code == REACH else one["numerator"]) == whole
        assert line.is_withheld is (line.value is None)
        assert "measured" not in "".join(one)


@pytest.mark.parametrize(
    ("parts", "of_persons", "counted", "expected"),
    [
        ((1, 4), False, True, (2500, 1, 4)),
        ((34, 206), True, True, (1429, 30, 210)),
        ((34, 206), True, False, (1456, 30, 206)),
        ((9, 206), True, True, (None, None, 210)),
        ((0, 206), True, True, (0, 0, 210)),
        ((0, 9), True, True, (None, 0, None)),
    ],
)
def test_each_part_is_written_by_the_rule_of_small_numbers(parts, of_persons, counted, expected):
    assert told_of_rate(
        *parts, of_persons=of_persons, is_counted_below=counted, least=10
    ) == expected  # fmt: skip


def test_unions_employers_and_spans_are_measured_as_elsewhere(world, services):  # noqa: F811
    done = published(world, drafted(world, choice=choice(*UNION_FIGURES, *SPANS), since=SINCE))
    lines = told(done)
    for region in (330000, 330100, GONGSHU):
        for code in (*UNION_FIGURES, *SPANS):
            line = lines[code, region]
            asked = (
                {"as_of": LAST} if line.period_start is None else {"period": Period(SINCE, LAST)}
            )
            assert line.measured == measure(code, region=region, now=NOW, **asked).value, code


def test_all_of_it_verifies_and_the_script_recomputes_it(world, services, below, tmp_path):  # noqa: F811
    codes = (*UNION_FIGURES, *SPANS, EXAMS, JOINING, REACH, FOUNDING, DONE)
    done = published(world, drafted(world, choice=drafting.Choice(codes, below=1), since=SINCE))
    assert verify_publication(done, rederive=True).stands
    export_evidence(
        publication_id=done.id, folder=tmp_path, actor=person(world, "auditor"), now=NOW
    )
    assert recompute([str(tmp_path)]) == 0
    path = tmp_path / "denominators.csv"
    text = path.read_text("utf-8")
    path.write_text(text.replace(",60,", ",61,"), "utf-8")
    assert recompute([str(tmp_path)]) == 1


def test_a_rate_without_its_denominator_is_refused_with_what_to_enter(world):
    with pytest.raises(Malformed, match="分母") as caught:
        drafted(world, choice=choice(JOINING), since=SINCE)
    assert caught.value.code == "figures.denominator_missing"


def test_a_rate_that_was_changed_in_the_table_is_found(world, below):
    done = published(world, drafted(world, choice=choice(JOINING), since=SINCE))
    line = next(one for one in lines_of(done.id) if one.value is not None)
    line.numerator = (line.numerator or 0) + 10
    fault = verify_seal(done, [line])
    assert fault is not None
    assert fault.code == "figures.digest_differs"


def test_what_is_entered_later_changes_no_published_rate(world, below):
    done = published(world, drafted(world, choice=choice(JOINING), since=SINCE))
    entries = [Entry(kind=DenominatorKind.WORKERS, region=GONGSHU, as_of=date(2026, 6, 30), value=900,
                     source="区里", checked_on=date(2026, 7, 1), line=2)]  # fmt: skip
    enter_denominators(entries=entries, actor=SYSTEM, now=NOW + timedelta(hours=2))
    assert verify_publication(done, rederive=True).stands


def test_rates_need_not_add_up_and_whole_hours_need_not_either(world, below):
    draft = drafted(world, choice=choice(JOINING), since=SINCE)
    facts = drafting.lines_facts(draft, lines_of(draft.id), now=NOW)
    found = findings_of(
        facts, measured_on=LAST, published_on=LAST,
        threshold=drafting.threshold_of(330000, NOW),
    )  # fmt: skip
    assert not [one for one in found if one.code == "figures.parts_exceed_total"]
