"""An officer's roster in the browser's terms: drop, preview, correct, take effect, undo."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from nuanxin.kernel import clock
from nuanxin.kernel.actor import SYSTEM
from nuanxin.membership.actions import roster_reading, rosters
from nuanxin.membership.models import JoinApplication, RosterBatch
from nuanxin.membership.states import BatchState

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
