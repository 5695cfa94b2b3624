"""An officer's roster in the browser's terms: drop, preview, correct, take effect, undo."""

from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from nuanxin.kernel import clock, sealing
from nuanxin.kernel.actor import SYSTEM
from nuanxin.membership.actions import roster_reading, rosters
from nuanxin.membership.models import JoinApplication, RosterBatch
from nuanxin.membership.states import BatchState
from nuanxin.people.models import Worker
from tests.membership.rosters.made_up import (
    HEAD,
    csv_bytes,
    identity,
    name,
    people,
    phone,
    wrong,
    xlsx_bytes,
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
FILE = Path(__file__).parents[1] / "membership" / "rosters" / "files" / "care_2026.csv"


@pytest.fixture
def desk(cast, settings, tmp_path):
    settings.FILES_ROOT = tmp_path / "files"
    return cast.client("officer_chen")


def drop(desk, cast, content=None):
    file = SimpleUploadedFile(FILE.name, content or FILE.read_bytes())
    answer = desk.post(
        reverse("desk-roster-new"), {"union": cast.union("couriers").code, "file": file}
    )
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def run_jobs():
    """Do what the waiting jobs would do."""
    now = clock.now()
    for batch in RosterBatch.objects.all():
        roster_reading.read_batch(batch_id=batch.id, now=now)
        rosters.run_batch(batch_id=batch.id, actor=SYSTEM, now=now)


def test_from_the_drop_to_the_undo(desk, cast):
    page = drop(desk, cast)
    assert "正在读您的名单" in desk.get(page).content.decode()
    run_jobs()
    preview = desk.get(page).content.decode()
    assert "邀请这 2,505 人" in preview
    assert "还有 2,305 行没有逐行列出" in preview
    assert "没有逐行列出" not in desk.get(f"{page}?group=bad_id").content.decode()
    assert desk.get(f"{page}?group=damaged_id").status_code == 200
    desk.post(f"{page}confirm/")
    assert "正在办理" in desk.get(page).content.decode()
    run_jobs()
    assert JoinApplication.objects.count() == 2505
    done = desk.get(page).content.decode()
    assert "办完了" in done
    assert "整批撤销" in done
    result = desk.get(f"{page}result/")
    assert b"".join(result.streaming_content)[:2] == b"PK"
    desk.post(f"{page}undo/")
    assert RosterBatch.objects.get().state == BatchState.UNDONE
    assert desk.get(reverse("desk-rosters")).status_code == 200


def test_the_columns_can_be_corrected(desk, cast):
    page = drop(desk, cast)
    run_jobs()
    mapping = {"column-name": 1, "column-identity": 3, "column-phone": 2, "column-employer": ""}
    desk.post(f"{page}columns/", mapping)
    assert RosterBatch.objects.get().state == BatchState.READING
    run_jobs()
    assert RosterBatch.objects.get().totals["ok"] == 2505


def test_what_is_not_corrected_stays_and_no_number_stands_in_clear(desk, cast):
    page = drop(desk, cast)
    run_jobs()
    shown = desk.get(page).content.decode()
    assert "331102197306179750" not in shown
    assert "15998698797" not in shown
    assert "付志强" not in shown
    assert "合计行，没有当作人" in shown
    desk.post(f"{page}columns/", {"column-name": 1, "column-identity": 3, "column-phone": 2})
    assert RosterBatch.objects.get().mapping == {"name": 1, "identity": 3, "phone": 2}
    run_jobs()
    assert RosterBatch.objects.get().totals["ok"] == 2505


@pytest.mark.parametrize("chosen", [{"column-name": 1}, {"column-identity": 3, "column-name": 3}, {"column-identity": 99}])  # fmt: skip
def test_a_correction_that_cannot_be_is_said_and_changes_nothing(desk, cast, chosen):
    page = drop(desk, cast)
    run_jobs()
    answer = desk.post(f"{page}columns/", chosen)
    assert answer.status_code in {400, 422}
    assert "请" in answer.content.decode()
    batch = RosterBatch.objects.get()
    assert (batch.state, batch.totals["ok"]) == (BatchState.PREVIEWED, 2505)


def test_odd_headings_are_read_as_the_officer_points(desk, cast):
    mine, other = people(12), people(12)
    rows = [
        ["甲", "乙", "丙", "丁"],
        *[[o[1], m[1], m[0], m[2]] for m, o in zip(mine, other, strict=True)],
    ]
    page = drop(desk, cast, content=csv_bytes(rows))
    run_jobs()
    desk.post(f"{page}columns/", {"column-name": 2, "column-identity": 1, "column-phone": 3})
    run_jobs()
    desk.post(f"{page}confirm/")
    run_jobs()
    hashes = {sealing.lookup_hash("identity", row[1]) for row in mine}
    stored = JoinApplication.objects.values_list("worker__identity_hash", flat=True)
    assert set(stored) == hashes


def test_where_no_identity_column_is_recognised_the_officer_points_it_out(desk, cast):
    mine = people(6)
    rows = [
        ["编码", "谁", "怎么联系", "备注一"],
        *[[m[1] if n < 1 else f"A-{n:04d}", m[0], m[2], "老员工"] for n, m in enumerate(mine)],
    ]
    page = drop(desk, cast, content=csv_bytes(rows))
    run_jobs()
    said = desk.get(page).content.decode()
    assert "请指出身份证号是哪一列" in said
    assert "按这样再读一遍" in said
    assert "下载结果表" not in said
    assert not [one for row in mine for one in row if one in said]
    assert desk.post(f"{page}confirm/").status_code == 409
    assert desk.get(f"{page}result/").status_code == 409
    desk.post(f"{page}columns/", {"column-name": 1, "column-identity": 0, "column-phone": 2})
    run_jobs()
    batch = RosterBatch.objects.get()
    assert (batch.state, batch.failure) == (BatchState.PREVIEWED, "")
    assert batch.totals == {"ok": 1, "bad_id": 5}


def test_another_sheet_that_is_a_roster_can_be_read_instead(desk, cast):
    body = xlsx_bytes({"一站": [HEAD, *people(3)], "二站": [HEAD, *people(5)]})
    page = drop(desk, cast, content=body)
    run_jobs()
    assert RosterBatch.objects.get().totals == {"ok": 5}
    assert "一站" in desk.get(page).content.decode()
    for sheet, rows in (("一站", 3), ("一站", 3), ("二站", 5)):
        desk.post(f"{page}columns/", {"sheet": sheet})
        run_jobs()
        assert RosterBatch.objects.get().totals == {"ok": rows}


def test_a_result_is_corrected_and_dropped_again_and_only_what_was_corrected_takes_effect(
    desk, cast
):
    whole = people(6)
    faulty = [
        [name(), wrong(identity()), phone()],
        ["", identity(), phone()],
        ["=1+1", identity(), phone()],
    ]
    page = drop(desk, cast, content=csv_bytes([HEAD, *whole, *faulty]))
    run_jobs()
    desk.post(f"{page}confirm/")
    run_jobs()
    assert JoinApplication.objects.count() == 7
    sheet = openpyxl.load_workbook(BytesIO(b"".join(desk.get(f"{page}result/").streaming_content)))
    cells = sheet.active
    assert [c.value for c in cells[1]][-2:] == ["结果", "原因和怎么改"]
    assert cells["A10"].value == "'=1+1"
    cells["B8"] = identity()
    out = BytesIO()
    sheet.save(out)
    again = drop(desk, cast, content=out.getvalue())
    run_jobs()
    assert RosterBatch.objects.latest("id").totals == {"ok": 1, "already_invited": 7, "no_name": 1}
    desk.post(f"{again}confirm/")
    run_jobs()
    assert JoinApplication.objects.count() == 8
    assert Worker.objects.filter(name="=1+1").count() == 1


def test_a_file_that_cannot_be_read_says_why_and_what_to_do(desk, cast):
    page = drop(desk, cast, content=b"\x89PNG\r\n\x1a\n" + bytes(99))
    run_jobs()
    said = desk.get(page).content.decode()
    assert "这份名单没读成" in said
    assert "再传一次" in said


@pytest.mark.parametrize("stranger", ["cadre_of_next_county", "enterprise_officer"])
def test_a_stranger_sees_no_batch_and_cannot_drop_here(desk, cast, stranger):
    page = drop(desk, cast)
    other = cast.client(stranger)
    assert other.get(page).status_code == 404
    assert other.post(f"{page}confirm/").status_code == 404
    file = SimpleUploadedFile("a.csv", b"x")
    union = cast.union("couriers").code
    answer = other.post(reverse("desk-roster-new"), {"union": union, "file": file})
    assert answer.status_code == 422
    assert RosterBatch.objects.count() == 1
