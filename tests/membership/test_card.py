"""The member card: number, code, filter, and the papers."""

import base64
from datetime import timedelta
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel import chinese_type
from nuanxin.kernel.errors import Malformed, NotFound, Unavailable
from nuanxin.membership.actions.leaving import leave_union
from nuanxin.membership.forms.papers import card_pdf, joining_form_pdf
from nuanxin.membership.queries.card import (
    card_check_bundle,
    check_card,
    get_card,
    public_key,
    revocation_filter,
)
from nuanxin.membership.queries.papers import get_joining_form
from nuanxin.membership.rules.card import (
    CardFault,
    CardPayload,
    CardState,
    RevocationFilter,
    card_number,
    shown_number,
    sign_card,
    verify_card,
    worker_of_number,
)
from tests.membership.cast import (
    DAY,
    NOW,
    Cast,
    make_application,
    make_member,
    make_worker,
    person,
)

KEY = Ed25519PrivateKey.from_private_bytes(b"a key of these tests, 32 bytes.!")
PAYLOAD = CardPayload(
    number=card_number(4_711),
    state=CardState.MEMBER,
    is_paper=False,
    issued_at=NOW,
    valid_seconds=60,
    union_id=311,
    masked_name="陈**",
)


@given(st.integers(1, 99_999_999_976))
def test_a_number_leads_back_to_its_record(worker_id: int) -> None:
    number = card_number(worker_id)
    assert len(number) == 12
    assert worker_of_number(shown_number(number)) == worker_id


@given(st.integers(1, 10_000_000), st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(worker_id: int, at: int, by: int) -> None:
    number = card_number(worker_id)
    wrong = number[:at] + str((int(number[at]) + by) % 10) + number[at + 1 :]
    with pytest.raises(Malformed):
        worker_of_number(wrong)


def test_neighbours_have_distant_numbers() -> None:
    numbers = [int(card_number(worker_id)[:11]) for worker_id in range(1, 200)]
    assert len(set(numbers)) == 199
    assert min(abs(b - a) for a, b in pairwise(numbers)) > 1_000_000


def test_a_fresh_code_is_good_and_short() -> None:
    token = sign_card(PAYLOAD, KEY)
    assert len(token) <= 200
    check = verify_card(token, NOW + timedelta(seconds=60), KEY.public_key())
    assert check.is_good
    assert check.payload == PAYLOAD


@given(st.text("赵钱孙李欧阳·", max_size=40), st.integers(0, 2**32 - 1))
def test_every_code_fits_and_reads_back(name: str, union_id: int) -> None:
    payload = CardPayload(PAYLOAD.number, CardState.RETAINED, True, NOW, 31_622_400, union_id, name)
    token = sign_card(payload, KEY)
    assert len(token) <= 200
    read = verify_card(token, NOW, KEY.public_key()).payload
    assert read is not None
    assert name.startswith(read.masked_name)
    assert (read.union_id, read.is_paper) == (union_id, True)


@pytest.mark.parametrize(
    ("after", "fault"),
    [
        (timedelta(seconds=61), CardFault.AGED),
        (timedelta(days=1), CardFault.AGED),
        (timedelta(seconds=-91), CardFault.FROM_LATER),
        (timedelta(seconds=-30), CardFault.NONE),
    ],
)
def test_a_screenshot_ages(after: timedelta, fault: CardFault) -> None:
    assert verify_card(sign_card(PAYLOAD, KEY), NOW + after, KEY.public_key()).fault is fault


def test_no_character_of_a_code_can_be_changed() -> None:
    token = sign_card(PAYLOAD, KEY)
    for at in range(len(token)):
        other = "A" if token[at] != "A" else "B"
        changed = token[:at] + other + token[at + 1 :]
        assert not verify_card(changed, NOW, KEY.public_key()).is_good


def test_another_key_signs_nothing_here() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    assert verify_card(sign_card(PAYLOAD, other), NOW, KEY.public_key()).fault is CardFault.FORGED


@pytest.mark.parametrize("text", ["", "x", "https://example.com/", "中文", "A" * 5_000])
def test_rubbish_is_no_code(text: str) -> None:
    assert verify_card(text, NOW, KEY.public_key()).fault is CardFault.UNREADABLE


@given(st.sets(st.integers(1, 10**9), max_size=60), st.integers(1, 10**9))
def test_the_filter_holds_exactly_what_was_put_in(ids: set[int], asked: int) -> None:
    numbers = [card_number(one) for one in ids]
    packed = RevocationFilter.from_wire(RevocationFilter.of(numbers).to_wire())
    assert all(number in packed for number in numbers)
    assert (card_number(asked) in packed) == (asked in ids)


def test_a_member_shows_his_card(cast: Cast) -> None:
    member = make_member(cast.riders, make_worker("陈永强"))
    card = get_card(actor=person(member.worker_id), now=NOW)
    assert card.state is CardState.MEMBER
    assert card.qr_svg.startswith("<svg")
    check = check_card(card.token, now=NOW)
    assert check.is_good
    assert check.payload is not None
    assert check.payload.masked_name == "陈**"


def test_who_waits_has_a_provisional_card_with_the_same_number(cast: Cast) -> None:
    application = make_application(cast.riders)
    card = get_card(actor=person(application.worker_id), now=NOW)
    assert card.state is CardState.PROVISIONAL
    assert worker_of_number(card.number) == application.worker_id


def test_without_membership_there_is_no_card(cast: Cast) -> None:
    with pytest.raises(NotFound) as refused:
        get_card(actor=person(make_worker().id), now=NOW)
    assert refused.value.code == "membership.no_card"


def test_a_printed_card_is_taken_back_by_the_filter(cast: Cast) -> None:
    member = make_member(cast.riders)
    himself = person(member.worker_id)
    paper = get_card(actor=himself, now=NOW, is_paper=True).token
    leave_union(actor=himself, now=NOW + DAY)
    revocation_filter.cache_clear()
    bundle = card_check_bundle(NOW + 2 * DAY)
    revoked = RevocationFilter.from_wire(base64.b64decode(bundle["filter"]["data"]))
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(bundle["public_key"]))
    later = NOW + 2 * DAY
    assert verify_card(paper, later, key).is_good
    assert verify_card(paper, later, key, revoked=revoked).fault is CardFault.REVOKED
    assert check_card(paper, now=later).fault is CardFault.REVOKED
    assert key.public_bytes_raw() == public_key().public_bytes_raw()
    revocation_filter.cache_clear()


@pytest.mark.slow
def test_the_papers_carry_their_own_type(cast: Cast) -> None:
    member = make_member(cast.riders, make_worker("陈#永[强]*_$"))
    application = make_application(cast.street, make_worker("欧阳娜", sex="F"))
    card = get_card(actor=person(member.worker_id), now=NOW, is_paper=True)
    form = get_joining_form(actor=cast.cadre_chen, application_id=application.id)
    for paper in (card_pdf(card), joining_form_pdf(form)):
        assert paper.startswith(b"%PDF")
        assert b"/FontFile" in paper


def test_the_joining_form_has_the_classic_fields(cast: Cast) -> None:
    application = make_application(cast.street, make_worker("欧阳娜", sex="F"))
    form = get_joining_form(actor=cast.cadre_chen, application_id=application.id)
    labels = [label for label, _ in form.fields] + [label for label, *_ in form.tall]
    for wanted in ("民族", "籍贯", "政治面貌", "文化程度", "家庭成员", "审批意见", "备注"):
        assert wanted in labels
    assert "*" in dict(form.fields)["证件号码"]
    with pytest.raises(NotFound):
        get_joining_form(actor=cast.officer_of_yuhang, application_id=application.id)
    own = person(application.worker_id)
    assert get_joining_form(actor=own, application_id=application.id) == form


def test_without_a_chinese_font_no_paper_is_printed(cast: Cast, monkeypatch) -> None:
    member = make_member(cast.riders)
    card = get_card(actor=person(member.worker_id), now=NOW)
    monkeypatch.setattr(chinese_type, "find_font", lambda folder: None)
    with pytest.raises(Unavailable) as refused:
        card_pdf(card)
    assert refused.value.code == "pdf.no_chinese_font"
