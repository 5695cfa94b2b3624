"""取消资格: found where it is known, never decided alone, heard first, paid back by rule and entry."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.membership.models import Membership
from nuanxin.membership.states import EndReason, MemberState
from nuanxin.notices.models import Notice
from nuanxin.programmes.actions.forfeiting import (
    balance_of,
    decide_forfeit,
    enter_return,
    open_hearing,
    propose_forfeits,
    read_hearing,
    reverse_entry,
    say_at_hearing,
)
from nuanxin.programmes.actions.paying import enter_results
from nuanxin.programmes.models import (
    Application,
    DebtEntry,
    Forfeit,
    Payment,
    Seat,
    StatedFact,
)
from nuanxin.programmes.rules.definitions import all_definitions, read_definition
from nuanxin.programmes.rules.forfeits import Follows, Share, claw_back
from nuanxin.programmes.rules.paying import Result
from nuanxin.programmes.states import ClaimState, DebtKind, ForfeitState
from tests.programmes.test_paying import awarded, sent

WHY = "查了会籍记录，三月份已经退会，本人也承认。"
SAID = "我只是换了一家工会，手续还在办，没有退会。"
MOST_QUERIES = 14


def owed(paid, months, start, end, share=Share.BY_TIME, follows=Follows.PAY_BACK):
    return claw_back(
        paid_fen=paid,
        rule_follows=follows,
        share=share,
        months=months,
        awarded_on=start,
        left_on=end,
    )


@pytest.mark.parametrize(
    ("end", "kept", "amount"),
    [
        (date(2026, 1, 15), 1, 291_666),
        (date(2026, 2, 15), 1, 291_666),
        (date(2026, 2, 16), 2, 283_333),
        (date(2027, 1, 15), 12, 200_000),
        (date(2028, 12, 15), 35, 8_333),
        (date(2029, 1, 15), 36, 0),
        (date(2031, 1, 15), 36, 0),
    ],
)
def test_by_time_a_month_that_was_begun_is_kept_and_less_than_a_fen_is_let_go(end, kept, amount):
    reckoned = owed(300_000, 36, date(2026, 1, 15), end)
    assert reckoned.owed_fen == amount
    assert f"满了 {kept} 个月" in reckoned.proof[1]


def test_all_is_all_nothing_paid_is_nothing_owed_and_forfeited_is_the_place_alone():
    start, end = date(2026, 1, 15), date(2026, 5, 1)
    assert owed(700_000, 48, start, end, Share.ALL).owed_fen == 700_000
    assert owed(0, 48, start, end, Share.ALL).owed_fen == 0
    assert owed(700_000, 48, start, end, follows=Follows.FORFEITED).owed_fen == 0


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    paid=st.integers(0, 10**9), months=st.integers(1, 120),
    days=st.integers(0, 4_000), more=st.integers(0, 400), share=st.sampled_from(list(Share)),
)  # fmt: skip
def test_never_more_than_was_paid_and_never_more_for_who_stayed_longer(
    paid, months, days, more, share
):
    start = date(2024, 1, 31)
    first = owed(paid, months, start, start + timedelta(days=days), share)
    later = owed(paid, months, start, start + timedelta(days=days + more), share)
    assert 0 <= later.owed_fen <= first.owed_fen <= paid


def test_degree_programmes_say_how_a_place_is_lost_and_on_what_ground():
    found = {one.code: one.forfeit for one in all_definitions() if one.kind.value == "degree"}
    assert all(found.values()), found
    assert [rule.code for rule in found["degree_and_skill"]] == ["left_union", "left_city"]


@pytest.mark.parametrize(
    "fault",
    [
        {"months": 0}, {"follows": "shame"}, {"share": "half"}, {"kept_while": []}, {"source": ""},
        {"colour": "red"},
    ],
)  # fmt: skip
def test_a_faulty_entry_names_its_fault(fault):
    entry = {
        "code": "x", "title": "x", "gives": "x", "source": "x", "kind": "degree", "ways": ["draw"],
        "checked_on": date(2026, 1, 1),
        "forfeit": [
            {
                "code": "left", "label": "退会", "months": 12, "follows": "pay_back", "source": "文件",
                "kept_while": [{"label": "会员", "fact": "membership.is_member", "is": True}],
            }
        ],
    }  # fmt: skip
    read_definition(entry)
    entry["forfeit"][0] |= fault
    with pytest.raises(ValueError, match="forfeit: 退会"):
        read_definition(entry)


def leave(riders, town):
    """Let people leave their union today."""
    Membership.objects.filter(worker_id__in=[r.worker_id for r in riders]).update(
        ended_on=town.cast.now.date() - timedelta(days=1),
        end_reason=EndReason.LEFT,
        state=MemberState.ENDED,
        started_on=town.cast.now.date() - timedelta(days=90),
    )


def later(town, **more):
    return town.cast.now + timedelta(**(more or {"days": 1}))


def proposed(town, *, paid=True):
    """Return one proposal: of three with places, of whom one left his union, paid or not."""
    riders = sent(town)[1] if paid else awarded(town)[1]
    if paid:
        payments = [Result(one.id, True) for one in Payment.objects.order_by("id")]
        made = Payment.objects.first().list
        enter_results(
            list_id=made.id, results=payments, actor=town.cast.county_cadre, now=town.cast.now
        )
    leave(riders[:1], town)
    assert propose_forfeits(now=later(town)) == 1
    return Forfeit.objects.get(), riders[0]


def decide(town, forfeit, *, yes=True, now=None, by="county_cadre"):
    decide_forfeit(
        forfeit_id=forfeit.id,
        is_forfeited=yes,
        reason=WHY,
        actor=town.cast.actor(by),
        now=now or later(town, days=60),
    )


@pytest.mark.django_db
@pytest.mark.slow
class TestWithATown:
    def test_who_left_is_proposed_once_with_the_condition_and_nothing_happens_to_him(self, town):
        forfeit, rider = proposed(town)
        assert forfeit.application.worker_id == rider.worker_id
        assert forfeit.evidence == ["还是工会会员"]
        assert forfeit.application.state == ClaimState.CONFIRMED
        assert not Notice.objects.filter(kind__startswith="programmes.forfeit").exists()
        assert propose_forfeits(now=later(town)) == 0

    def test_who_is_not_known_to_have_left_the_city_is_not_proposed(self, town):
        riders = awarded(town, definition="degree_and_skill")[1]
        assert propose_forfeits(now=later(town)) == 0
        leave(riders[:2], town)
        StatedFact.objects.create(
            worker_id=riders[1].worker_id, name="programmes.degree", whole=4,
            stated_on=town.cast.now.date(), source="本人", recorded_at=town.cast.now,
        )  # fmt: skip
        assert propose_forfeits(now=later(town)) == 1
        assert Forfeit.objects.get().application.worker_id == riders[0].worker_id

    def test_after_its_months_a_place_is_kept_for_good(self, town):
        riders = awarded(town)[1]
        leave(riders, town)
        assert propose_forfeits(now=later(town, days=36 * 31)) == 0

    def test_nobody_decides_before_he_was_heard_and_he_says_it_sealed(self, town):
        forfeit, rider = proposed(town)
        cadre = town.cast.county_cadre
        with pytest.raises(Conflict, match="等核对"):
            decide(town, forfeit)
        open_hearing(forfeit_id=forfeit.id, actor=cadre, now=later(town))
        assert Notice.objects.get(kind="programmes.forfeit_hearing").worker_id == rider.worker_id
        with pytest.raises(Conflict, match="还在听本人说"):
            decide(town, forfeit, now=later(town, days=2))
        with pytest.raises(IntegrityError), transaction.atomic():
            Forfeit.objects.filter(id=forfeit.id).update(
                state=ForfeitState.DECIDED, decided_at=later(town, days=2), reason=WHY
            )
        with pytest.raises(IntegrityError), transaction.atomic():
            Application.objects.filter(id=forfeit.application_id).update(state=ClaimState.FORFEITED)
        with pytest.raises(NotFound):
            say_at_hearing(
                forfeit_id=forfeit.id, text=SAID, actor=town.cast.rider_lu, now=later(town)
            )
        with pytest.raises(NotFound):
            read_hearing(forfeit_id=forfeit.id, actor=cadre, now=later(town))
        say_at_hearing(forfeit_id=forfeit.id, text=SAID, actor=rider, now=later(town, days=2))
        forfeit.refresh_from_db()
        assert SAID.encode() not in bytes(forfeit.said_sealed)
        assert read_hearing(forfeit_id=forfeit.id, actor=cadre, now=later(town)) == SAID
        decide(town, forfeit, yes=False, now=later(town, days=3))
        forfeit.refresh_from_db()
        assert forfeit.state == ForfeitState.DROPPED
        assert forfeit.application.state == ClaimState.CONFIRMED
        assert "不取消" in Notice.objects.get(kind="programmes.forfeit_decided").title
        with pytest.raises(Conflict):
            decide(town, forfeit)

    def test_a_decision_takes_the_place_reckons_by_rule_and_tells_how_to_appeal(self, town):
        forfeit, rider = proposed(town)
        open_hearing(forfeit_id=forfeit.id, actor=town.cast.county_cadre, now=later(town))
        with pytest.raises(Conflict, match="说明的时间过了"):
            say_at_hearing(forfeit_id=forfeit.id, text=SAID, actor=rider, now=later(town, days=90))
        decide(town, forfeit)
        forfeit.refresh_from_db()
        claim = Application.objects.get(id=forfeit.application_id)
        assert claim.state == ClaimState.FORFEITED
        assert Seat.objects.filter(application=claim).exists()
        assert forfeit.owed_fen == 291_666
        assert balance_of(forfeit.id) == 291_666
        told = Notice.objects.get(kind="programmes.forfeit_decided")
        assert told.worker_id == rider.worker_id
        assert "2,916.66 元" in told.body
        assert "申诉" in told.body
        with pytest.raises(IntegrityError), transaction.atomic():
            Forfeit.objects.filter(id=forfeit.id).update(owed_fen=1)

    def test_what_was_not_paid_yet_is_not_paid_any_more(self, town):
        forfeit, _ = proposed(town, paid=False)
        open_hearing(forfeit_id=forfeit.id, actor=town.cast.county_cadre, now=later(town))
        decide(town, forfeit)
        assert balance_of(forfeit.id) == 0
        assert not DebtEntry.objects.exists()

    def test_money_comes_back_by_entries_never_too_much_and_an_entry_is_taken_back_once(self, town):
        forfeit, _ = proposed(town)
        cadre, now = town.cast.county_cadre, later(town, days=61)
        open_hearing(forfeit_id=forfeit.id, actor=cadre, now=later(town))
        decide(town, forfeit)
        for amount in (0, -5, 291_667):
            with pytest.raises(Malformed):
                enter_return(
                    forfeit_id=forfeit.id, amount_fen=amount, note="", actor=cadre, now=now
                )
        enter_return(forfeit_id=forfeit.id, amount_fen=200_000, note="收据 7", actor=cadre, now=now)
        assert balance_of(forfeit.id) == 91_666
        entry = DebtEntry.objects.get(kind=DebtKind.RETURNED)
        reverse_entry(entry_id=entry.id, note="记错人了", actor=cadre, now=now)
        assert balance_of(forfeit.id) == 291_666
        with pytest.raises(Conflict, match="冲回过了"):
            reverse_entry(entry_id=entry.id, note="再来", actor=cadre, now=now)
        for change in (lambda: DebtEntry.objects.update(note="改"), DebtEntry.objects.all().delete):
            with pytest.raises(IntegrityError), transaction.atomic():
                change()
        with pytest.raises(IntegrityError), transaction.atomic():
            DebtEntry.objects.create(
                forfeit=forfeit, kind=DebtKind.RETURNED, amount_fen=-300_000, at=now
            )
        with pytest.raises(NotFound):
            enter_return(
                forfeit_id=forfeit.id, amount_fen=1, note="", now=now,
                actor=town.cast.cadre_of_next_county,
            )  # fmt: skip


def text_of(answer):
    return answer.content.decode()


@pytest.mark.django_db
@pytest.mark.slow
def test_from_the_nightly_proposal_to_the_money_through_the_pages(town):
    ye, today = town.cast.rider_ye, town.cast.now.date()
    Membership.objects.create(
        worker_id=ye.worker_id, union=town.cast.unions["couriers"], channel=1, occupation=3,
        started_on=today, joined_on=today, recorded_at=town.cast.now,
    )  # fmt: skip
    awarded(town, 2, ye)
    leave([ye], town)
    assert propose_forfeits(now=town.cast.now) == 1
    forfeit = Forfeit.objects.get()
    rider, cadre = town.cast.client("rider_ye"), town.cast.client("county_cadre")
    assert "你的名额都好好的" in text_of(rider.get("/forfeits/mine/"))
    assert ye.name in text_of(cadre.get("/desk/forfeits/"))
    desk, act = f"/desk/forfeits/{forfeit.id}/", f"/desk/forfeits/{forfeit.id}/act/"
    assert "还是工会会员" in text_of(cadre.get(desk))
    assert cadre.post(act, {"do": "nothing"}).status_code == 422
    assert cadre.post(act, {"do": "hear"}).status_code == 302
    assert "还没有决定，先听你说" in text_of(rider.get("/forfeits/mine/"))
    assert rider.post("/forfeits/mine/", {"id": forfeit.id, "text": "短"}).status_code == 422
    assert rider.post("/forfeits/mine/", {"id": "x", "text": SAID}).status_code == 404
    assert rider.post("/forfeits/mine/", {"id": forfeit.id, "text": SAID}).status_code == 302
    assert SAID not in text_of(cadre.get(desk))
    assert SAID in text_of(cadre.post(act, {"do": "read"}))
    assert cadre.post(act, {"do": "decide", "outcome": "yes", "reason": ""}).status_code == 422
    decision = {"do": "decide", "outcome": "yes", "reason": WHY}
    assert cadre.post(act, decision).status_code == 302
    page = text_of(rider.get("/forfeits/mine/"))
    assert "名额取消了" in page
    assert "上一级工会申诉" in page
    assert cadre.post(act, {"do": "return", "amount": "x"}).status_code == 422
    assert town.cast.client("auditor").get(desk).status_code == 200
    assert town.cast.client("auditor").post(act, decision).status_code == 403
    for browser, path in ((cadre, desk), (cadre, "/desk/forfeits/"), (rider, "/forfeits/mine/")):
        with CaptureQueriesContext(connection) as caught:
            assert browser.get(path).status_code == 200
        assert len(caught) <= MOST_QUERIES, (path, len(caught))
