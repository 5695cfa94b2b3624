"""Proof of work by attestation: who may say it, once, for a time, within his reach; what rules read of it."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from nuanxin.eligibility.rules.explaining import Known
from nuanxin.kernel import clock, sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound, TooMany
from nuanxin.kernel.fact import Sensitivity
from nuanxin.orgs.models import Outlet
from nuanxin.people.models import Engagement, Worker
from nuanxin.programmes.actions import attesters, attesting
from nuanxin.programmes.actions.attesters import AttesterDraft, register_attester, revoke_attester
from nuanxin.programmes.actions.attesting import Ask, Reply, answer_by_link, ask_attestation
from nuanxin.programmes.actions.stating import state_fact
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.models import Attestation, AttestationRequest, Attester, StatedFact
from nuanxin.programmes.queries.attesters import list_attesters, list_choices
from nuanxin.programmes.queries.ruling import get_known
from nuanxin.programmes.queries.sources import with_sources
from nuanxin.programmes.rules.attestable import all_attestable, read_attestable
from nuanxin.programmes.states import AttesterKind, RequestState
from nuanxin.records.models import Event

pytestmark = pytest.mark.django_db

MONTHS, TRADE = "programmes.local_months", "people.occupation"
COURIER, DRIVER = 3, 2
HOME = "network-of-a-home"


@pytest.fixture
def people(town):
    return People(town)


class People:
    """A rider of the couriers' union, and a person of that union who may attest."""

    def __init__(self, town):
        self.town, self.cast, self.now = town, town.cast, town.cast.now
        self.today = clock.business_day(self.now)
        (self.rider,) = town.riders(1)
        self.officer = self.attester("couriers", phone="19911110001")

    def attester(self, union, *, phone, by="county_cadre", **more):
        draft = AttesterDraft(
            kind=more.pop("kind", AttesterKind.OFFICER), name="李春和", post_title="工会主席",
            phone=phone, valid_to=more.pop("valid_to", self.today + timedelta(days=100)), **more,
        )  # fmt: skip
        return register_attester(
            draft=draft,
            union_id=self.cast.unions[union].id,
            actor=self.cast.actor(by),
            now=self.now,
        )

    def ask(self, attester=None, *, rider=None, now=None, **values):
        asked = values or {MONTHS: 36}
        return ask_attestation(
            ask=Ask(values=asked, workplace="大关站"), attester_id=(attester or self.officer).id,
            actor=rider or self.rider, now=now or self.now,
        )  # fmt: skip

    def answer(self, asked, values=None, *, refusal="", now=None):
        token = asked.link.rstrip("/").rpartition("/")[2]
        reply = Reply(None if refusal else values or {MONTHS: 36}, refusal)
        return answer_by_link(token=token, reply=reply, network=HOME, now=now or self.now)

    def known(self, *, on=None, name=MONTHS):
        day = on or self.today
        worker = self.rider.worker_id
        found, _ = get_known(worker, facts=[CATALOGUE.facts[name]], on=day)
        return with_sources(found, worker_id=worker, on=day).get(name, Known(None))


def test_what_is_attested_goes_before_what_is_stated_and_tells_who_and_until_when(people):
    state_fact(
        worker_id=people.rider.worker_id, name=MONTHS, value=99, source="本人填报",
        actor=people.rider, now=people.now, on=people.today,
    )  # fmt: skip
    assert people.known().value == 99
    assert people.answer(people.ask()) is RequestState.CONFIRMED
    known = people.known()
    until = people.today + timedelta(days=180)
    assert known.value == 36
    assert "干部李×确认" in known.source
    assert f"到 {until.year} 年 {until.month} 月 {until.day} 日" in known.source
    assert people.known(on=until).value == 36
    assert people.known(on=until + timedelta(days=1)).value == 99


def test_a_corrected_value_counts_and_is_told_as_corrected(people):
    assert people.answer(people.ask(), {MONTHS: 20}) is RequestState.CORRECTED
    assert people.known().value == 20


def test_a_refusal_keeps_nothing_and_needs_a_reason(people):
    asked = people.ask()
    with pytest.raises(Malformed, match=r"attestation\.reason"):
        answer_by_link(
            token=asked.link.split("/")[-2], reply=Reply(None, " "), network=HOME, now=people.now
        )
    assert people.answer(asked, refusal="不认识他。") is RequestState.REFUSED
    assert people.known().value is None
    assert not Attestation.objects.exists()


def test_another_trade_than_the_registers_becomes_a_job_with_its_source(people):
    asked = people.ask(**{TRADE: DRIVER})
    people.answer(asked, {TRADE: DRIVER})
    assert Engagement.objects.get(worker_id=people.rider.worker_id).occupation == DRIVER
    known = people.known(name=TRADE)
    assert known.value == DRIVER
    assert "李×确认" in known.source


def test_a_link_is_used_once_in_time_and_is_kept_as_a_hash(people):
    asked = people.ask()
    token = asked.link.split("/")[-2]
    kept = AttestationRequest.objects.get()
    assert token not in str(kept.__dict__)
    late = kept.expires_at
    with pytest.raises(Conflict, match="link_expired"):
        people.answer(asked, now=late)
    people.answer(asked)
    with pytest.raises(Conflict, match="answered"):
        people.answer(asked)
    with pytest.raises(Conflict, match="answered"):
        people.answer(asked, now=late)  # answered is told before too late
    assert Attestation.objects.count() == 1


def test_wrong_links_are_told_so_and_slowed_down_by_network(people):
    def wrong(network=HOME):
        return answer_by_link(
            token="no-such", reply=Reply(None, "不"), network=network, now=people.now
        )

    for _ in range(20):
        with pytest.raises(NotFound, match="link_unknown"):
            wrong()
    with pytest.raises(TooMany, match="links"):
        wrong()
    with pytest.raises(NotFound):
        wrong("another-network")


def test_nobody_confirms_for_himself_by_phone_or_by_account(people):
    own = sealing.lookup_hash("phone", "19911110001")
    Worker.objects.filter(id=people.rider.worker_id).update(phone_hash=own, phone_sealed=b"-")
    with pytest.raises(Conflict, match="own"):
        people.ask()
    assert list_choices(people.rider.worker_id, on=people.today) == []
    chen = people.cast.officer_chen
    people.cast.accounts["officer_chen"].worker_id = people.rider.worker_id
    people.cast.accounts["officer_chen"].save()
    with pytest.raises(Conflict, match="own"):
        attesting.attest_by_card(
            worker_id=people.rider.worker_id, values={MONTHS: 5}, workplace="", actor=chen,
            now=people.now,
        )  # fmt: skip


def test_scope_is_the_union_and_what_hangs_below_it(people):
    (below,) = people.town.riders(1, union="couriers_three")
    (beside,) = people.town.riders(1, union="drivers")
    assert people.ask(rider=below).id
    with pytest.raises(Conflict, match="out_of_scope"):
        people.ask(rider=beside)


def test_scope_is_looked_at_again_when_the_answer_comes(people):
    from nuanxin.membership.models import Membership

    asked = people.ask()
    Membership.objects.filter(worker_id=people.rider.worker_id).update(
        union=people.cast.unions["drivers"]
    )
    with pytest.raises(Conflict, match="out_of_scope"):
        people.answer(asked)


def test_the_contact_of_an_outlet_speaks_for_those_who_work_there_alone(people):
    outlet = Outlet.objects.get(name="迅达拱墅网点")
    contact = people.attester(
        "county", phone="19911110002", kind=AttesterKind.OUTLET, outlet_id=outlet.id
    )
    with pytest.raises(Conflict, match="out_of_scope"):
        people.ask(contact)
    Engagement.objects.create(
        worker_id=people.rider.worker_id, occupation=COURIER, outlet_id=outlet.id,
        recorded_at=people.now, source="worker",
    )  # fmt: skip
    assert people.ask(contact).id


def test_a_keeper_speaks_for_those_who_work_in_his_county(people):
    keeper = people.attester(
        "county", phone="19911110003", kind=AttesterKind.KEEPER, place="大关驿站"
    )
    (far,) = people.town.riders(1, union="far_drivers")
    with pytest.raises(Conflict, match="out_of_scope"):
        people.ask(keeper, rider=far)
    Engagement.objects.create(
        worker_id=far.worker_id, occupation=DRIVER, work_adcode=330105, recorded_at=people.now,
        source="worker",
    )  # fmt: skip
    assert people.ask(keeper, rider=far).id


def test_only_who_keeps_the_register_there_registers_and_revokes(people):
    with pytest.raises(NotFound):
        people.attester("couriers", phone="19911110004", by="cadre_of_next_county")
    with pytest.raises(Forbidden):
        people.attester("couriers", phone="19911110004", by="rider_ye")
    with pytest.raises(NotFound):
        revoke_attester(
            attester_id=people.officer.id, why="换人", actor=people.cast.cadre_of_next_county,
            now=people.now,
        )  # fmt: skip
    with pytest.raises(Conflict, match="twice"):
        people.attester("couriers", phone="199 1111 0001")
    with pytest.raises(Malformed, match="term"):
        people.attester("couriers", phone="19911110005", valid_to=people.today + timedelta(400))
    with pytest.raises(Malformed, match="keeper"):
        people.attester("town", phone="19911110008", kind=AttesterKind.KEEPER)
    far = Outlet.objects.get(name="迅达鹿城网点")
    with pytest.raises(Malformed, match="outlet"):
        people.attester("drivers", phone="19911110006", kind=AttesterKind.OUTLET, outlet_id=far.id)


def test_after_revoking_what_was_said_stands_but_is_flagged_and_open_requests_lapse(people):
    people.answer(people.ask())
    (other,) = people.town.riders(1)
    waiting = people.ask(rider=other)
    flagged = revoke_attester(
        attester_id=people.officer.id, why="不在这里干了", actor=people.cast.county_cadre,
        now=people.now,
    )  # fmt: skip
    assert flagged == 1
    assert people.known().value == 36
    said = Attestation.objects.get()
    assert "不在这里干了" in said.flagged_why
    assert AttestationRequest.objects.get(id=waiting.id).state == RequestState.LAPSED
    with pytest.raises(Conflict, match="answered"):
        people.answer(waiting)
    assert attesting.keep_flagged(
        attestation_id=said.id, actor=people.cast.county_cadre, now=people.now
    )
    assert not attesting.keep_flagged(
        attestation_id=said.id, actor=people.cast.county_cadre, now=people.now
    )


def test_whose_registration_is_over_attests_no_more(people):
    asked = people.ask()
    Attester.objects.update(valid_to=people.today - timedelta(days=1))
    with pytest.raises(Conflict, match="attester_over"):
        people.answer(asked)


def test_taking_back_ends_what_rules_read_and_happens_once(people):
    people.answer(people.ask())
    said = Attestation.objects.get()
    take = attesting.take_back_attestation
    with pytest.raises(NotFound):
        take(
            attestation_id=said.id,
            why="写错",
            actor=people.cast.cadre_of_next_county,
            now=people.now,
        )
    cadre = people.cast.county_cadre
    with pytest.raises(Malformed):
        take(attestation_id=said.id, why=" ", actor=cadre, now=people.now)
    assert take(attestation_id=said.id, why="站点说没这个人", actor=cadre, now=people.now)
    assert not take(attestation_id=said.id, why="再一次", actor=cadre, now=people.now)
    assert people.known().value is None


def test_a_worker_takes_back_his_own_alone(people):
    people.answer(people.ask())
    said = Attestation.objects.get()
    (other,) = people.town.riders(1)
    with pytest.raises(NotFound):
        attesting.take_back_own(attestation_id=said.id, actor=other, now=people.now)
    assert attesting.take_back_own(attestation_id=said.id, actor=people.rider, now=people.now)
    assert people.known().value is None


@pytest.mark.slow
def test_a_day_has_a_limit_and_many_are_marked(people, monkeypatch):
    real = attesting._number
    monkeypatch.setattr(
        attesting, "_number", lambda key, *more: 2 if key.endswith("a_day") and "asks" not in key
        else real(key, *more),
    )  # fmt: skip
    riders = people.town.riders(3)
    for rider in riders[:2]:
        people.answer(people.ask(rider=rider))
    last = people.ask(rider=riders[2])
    with pytest.raises(Conflict, match="enough"):
        people.answer(last)
    Attestation.objects.update()
    rows, _ = list_attesters(actor=people.cast.county_cadre, now=people.now)
    assert [(row.today, row.month, row.is_odd) for row in rows] == [(2, 2, False)]


def test_one_asks_a_few_times_a_day_and_nobody_twice_at_once(people):
    people.ask()
    with pytest.raises(Conflict, match="asked"):
        people.ask()
    for number in range(4):
        people.ask(people.attester("couriers", phone=f"1991111001{number}"))
    with pytest.raises(TooMany):
        people.ask(people.attester("couriers", phone="19911110020"))


@pytest.mark.parametrize(
    "values", [{}, {"people.sex": 1}, {MONTHS: -1}, {MONTHS: 9_999}, {MONTHS: "x"}, {MONTHS: True}]
)
def test_what_nobody_at_work_knows_is_not_attested(people, values):
    with pytest.raises(Malformed):
        ask_attestation(
            ask=Ask(values=values),
            attester_id=people.officer.id,
            actor=people.rider,
            now=people.now,
        )


def test_other_facts_than_asked_are_not_slipped_in(people):
    asked = people.ask()
    with pytest.raises(Malformed):
        people.answer(asked, {MONTHS: 36, TRADE: COURIER})


def test_an_officer_attests_from_his_post_by_the_card_and_loses_it_with_the_post(people):
    chen = people.cast.officer_chen
    made = attesting.attest_by_card(
        worker_id=people.rider.worker_id, values={MONTHS: 7}, workplace="站里", actor=chen,
        now=people.now,
    )  # fmt: skip
    assert people.known().value == 7
    assert attesters.revoke_whose_post_ended(now=people.now) == 0
    people.cast.accounts["officer_chen"].posts.update(revoked_at=people.now, revoked_by=None)
    assert attesters.revoke_whose_post_ended(now=people.now) == 1
    made.refresh_from_db()
    assert made.flagged_at == people.now
    with pytest.raises(Forbidden):
        attesting.attest_by_card(
            worker_id=people.rider.worker_id, values={MONTHS: 7}, workplace="",
            actor=Actor(worker_id=people.rider.worker_id), now=people.now,
        )  # fmt: skip


def test_what_was_said_is_not_rewritten_and_its_seal_fits(people):
    people.answer(people.ask())
    said = Attestation.objects.get()
    assert attesting.is_intact(said)
    for change in ({"scope": []}, {"valid_until": date(2099, 1, 1)}, {"digest": "0" * 64}):
        with pytest.raises(IntegrityError, match="not rewritten"), transaction.atomic():
            Attestation.objects.filter(id=said.id).update(**change)
    said.digest = "0" * 64
    assert not attesting.is_intact(said)


def test_all_of_it_is_in_the_log_without_names_of_workers(people):
    people.answer(people.ask())
    kinds = list(Event.objects.order_by("id").values_list("kind", flat=True))
    assert kinds[-2:] == ["programmes.attested", "programmes.attestation_confirmed"]
    assert "programmes.attestation_asked" in kinds
    assert StatedFact.objects.get().attestation_id == Attestation.objects.get().id


DAYS, VEHICLE = "programmes.days_last_month", "programmes.vehicle"


def test_an_officer_does_not_say_what_only_those_on_the_spot_know(people):
    with pytest.raises(Conflict, match=r"attestation\.not_his"):
        people.ask(**{DAYS: 20})
    keeper = people.attester("county", phone="19911110007", kind=AttesterKind.KEEPER)
    assert people.answer(people.ask(keeper, **{DAYS: 20}), {DAYS: 18}) is RequestState.CORRECTED
    assert people.known(name=DAYS).value == 18


def test_each_fact_holds_as_long_as_its_own_entry_says(people):
    keeper = people.attester("county", phone="19911110007", kind=AttesterKind.KEEPER)
    both = {DAYS: 20, VEHICLE: 1}
    people.answer(people.ask(keeper, **both), both)
    later = people.today + timedelta(days=46)
    assert people.known(name=DAYS, on=later).value is None
    assert people.known(name=VEHICLE, on=later).value == 1
    assert Attestation.objects.get().valid_until == people.today + timedelta(days=180)


@pytest.mark.parametrize("value", [32, -1, True, "20"])
def test_a_value_that_cannot_be_is_refused(people, value):
    keeper = people.attester("county", phone="19911110007", kind=AttesterKind.KEEPER)
    with pytest.raises(Malformed, match=r"attestation\.scope"):
        people.ask(keeper, **{DAYS: value})


ENTRY = {
    "fact": "programmes.night_shift", "field": "night", "label": "上夜班", "ask": "几个夜班",
    "kind": "number", "least": 0, "most": 31, "by": ["keeper"], "days": 45, "source": "样例",
    "checked_on": date(2026, 11, 28),
    "declares": {"keeps_days": 45, "question": "几个夜班？", "document": "记录"},
}  # fmt: skip


def test_one_more_fact_is_an_entry():
    assert read_attestable(ENTRY).said(3) == "3"
    choice = ENTRY | {"kind": "choice", "choices": {1: "电动自行车"}}
    assert read_attestable(choice).said(1) == "电动自行车"
    assert not read_attestable(choice).holds(2)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "text"}, "kind is one of"),
        ({"by": ["friend"]}, "by is of"),
        ({"days": 400}, "days is 1 to 366"),
        ({"most": 0}, "between least and most"),
        ({"field": "reason"}, "taken"),
        ({"source": ""}, "lacks"),
        ({"fact": "people.night"}, "is called programmes"),
        ({"colour": "red"}, "nobody reads"),
    ],
)
def test_a_faulty_entry_says_what_is_wrong(change, said):
    with pytest.raises(ValueError, match=said):
        read_attestable(ENTRY | change)


def test_nothing_sensitive_is_attested_and_all_is_declared():
    for one in all_attestable():
        fact = CATALOGUE.facts[one.fact]
        assert fact.sensitivity is not Sensitivity.SENSITIVE
        assert not one.choices or not fact.choices or len(one.choices) == len(fact.choices)
