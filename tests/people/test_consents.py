"""Consents: one a purpose, under a version that exists, withdrawn as easily as given."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from nuanxin.kernel.errors import NotFound
from nuanxin.people import states
from nuanxin.people.actions import grant_consent, withdraw_consent
from nuanxin.people.queries import consents as consent_queries
from nuanxin.people.queries import (
    current_notice,
    get_notice,
    has_consent,
    list_consents,
    missing_consents,
    notice_versions,
)
from nuanxin.people.states import ConsentPurpose
from nuanxin.records.models import Event
from tests.people.conftest import NOW, himself, register

VERSION = "2026-11-01"
JOINING, NUMBER = ConsentPurpose.JOINING, ConsentPurpose.IDENTITY_NUMBER


@pytest.fixture
def worker(db):
    return register(1)


def grant(worker_id, purpose=JOINING, version=VERSION):
    return grant_consent(
        worker_id=worker_id,
        purpose=purpose,
        notice_version=version,
        via="web",
        actor=himself(worker_id),
        now=NOW,
    )


def withdraw(worker_id, purpose=JOINING):
    withdraw_consent(worker_id=worker_id, purpose=purpose, actor=himself(worker_id), now=NOW)


@pytest.mark.parametrize("purpose", list(ConsentPurpose))
def test_every_purpose_has_a_notice_that_says_what_the_law_demands(purpose):
    notice = current_notice(purpose, on=date(2026, 11, 23))
    assert notice.title.endswith(("告知书", "（单独同意）", "（可以不同意）", "可以不同意）"))
    for part in ("权利", "找谁", "12351"):
        assert part in notice.markdown
    assert "<h1>" in notice.html
    assert states.ConsentPurpose(purpose).label


@pytest.mark.parametrize("purpose", [JOINING, NUMBER])
def test_the_notices_of_joining_name_handler_use_and_time(purpose):
    text = get_notice(purpose, VERSION).markdown
    for part in ("谁在用", "用多久", "怎么保管", "身份证号"):
        assert part in text


def test_a_later_version_counts_from_its_day_on(tmp_path, monkeypatch):
    folder = tmp_path / "joining"
    folder.mkdir()
    (folder / "2026-01-01.md").write_text("# 旧\n<script>x</script>", encoding="utf-8")
    (folder / "2026-06-01.md").write_text("# 新", encoding="utf-8")
    monkeypatch.setattr(consent_queries, "_FOLDER", tmp_path)
    get_notice.cache_clear()
    try:
        assert current_notice(JOINING, on=date(2026, 5, 31)).title == "旧"
        assert current_notice(JOINING, on=date(2026, 6, 1)).title == "新"
        assert "<script>" not in get_notice(JOINING, "2026-01-01").html
        with pytest.raises(NotFound):
            current_notice(JOINING, on=date(2025, 12, 31))
    finally:
        get_notice.cache_clear()


def test_a_version_is_no_path():
    for version in ("../identity_number/2026-11-01", "", "2026-11-01.md"):
        with pytest.raises(NotFound):
            get_notice(JOINING, version)
    assert notice_versions(JOINING) == [VERSION]


def test_a_consent_is_given_once_and_kept_with_its_version(worker):
    assert grant(worker) == grant(worker)
    (row,) = list_consents(worker)
    assert (row.purpose, row.notice_version, row.granted_via) == (JOINING, VERSION, "web")
    assert Event.objects.filter(kind="people.consent_granted").count() == 1


def test_the_number_has_a_consent_of_its_own(worker):
    grant(worker)
    assert has_consent(worker, JOINING)
    assert not has_consent(worker, NUMBER)
    assert missing_consents([worker], [JOINING, NUMBER]) == {worker: [NUMBER]}
    grant(worker, NUMBER)
    assert missing_consents([worker], [JOINING, NUMBER]) == {}


def test_an_unknown_version_is_no_consent(worker):
    with pytest.raises(NotFound, match=r"people\.no_notice"):
        grant(worker, version="2020-01-01")
    assert not has_consent(worker, JOINING)


def test_a_new_version_replaces_the_old_one_which_is_kept(worker, monkeypatch):
    grant(worker)
    monkeypatch.setattr(
        "nuanxin.people.actions.consents.queries.get_notice", lambda purpose, version: None
    )
    grant(worker, version="2027-01-01")
    rows = list_consents(worker)
    assert [(row.notice_version, row.is_live) for row in rows] == [
        ("2027-01-01", True),
        (VERSION, False),
    ]


def test_withdrawing_is_one_call_and_is_told_before_what_it_means(worker):
    grant(worker)
    assert "退会" in list_consents(worker)[0].withdrawal_meaning
    withdraw(worker)
    assert not has_consent(worker, JOINING)
    assert Event.objects.filter(kind="people.consent_withdrawn").count() == 1
    with pytest.raises(NotFound, match=r"people\.no_consent"):
        withdraw(worker)
    grant(worker)
    assert has_consent(worker, JOINING)


def test_what_follows_from_a_withdrawal_happens_with_it_or_not_at_all(worker, monkeypatch):
    seen = []
    effects = {JOINING: [lambda **what: seen.append(what["worker_id"])]}
    monkeypatch.setattr("nuanxin.people.actions.consents.withdrawal_effects", effects)
    grant(worker)
    withdraw(worker)
    assert seen == [worker]

    def fail(**_):
        raise RuntimeError("membership cannot end now")

    effects[JOINING].append(fail)
    grant(worker)
    with pytest.raises(RuntimeError):
        withdraw(worker)
    assert has_consent(worker, JOINING)


def test_the_database_itself_keeps_one_live_consent_a_purpose(worker):
    grant(worker)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as db:
        db.execute(
            """INSERT INTO people_consent
                   (worker_id, purpose, notice_version, granted_at, granted_via)
               VALUES (%s, 1, 'x', now(), 'web')""",
            [worker],
        )
