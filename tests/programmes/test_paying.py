"""发放: made, checked by another, sent, answered by the bank; exact to the fen, once a person and award."""

import csv
import io
from datetime import datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from nuanxin.kernel import sealing
from nuanxin.kernel.actor import SYSTEM
from nuanxin.kernel.clock import SHANGHAI
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.membership.models import Membership
from nuanxin.notices.models import Notice
from nuanxin.people.actions import reseal_everything
from nuanxin.programmes.actions.awarding import award_by_points, finish_publicity
from nuanxin.programmes.actions.claims import apply_for_place
from nuanxin.programmes.actions.offers import close_offer
from nuanxin.programmes.actions.paying import (
    cancel_list,
    check_list,
    enter_results,
    erase_accounts,
    export_list,
    make_list,
    reverse_payment,
    state_account,
)
from nuanxin.programmes.models import PayeeAccount, Payment, PaymentFact, PaymentList
from nuanxin.programmes.rules.paying import Result, account_number, read_results
from nuanxin.programmes.states import ListState, Way
from nuanxin.records.models import Reading
from tests.programmes.conftest import at_once
from tests.programmes.test_points import workbook

POSTED = datetime(2026, 4, 28, 9, tzinfo=SHANGHAI)
TO_BANK = "交工商银行代发"
MOST_QUERIES = 14


def luhn_card():
    """Return a number of nineteen digits with the right check digit."""
    return next(
        f"622202120201234567{last}" for last in range(10) if _is_card(f"622202120201234567{last}")
    )


def _is_card(digits):
    try:
        account_number(digits)
    except Malformed:
        return False
    return True


def test_one_wrong_digit_of_a_card_is_told():
    good = luhn_card()
    assert sum(_is_card(good[:-1] + str(last)) for last in range(10)) == 1
    assert account_number(f"{good[:4]} {good[4:8]}-{good[8:]}") == good
    for wrong in ("", "123", "12345678901a", "1" * 25):
        with pytest.raises(Malformed):
            account_number(wrong)
    assert account_number("33050161613509668888") == "33050161613509668888"


def test_a_banks_file_is_read_line_by_line_and_what_is_not_understood_is_told():
    known = frozenset({1, 2, 3, 4})
    rows = [
        ["编号", "结果", "原因"], ["1", "成功"], ["2", "失败", "户名不符"], ["2", "成功"], ["9", "成功"],
        ["3", "不知道"], ["4", "失败", ""], [], ["3.0", "SUCCESS", ""],
    ]  # fmt: skip
    read = read_results(rows, known)
    assert read.rows == (Result(1, True), Result(2, False, "户名不符"), Result(3, True))
    assert [one[:6] for one in read.problems] == [
        "第 4 行：",
        "第 5 行：",
        "第 6 行：",
        "第 7 行：",
    ]


def awarded(town, people=3, *more, definition="degree_yearly"):
    """Return an offer whose places are final, 3,000 yuan each, with its people: ``more`` among them."""
    offer = town.offer(Way.SCORE, places=people, definition=definition)
    riders = [*more, *town.riders(people - len(more))]
    for rider in riders:
        apply_for_place(code=offer.code, actor=rider, now=town.cast.now)
    cadre = town.cast.county_cadre
    close_offer(offer_id=offer.id, actor=cadre, now=POSTED)
    award_by_points(offer_id=offer.id, actor=cadre, now=POSTED)
    finish_publicity(offer_id=offer.id, actor=cadre, now=town.cast.now)
    offer.refresh_from_db()
    return offer, riders


def sent(town, people=3):
    """Return a list that went to the bank, with its people, all of whom have stated an account."""
    offer, riders = awarded(town, people)
    now = town.cast.now
    for rider in riders:
        state_account(bank="工商银行大关支行", number=luhn_card(), actor=rider, now=now)
    made = make_list(offer_id=offer.id, actor=town.cast.county_cadre, now=now)
    check_list(list_id=made.id, actor=town.cast.county_colleague, now=now)
    rows = export_list(list_id=made.id, purpose=TO_BANK, actor=town.cast.actor("finance"), now=now)
    return made, riders, rows


@pytest.mark.django_db
@pytest.mark.slow
class TestWithATown:
    def test_a_list_holds_everybody_once_and_its_total_is_exact(self, town):
        offer, _ = awarded(town)
        made = make_list(offer_id=offer.id, actor=town.cast.county_cadre, now=town.cast.now)
        assert (made.persons, made.total_fen) == (3, 900_000)
        with pytest.raises(Conflict, match="没有要补的"):
            make_list(offer_id=offer.id, actor=town.cast.county_cadre, now=town.cast.now)
        one = Payment.objects.first()
        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.create(list=made, application=one.application, amount_fen=300_000)
        cancel_list(list_id=made.id, actor=town.cast.county_cadre, now=town.cast.now)
        assert (
            make_list(offer_id=offer.id, actor=town.cast.county_cadre, now=town.cast.now).total_fen
            == 900_000
        )

    def test_no_list_before_the_places_are_final_nor_where_there_is_no_money(self, town):
        offer = town.offer(Way.SCORE, places=1, definition="degree_yearly")
        cadre, now = town.cast.county_cadre, town.cast.now
        with pytest.raises(Conflict, match="还没定下来"):
            make_list(offer_id=offer.id, actor=cadre, now=now)
        training = town.offer(definition="skill_training")
        with pytest.raises(Conflict, match="不发钱"):
            make_list(offer_id=training.id, actor=cadre, now=now)
        with pytest.raises(NotFound):
            make_list(offer_id=offer.id, actor=town.cast.cadre_of_next_county, now=now)
        with pytest.raises(Forbidden):
            make_list(offer_id=offer.id, actor=town.cast.actor("finance"), now=now)

    def test_who_made_it_does_not_check_it_and_nothing_leaves_unchecked(self, town):
        offer, _ = awarded(town)
        cadre, now = town.cast.county_cadre, town.cast.now
        made = make_list(offer_id=offer.id, actor=cadre, now=now)
        with pytest.raises(Conflict, match="另一个人复核"):
            check_list(list_id=made.id, actor=cadre, now=now)
        with pytest.raises(Conflict, match="等复核"):
            export_list(list_id=made.id, purpose=TO_BANK, actor=cadre, now=now)
        rows = PaymentList.objects.filter(id=made.id)
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(state=2, checked_at=now, checked_by_key=cadre.person_key)
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(state=ListState.SENT)
        with pytest.raises(IntegrityError), transaction.atomic():
            PaymentFact.objects.create(
                payment=Payment.objects.first(), kind=1, amount_fen=300_000, at=now
            )
        check_list(list_id=made.id, actor=town.cast.actor("finance"), now=now)

    def test_the_bank_gets_whole_accounts_and_each_reading_is_in_the_log(self, town):
        made, riders, rows = sent(town)
        assert {row.number for row in rows} == {luhn_card()}
        assert sum(row.amount_fen for row in rows) == made.total_fen
        assert luhn_card() not in repr(rows)
        people = {rider.worker_id for rider in riders}
        logged = Reading.objects.filter(field="收款账号", worker_id__in=people)
        assert {one.worker_id for one in logged} == people
        assert {one.purpose for one in logged} == {TO_BANK}
        kept = PayeeAccount.objects.first()
        assert luhn_card().encode() not in bytes(kept.number_sealed)
        assert kept.hint == luhn_card()[-4:]

    def test_who_has_no_account_yet_is_left_out_and_comes_with_the_next_file(self, town):
        offer, riders = awarded(town)
        now, cadre = town.cast.now, town.cast.county_cadre
        made = make_list(offer_id=offer.id, actor=cadre, now=now)
        check_list(list_id=made.id, actor=town.cast.county_colleague, now=now)
        assert export_list(list_id=made.id, purpose=TO_BANK, actor=cadre, now=now) == []
        state_account(bank="农业银行", number=luhn_card(), actor=riders[1], now=now)
        state_account(bank="建设银行", number=luhn_card(), actor=riders[1], now=now)
        (row,) = export_list(list_id=made.id, purpose=TO_BANK, actor=cadre, now=now)
        assert row.bank == "建设银行"

    def test_what_the_bank_says_is_entered_once_told_and_taken_back_by_its_opposite(self, town):
        made, riders, rows = sent(town)
        cadre, now = town.cast.county_cadre, town.cast.now
        results = [
            Result(rows[0].payment_id, True),
            Result(rows[1].payment_id, False, "户名不符"),
            Result(rows[2].payment_id, True),
        ]
        assert enter_results(list_id=made.id, results=results, actor=cadre, now=now) == (2, 1)
        assert Notice.objects.filter(kind="programmes.paid").count() == 2
        assert Notice.objects.get(kind="programmes.payment_failed").worker_id == riders[1].worker_id
        assert enter_results(list_id=made.id, results=results[:1], actor=cadre, now=now) == (0, 0)
        (again,) = export_list(list_id=made.id, purpose=TO_BANK, actor=cadre, now=now)
        assert again.payment_id == rows[1].payment_id
        with pytest.raises(IntegrityError), transaction.atomic():
            PaymentFact.objects.create(
                payment_id=rows[0].payment_id, kind=1, amount_fen=300_000, at=now
            )
        for change in (
            lambda: PaymentFact.objects.update(reason="改"),
            PaymentFact.objects.all().delete,
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                change()
        reverse_payment(payment_id=rows[0].payment_id, reason="银行退票", actor=cadre, now=now)
        with pytest.raises(Conflict, match="没有记成发了"):
            reverse_payment(payment_id=rows[0].payment_id, reason="银行退票", actor=cadre, now=now)
        facts = PaymentFact.objects.filter(payment_id=rows[0].payment_id).order_by("id")
        assert [one.amount_fen for one in facts] == [300_000, -300_000]
        assert enter_results(list_id=made.id, results=results[:1], actor=cadre, now=now) == (1, 0)

    def test_accounts_are_sealed_anew_with_a_new_key_and_erased_with_the_person(
        self, town, monkeypatch
    ):
        (rider,) = town.riders(1)
        state_account(bank="农业银行", number=luhn_card(), actor=rider, now=town.cast.now)
        old = sealing._configured()
        newest = old.newest_id + 1
        keys = sealing.SealingKeys(old.lookup_key, old.data_keys | {newest: b"k" * 32})
        monkeypatch.setattr(sealing, "_keys", keys)
        sealing._aead.cache_clear()
        reseal_everything(actor=SYSTEM)
        kept = PayeeAccount.objects.get()
        assert bytes(kept.number_sealed)[1] == newest
        assert sealing.unseal("payee_account", bytes(kept.number_sealed), kept.bound) == luhn_card()
        sealing._aead.cache_clear()
        assert erase_accounts([rider.worker_id], town.cast.now) == ["收款账户"]
        assert not PayeeAccount.objects.exists()


def text_of(answer):
    return answer.content.decode()


@pytest.mark.django_db
@pytest.mark.slow
def test_from_the_worker_s_account_to_the_banks_answer_through_the_pages(town):
    ye, today = town.cast.rider_ye, town.cast.now.date()
    Membership.objects.create(
        worker_id=ye.worker_id, union=town.cast.unions["couriers"], channel=1, occupation=3,
        started_on=today, joined_on=today, recorded_at=town.cast.now,
    )  # fmt: skip
    offer, _ = awarded(town, 3, ye)
    rider = town.cast.client("rider_ye")
    page = rider.get("/payments/mine/")
    assert "还没填" in text_of(page)
    wrong = rider.post("/payments/mine/", {"bank": "工商银行", "number": luhn_card()[:-1] + "x"})
    assert wrong.status_code == 422
    rider.post("/payments/mine/", {"bank": "工商银行大关支行", "number": luhn_card()})
    page = text_of(rider.get("/payments/mine/"))
    assert f"尾号 {luhn_card()[-4:]}" in page
    assert luhn_card() not in page

    cadre, colleague = town.cast.client("county_cadre"), town.cast.client("county_colleague")
    assert "3 人还不在册上" in text_of(cadre.get("/desk/payments/"))
    assert cadre.post("/desk/payments/make/", {"offer": "x"}).status_code == 422
    address = cadre.post("/desk/payments/make/", {"offer": offer.id})["Location"]
    assert cadre.post(f"{address}act/", {"do": "check"}).status_code == 409
    assert colleague.post(f"{address}act/", {"do": "check"}).status_code == 302
    assert luhn_card() not in text_of(cadre.get(address))
    assert cadre.post(f"{address}export/", {"purpose": ""}).status_code == 422
    answer = cadre.post(f"{address}export/", {"purpose": TO_BANK, "do": "csv"})
    head, line = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert head[3] == "账号"
    assert line[3].strip() == luhn_card()
    assert line[4] == "3000.00"
    assert town.cast.county_cadre.name in line[5]
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(cadre.post(f"{address}export/", {"purpose": TO_BANK, "do": "xlsx"}).content)
    )
    (_, cells) = book.get_sheet_by_index(0).to_python()
    assert (cells[3], cells[4]) == (luhn_card(), 3000.0)

    book = workbook([["工商银行代发回单"], ["户名", "编号", "处理结果", "失败原因"], ["甲", int(line[0]), "失败", "户名不符"], ["乙", 99999999, "成功", ""]])  # fmt: skip
    page = text_of(cadre.post(f"{address}results/", {"file": book, "do": "preview"}))
    assert "发成 0 笔，没发成 1 笔" in page
    assert "第 4 行" in page
    assert not PaymentFact.objects.exists()
    assert "户名不符" in page, "what was read goes on to the button that enters it"
    lines = f"编号,结果,原因\n{line[0]},失败,户名不符\n99999999,成功,"
    page = text_of(cadre.post(f"{address}results/", {"lines": lines, "do": "preview"}))
    assert "发成 0 笔，没发成 1 笔" in page
    assert "不是这本名册里的编号" in page
    assert not PaymentFact.objects.exists()
    cadre.post(f"{address}results/", {"lines": lines, "do": "enter"})
    assert "户名不符" in text_of(rider.get("/payments/mine/"))
    cadre.post(f"{address}results/", {"lines": f"{line[0]}，成功", "do": "enter"})
    assert "发了" in text_of(rider.get("/payments/mine/"))
    assert cadre.post(f"{address}reverse/", {"payment": "5", "reason": "退票"}).status_code == 422
    cadre.post(f"{address}reverse/", {"payment": line[0], "reason": "银行退票"})
    assert "银行退票" in text_of(cadre.get(address))
    assert town.cast.client("auditor").post(f"{address}export/", {}).status_code == 403
    assert town.cast.client("cadre_of_next_county").get(address).status_code == 404
    for browser, path in ((cadre, address), (cadre, "/desk/payments/"), (rider, "/payments/mine/")):
        with CaptureQueriesContext(connection) as caught:
            assert browser.get(path).status_code == 200
        assert len(caught) <= MOST_QUERIES, (path, len(caught))


@pytest.mark.slow
def test_two_who_enter_the_same_answer_at_once_pay_once(racing_town):
    town = racing_town
    made, _, rows = sent(town)
    results = [Result(row.payment_id, True) for row in rows]

    def entering(number):
        actor = town.cast.actor(("county_cadre", "county_colleague")[number])
        return enter_results(list_id=made.id, results=results, actor=actor, now=town.cast.now)

    assert sorted(at_once(2, entering)) == [(0, 0), (3, 0)]


@pytest.mark.slow
def test_two_who_make_the_list_at_once_make_one(racing_town):
    town = racing_town
    offer, _ = awarded(town)

    def making(number):
        actor = town.cast.actor(("county_cadre", "county_colleague")[number])
        return make_list(offer_id=offer.id, actor=actor, now=town.cast.now)

    outcomes = at_once(2, making)
    assert sum(isinstance(one, Conflict) for one in outcomes) == 1
    assert Payment.objects.count() == 3
