"""Marked numbers go through the whole product; afterwards every sink is searched for them.

Safety, section 2 (personal data in logs, addresses, errors), invariants 19 and 26, section 6: a
dump of the database alone yields no number. With either cipher.
"""

import base64
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse

from nuanxin.kernel import clock, sealing
from nuanxin.kernel.actor import SYSTEM
from nuanxin.membership.actions import roster_reading, rosters
from nuanxin.membership.models import JoinApplication, Membership, RosterBatch
from nuanxin.people.models import Worker
from nuanxin.records.models import Reading
from tests.access import outbox
from tests.cast import Cast
from tests.membership.cast import identity_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

PHONE, OTHER_PHONE = "15512348766", "15512348777"


@pytest.fixture(params=[sealing.AES_256_GCM, sealing.SM4_GCM], ids=["aes", "sm4"])
def cipher(request: pytest.FixtureRequest) -> Iterator[int]:
    """Run the product with one cipher or the other, as ``NUANXIN_SM4`` sets it."""
    keys = django_settings.KEYS
    chosen = {"lookup_key": keys.identity_hmac_key, "data_keys": keys.data_keys}
    sealing.configure(sealing.SealingKeys(**chosen, algorithm=request.param))
    yield request.param
    sealing.configure(sealing.SealingKeys(**chosen))


@pytest.fixture
def numbers() -> list[str]:
    return [identity_of(), identity_of(), PHONE, OTHER_PHONE]


def test_no_sink_holds_a_number(
    cast: Cast,
    cipher: int,
    numbers: list[str],
    settings: Any,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings.FILES_ROOT = tmp_path / "files"
    settings.ACCESS_CODE_SENDER = "tests.access.outbox.keep"
    outbox.SENT.clear()
    caplog.set_level(logging.DEBUG)
    logging.getLogger("django.db.backends").setLevel(logging.WARNING)  # as in the product
    seen = _Addresses()
    own, listed, _, _ = numbers
    _join(seen, cast, own)
    _drop_roster(seen, cast, listed)
    _work_at_the_desk(seen, cast, own)

    worker = Worker.objects.get(phone_hash=sealing.lookup_hash("phone", PHONE))
    assert bytes(worker.identity_sealed)[0] == cipher
    assert sealing.unseal("identity", bytes(worker.identity_sealed), worker.identity_hash) == own

    told = {
        "addresses": "\n".join(seen.all),
        "log": caplog.text + "\n".join(str(record.args) for record in caplog.records),
        "terminal": "".join(capsys.readouterr()),
        "file names": "\n".join(str(path) for path in tmp_path.rglob("*")),
        "files": "\n".join(
            path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()
        ),
        "database": _everything_in_the_database(),
    }
    for sink, text in told.items():
        found = [form for number in numbers for form in _forms(number) if form in text]
        assert not found, f"{sink} holds {found}"
    assert len(told["database"]) > 10_000, "the dump is no dump"


class _Addresses:
    """Every address that a browser went to or was sent to."""

    def __init__(self) -> None:
        self.all: list[str] = []

    def get(self, client: Client, url: str, asked: dict[str, str] | None = None) -> Any:
        return self._keep(client.get(url, asked or {}))

    def post(self, client: Client, url: str, sent: dict[str, Any]) -> Any:
        return self._keep(client.post(url, sent))

    def _keep(self, answer: Any) -> Any:
        self.all.append(answer.request["PATH_INFO"] + "?" + answer.request["QUERY_STRING"])
        self.all += [f"{name}: {value}" for name, value in answer.headers.items()]
        return answer


def _join(seen: _Addresses, cast: Cast, own: str) -> None:
    browser, page = Client(), reverse("sign-in")
    seen.post(browser, page, {"phone": PHONE + "0", "do": "send"})
    seen.post(browser, page, {"phone": PHONE, "do": "send", "next": reverse("join-work")})
    code = outbox.SENT[-1]["values"]["code"]
    seen.post(browser, page, {"phone": PHONE, "code": "000000", "do": "check"})
    seen.post(browser, page, {"phone": PHONE, "code": code, "do": "check"})
    seen.post(browser, reverse("join-work"), {"jobs": ["courier"], "county": 330105, "place": ""})
    for number in (own[:-1] + ("0" if own[-1] != "0" else "1"), own):  # a wrong one comes first
        seen.post(
            browser, reverse("join-person"), {"name": "陈永强", "identity": number, "consent": "on"}
        )
    seen.get(browser, reverse("join-union"))
    seen.post(browser, reverse("join-union"), {"union": cast.union("couriers").code})
    seen.get(browser, reverse("join-check"))
    assert (
        "收到了"
        in seen.get(
            browser, seen.post(browser, reverse("join-check"), {})["Location"]
        ).content.decode()
    )
    for name in ("worker-me", "worker-data", "worker-readings"):
        seen.get(browser, reverse(name))


def _drop_roster(seen: _Addresses, cast: Cast, listed: str) -> None:
    desk, code = cast.client("officer_chen"), cast.union("couriers").code
    table = (
        f"姓名,身份证号,手机号\n林晓月,{listed},{OTHER_PHONE}\n吴半,{listed[:-2]},{OTHER_PHONE}\n"
    )
    file = SimpleUploadedFile(f"名单 {listed}.csv", table.encode())
    page = seen.post(desk, reverse("desk-roster-new"), {"union": code, "file": file})["Location"]
    for _ in range(2):
        for batch in RosterBatch.objects.all():
            roster_reading.read_batch(batch_id=batch.id, now=clock.now())
            rosters.run_batch(batch_id=batch.id, actor=SYSTEM, now=clock.now())
        seen.get(desk, page)
        seen.post(desk, f"{page}confirm/", {})
    result = seen.get(desk, f"{page}result/")
    assert b"".join(result.streaming_content)[:2] == b"PK"


def _work_at_the_desk(seen: _Addresses, cast: Cast, own: str) -> None:
    desk = cast.client("officer_chen")
    (application,) = JoinApplication.objects.filter(worker__name="陈永强")
    seen.get(desk, reverse("desk-application", args=[application.id]))
    seen.post(desk, reverse("desk-review-decide"), {"ids": [application.id], "verdict": "approve"})
    for number in (own, PHONE):
        seen.post(desk, reverse("desk-members"), {"q": number})
    membership = Membership.objects.filter(worker_id=application.worker_id).first()
    if membership is not None:
        url = reverse("desk-member-unmask", args=[membership.id])
        for field, number in (("identity", own), ("phone", PHONE)):
            page = seen.post(desk, url, {"field": field, "purpose": "核对入会资料"})
            assert number in page.content.decode()
        assert Reading.objects.filter(worker_id=application.worker_id).count() == 2


def _forms(number: str) -> Iterator[str]:
    """Yield how a number may lie around: as text, as hexadecimal, in base64, bare of its ends."""
    yield number
    yield number.encode().hex()
    for shift in range(3):  # base64 looks different at each of three places
        encoded = base64.b64encode(b" " * shift + number.encode()).decode()
        yield encoded[4:-4]


def _everything_in_the_database() -> str:
    """Return every row of every table as text, as a dump would."""
    lines = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            lines += [row[0] for row in cursor.fetchall()]
    return "\n".join(lines)
