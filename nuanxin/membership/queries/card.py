"""The card that a worker shows, and what a keeper's phone needs to check it without network."""

import base64
import io
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import segno
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.db import connection

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Forbidden, NotFound
from nuanxin.kernel.names import mask_name
from nuanxin.kernel.parameters import parameter
from nuanxin.membership.queries.mine import Mine, get_my_membership
from nuanxin.membership.rules.card import (
    CLOCK_SKEW_SECONDS,
    CardCheck,
    CardFault,
    CardPayload,
    CardState,
    RevocationFilter,
    card_number,
    check_link,
    sign_card,
    verify_card,
    worker_of_number,
)
from nuanxin.membership.rules.joining import PROVINCE
from nuanxin.membership.rules.receipts import Where
from nuanxin.membership.states import JoinState, MemberState


@dataclass(frozen=True, slots=True)
class CardView:
    """A card as shown: ``token`` is in the QR; both age after ``valid_seconds``."""

    name: str
    number: str
    shown_number: str
    state: CardState
    where: Where
    since: date | None
    issued_at: datetime
    valid_seconds: int
    token: str
    qr_svg: str


def get_card(*, actor: Actor, now: datetime, is_paper: bool = False) -> CardView:
    """Return the signed-in worker's card with a code issued now.

    ``is_paper``: for printing, valid for a year and taken back by the daily filter. Raises
    ``NotFound`` membership.no_card for somebody without membership or waiting application.
    """
    mine = get_my_membership(actor=actor)
    state, where, since = _standing(mine)
    payload = CardPayload(
        number=mine.number,
        state=state,
        is_paper=is_paper,
        issued_at=now,
        valid_seconds=_valid_seconds(is_paper, business_day(now)),
        union_id=where.id,
        masked_name=mask_name(_name_of(mine.worker_id)),
    )
    token = sign_card(payload, _private_key())
    return CardView(
        name=_name_of(mine.worker_id),
        number=mine.number,
        shown_number=mine.shown_number,
        state=state,
        where=where,
        since=since,
        issued_at=now,
        valid_seconds=payload.valid_seconds,
        token=token,
        qr_svg=qr_svg(check_link(token, settings.PUBLIC_ADDRESS)),
    )


def _standing(mine: Mine) -> tuple[CardState, Where, date | None]:
    if mine.membership is not None:
        is_live = mine.membership.state is MemberState.LIVE
        state = CardState.MEMBER if is_live else CardState.RETAINED
        return state, mine.membership.where, mine.membership.joined_on
    if mine.application is not None and mine.application.state is JoinState.SUBMITTED:
        return CardState.PROVISIONAL, mine.application.where, None
    raise NotFound("membership.no_card", "还没有会员卡。入会一分半钟办完，办完就有临时卡。")


def check_card(token: str, *, now: datetime) -> CardCheck:
    """Return what a keeper with network is told: the register is asked whether the card stands."""
    check = verify_card(token, now, public_key())
    if not check.is_good or check.payload is None:
        return check
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT EXISTS (SELECT 1 FROM membership_membership
                              WHERE worker_id = %(worker)s AND ended_on IS NULL)
                   OR EXISTS (SELECT 1 FROM membership_joinapplication
                              WHERE worker_id = %(worker)s AND state = 2)""",
            {"worker": worker_of_number(check.payload.number)},
        )
        (stands,) = cursor.fetchone()
    return check if stands else CardCheck(CardFault.REVOKED, check.payload)


def card_check_bundle(now: datetime) -> dict[str, Any]:
    """Return what the keeper's page keeps for a day: public key, filter, and the numbers it needs.

    Ed25519 is in WebCrypto: ``crypto.subtle.importKey("raw", key, "Ed25519", …)``. Codes above
    say how a token is read (``rules.card``); a phone without it asks the server.
    """
    day = business_day(now)
    revoked = revocation_filter(day)
    raw = public_key().public_bytes_raw()
    return {
        "day": day.isoformat(),
        "algorithm": "Ed25519",
        "public_key": base64.b64encode(raw).decode(),
        "filter": {
            "form": "sha256-8-sorted-gzip",
            "count": len(revoked),
            "data": base64.b64encode(revoked.to_wire()).decode(),
        },
        "clock_skew_seconds": CLOCK_SKEW_SECONDS,
    }


@lru_cache(maxsize=2)
def revocation_filter(day: date) -> RevocationFilter:
    """Return the cards that are refused on ``day`` although their signature holds.

    Those revoked within the life of a paper card whose holder is no member now. Made once a day.
    """
    life = parameter("membership.paper_card_days", adcode=PROVINCE, on=day).value
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT m.worker_id FROM membership_cardrevocation r
               JOIN membership_membership m ON m.id = r.membership_id
               WHERE r.revoked_on > %(day)s::date - %(life)s AND NOT EXISTS (
                   SELECT 1 FROM membership_membership x
                   WHERE x.worker_id = m.worker_id AND x.ended_on IS NULL)""",
            {"day": day, "life": life},
        )
        return RevocationFilter.of(card_number(row[0]) for row in cursor.fetchall())


def qr_svg(text: str) -> str:
    """Return the QR code of a text as an inline SVG without a size of its own."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=4, nl=False
    )
    return out.getvalue().decode()


@lru_cache(maxsize=1)
def _private_key() -> Ed25519PrivateKey:
    key = load_pem_private_key(settings.CARD_PRIVATE_KEY_PEM.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("the card key must be an Ed25519 key")
    return key


def public_key() -> Ed25519PublicKey:
    """Return the key with which cards are checked; it is public."""
    return _private_key().public_key()


def _valid_seconds(is_paper: bool, day: date) -> int:
    if is_paper:
        days = parameter("membership.paper_card_days", adcode=PROVINCE, on=day).value
        return int(days) * 86_400
    return int(parameter("membership.card_code_seconds", adcode=PROVINCE, on=day).value)


def _name_of(worker_id: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM people_worker WHERE id = %s", [worker_id])
        row = cursor.fetchone()
    if row is None:
        raise Forbidden("access.sign_in", "请先登录，再看会员卡。")
    return str(row[0])
