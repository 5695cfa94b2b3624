"""What a person sees, fetches and has erased of himself."""

import io
import json

import pytest
from django.db import connection
from python_calamine import CalamineWorkbook

from nuanxin.kernel.errors import Conflict, Forbidden, NotFound
from nuanxin.people import rules
from nuanxin.people.actions import (
    add_engagement,
    correct_worker,
    erase_worker,
    fetch_my_data,
    find_or_register_worker,
    grant_consent,
    open_household,
    read_in_clear,
    reapply_erasures,
)
from nuanxin.people.actions.erasing import erasure_file
from nuanxin.people.models import Worker
from nuanxin.people.queries import get_worker, list_readings_of, my_data, my_data_workbook
from nuanxin.people.states import ErasureHold, MyDataSection
from nuanxin.records.models import Event
from tests.people.conftest import NOW, OFFICER, himself, number, phone, register

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker(stands_below):
    """A person of whom everything is kept that can be."""
    worker = stands_below(register(1))
    me = himself(worker)
    add_engagement(
        worker_id=worker, occupation=4, source="join", place_stated="城西站", actor=me, now=NOW
    )
    grant_consent(
        worker_id=worker, purpose=1, notice_version="2026-11-01", via="web", actor=me, now=NOW
    )
    open_household(worker_id=worker, name="叶家", actor=me, now=NOW)
    read_in_clear(worker_id=worker, field="phone", purpose="电话核对", actor=OFFICER, now=NOW)
    return worker


def rows(data, key):
    (section,) = (part for part in data["sections"] if part["key"] == key)
    return section["rows"]


def test_everything_that_is_kept_is_shown_masked(worker):
    data = my_data(worker)
    (person,) = rows(data, "person")
    assert (person["name"], person["phone"]) == ("叶小明", "139****0001")
    assert rows(data, "engagements")[0]["place_stated"] == "城西站"
    assert rows(data, "consents")[0]["purpose"] == "入会和会籍管理"
    assert rows(data, "readings")[0]["purpose"] == "电话核对"
    assert rows(data, "household")[0]["name"] == "叶家"
    assert json.loads(json.dumps(data)) == data


def test_fetching_shows_the_own_numbers_and_is_logged(worker):
    data = fetch_my_data(worker_id=worker, actor=himself(worker), now=NOW)
    (person,) = rows(data, "person")
    assert (person["identity"], person["phone"]) == (number(1), phone(1))
    assert [row.purpose for row in list_readings_of(worker)][:2] == ["本人查阅", "本人查阅"]


@pytest.mark.parametrize(("actor", "refusal"), [(OFFICER, Forbidden), (himself(9), NotFound)])
def test_only_the_person_fetches_and_erases(worker, actor, refusal):
    with pytest.raises(refusal):
        fetch_my_data(worker_id=worker, actor=actor, now=NOW)
    with pytest.raises(refusal):
        erase_worker(worker_id=worker, actor=actor, now=NOW)
    assert fetch_my_data(worker_id=worker, actor=himself(worker), now=NOW)


def test_nobody_is_not_found(db):
    with pytest.raises(NotFound):
        my_data(10**9)


def test_the_workbook_holds_every_section_as_text(worker):
    correct_worker(worker_id=worker, name="=1+1", actor=OFFICER, now=NOW)
    data = fetch_my_data(worker_id=worker, actor=himself(worker), now=NOW)
    book = CalamineWorkbook.from_filelike(io.BytesIO(my_data_workbook(data)))
    assert book.sheet_names == [section["title"] for section in data["sections"]]
    titles, values = book.get_sheet_by_name("基本资料").to_python()
    assert titles[:3] == ["姓名", "身份证号", "证件种类"]
    assert values[:2] == ["'=1+1", number(1)]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "＝"])
def test_no_cell_begins_like_a_formula(start):
    assert rules.safe_cell(f"{start}cmd") == f"'{start}cmd"
    assert rules.safe_cell("叶小明") == "叶小明"


def test_upper_packages_add_their_part(worker, monkeypatch):
    part = MyDataSection("x", "会籍", {"no": "会员号"}, lambda ids: [{"no": len(ids), "x": 1}])
    monkeypatch.setattr("nuanxin.people.queries.own_data.my_data_sections", [part])
    assert rows(my_data(worker), "x") == [{"no": 1}]


# ── Erasing ─────────────────────────────────────────────────────────────────────────────────────


def erase(worker_id):
    return erase_worker(worker_id=worker_id, actor=himself(worker_id), now=NOW)


def stored_text():
    """Return every row of 人员 and every event as one text."""
    texts = []
    with connection.cursor() as db:
        for table in ("people_worker", "people_engagement", "people_consent", "records_event"):
            db.execute(f"SELECT t::text FROM {table} t")
            texts += [row[0] for row in db.fetchall()]
    return "\n".join(texts)


def test_nothing_of_the_person_is_left_but_what_the_law_keeps(worker):
    assert "叶小明" in stored_text()
    outcome = erase(worker)
    left = stored_text()
    for trace in ("叶小明", "城西站", number(1)[-4:] + ",", phone(1)[-4:], "1990-03-07"):
        assert trace not in left
    assert get_worker(worker).erased_at == NOW
    assert "身份证号" in outcome.erased
    assert all(hold.reason for hold in outcome.kept)


def test_the_certificate_holds_no_personal_data(worker):
    certificate = erase(worker).certificate
    text = json.dumps(certificate, ensure_ascii=False)
    assert certificate["erased_on"] == "2026-11-23"
    for trace in ("叶小明", number(1), phone(1), str(worker)):
        assert trace not in text.replace(certificate["number"], "")
    assert Event.objects.get(kind="people.worker_erased").data == certificate


def test_what_must_be_settled_before_refuses_with_its_reason(worker, monkeypatch):
    hold = ErasureHold("会籍", "您还是会员，请先办理退会", is_blocking=True)
    holds = [lambda worker_id, now: [hold]]
    monkeypatch.setattr("nuanxin.people.actions.erasing.erasure_holds", holds)
    with pytest.raises(Conflict) as refused:
        erase(worker)
    assert "请先办理退会" in refused.value.message
    assert get_worker(worker).name == "叶小明"
    holds[0] = lambda worker_id, now: [ErasureHold("领过的补助", "会计档案要保存十年")]
    assert "领过的补助" in [kept.what for kept in erase(worker).kept]


def test_upper_packages_erase_their_part(worker, monkeypatch):
    asked = []

    def eraser(worker_ids, now):
        asked.append(list(worker_ids))
        return ["短信内容"]

    monkeypatch.setattr("nuanxin.people.actions.erasing.erasers", [eraser])
    assert "短信内容" in erase(worker).erased
    assert asked == [[worker]]


def test_an_erased_person_may_come_back_as_somebody_new(worker):
    erase(worker)
    again = find_or_register_worker(
        name="叶小明", identity=number(1), phone=phone(1), assurance=2, actor=OFFICER, now=NOW
    )
    assert again.is_new
    with pytest.raises(NotFound):
        erase(worker)


def test_after_a_restore_the_erasures_are_applied_again(worker, django_capture_on_commit_callbacks):
    before = Worker.objects.filter(id=worker).values().get()
    with django_capture_on_commit_callbacks(execute=True):
        erase(worker)
    assert str(worker) in erasure_file().read_text()
    Worker.objects.filter(id=worker).update(**before)  # the backup of yesterday
    assert reapply_erasures(now=NOW) == 1
    assert get_worker(worker).name == "已清除"
    assert reapply_erasures(now=NOW) == 0
