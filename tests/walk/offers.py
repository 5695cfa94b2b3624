"""Offers for the walk: published ones of a given union, a draw that is committed, a public list."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from nuanxin.kernel.actor import ANONYMOUS, Actor, Grant, Role
from nuanxin.kernel.uuid7 import uuid7
from nuanxin.orgs.models import Union
from nuanxin.people.models import Worker
from nuanxin.programmes.actions.objecting import Said, file_objection
from nuanxin.programmes.actions.offers import OfferDraft, create_offer, publish_offer
from nuanxin.programmes.actions.paying import make_list
from nuanxin.programmes.actions.posting import post_list
from nuanxin.programmes.actions.sessions import new_codes
from nuanxin.programmes.models import (
    Application,
    Booking,
    Certificate,
    Draw,
    Forfeit,
    HumanReview,
    NoShow,
    Objection,
    Offer,
    Payment,
    PublicNotice,
    Session,
)
from nuanxin.programmes.states import ClaimState, OfferState, Way
from tests.cast import Cast
from tests.walk.contests import contest_samples


def offer(cast: Cast, union: Union, *, way: int = 2) -> Any:
    """A published offer of a union with two places."""
    actor = Actor(name="样例", grants=(Grant(Role.PROVINCE_CADRE, union.id, union.path),))
    draft = OfferDraft(
        definition="skill_training" if way == Way.FIRST_COME else "degree_and_skill",
        title="样例",
        way=Way(way),
        places=2,
        opens_at=cast.now - timedelta(days=2),
        closes_at=cast.now + timedelta(days=7),
    )
    made = create_offer(draft=draft, union_id=union.id, actor=actor, now=cast.now)
    publish_offer(offer_id=made.id, actor=actor, now=cast.now)
    return made


def offer_of(cast: Cast, union: Union) -> dict[str, Any]:
    return {"offer_id": offer(cast, union).id}


def draw_of(cast: Cast, union: Union) -> dict[str, Any]:
    return {"offer_id": offer(cast, union, way=4).id}


def session_of(cast: Cast, union: Union) -> dict[str, Any]:
    return {"session_id": _session(cast, offer(cast, union)).id}


def _session(cast: Cast, made: Any) -> Any:
    starts_at = cast.now + timedelta(days=9)
    return Session.objects.create(
        offer=made,
        series=1,
        title="样例",
        place="样例",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        change_until=starts_at,
        capacity=9,
        created_at=cast.now,
    )


def certificate_of(cast: Cast, whose: str) -> dict[str, Any]:
    """A certificate of somebody of the cast, for an offer of the county."""
    booking = Booking.objects.get(id=booking_of(cast, whose)["booking_id"])
    made = Certificate.objects.create(
        application=booking.application,
        number=f"WALK{booking.id:06d}".replace("0", "A").replace("1", "B"),
        attended=1,
        sessions=1,
        issued_at=cast.now,
    )
    return {"number": made.number}


def booking_of(cast: Cast, name: str) -> dict[str, Any]:
    """A booking of somebody of the cast, for an offer of the county."""
    made = offer(cast, cast.union("county"), way=Way.FIRST_COME)
    claim = Application.objects.create(
        offer=made,
        pool=made.pool_set.get(),
        worker_id=cast.actor(name).worker_id,
        state=1,
        applied_at=cast.now,
    )
    (code,) = new_codes(1)
    booking = Booking.objects.create(
        session=_session(cast, made), application=claim, series=1, code=code, made_at=cast.now
    )
    return {"booking_id": booking.id}


def committed(cast: Cast) -> dict[str, Any]:
    """A draw that is committed: with one applicant, who is nobody's member."""
    made = offer(cast, cast.union("county"), way=4)
    Draw.objects.create(
        offer=made,
        committed={"entrants": ["1"], "seed": {"public": "样例"}},
        commitment="0" * 64,
        committed_at=cast.now,
    )
    return {"code": made.code}


def posted(cast: Cast, union: Union) -> PublicNotice:
    """A list before the public, with one line and one objection against it."""
    made = offer(cast, union, way=2)
    pool = made.pool_set.get()
    seat = made.seat_set.order_by("ordinal")[0]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO programmes_application (offer_id, pool_id, worker_id, is_directed,"
            " state, rank, applied_at, seat_id, taken_at)"
            " VALUES (%s, %s, %s, false, 7, 0, now(), %s, now())",
            [made.id, pool.id, cast.actor("rider_lu").worker_id, seat.id],
        )
    made.refresh_from_db()
    made.publicity_days, made.state = 5, OfferState.PUBLICITY
    made.save()
    awarder = Actor(name="样例", grants=(Grant(Role.COUNTY_CADRE, union.id, union.path),))
    notice = post_list(made, actor=awarder, now=cast.now)
    assert notice is not None
    file_objection(
        code=notice.code,
        said=Said("样例：有一处不对，请查一查。", 1),
        actor=ANONYMOUS,
        now=cast.now,
    )
    return notice


def notice_of(cast: Cast, union: Union) -> dict[str, Any]:
    return {"notice_id": posted(cast, union).id}


def objection_of(cast: Cast, union: Union) -> dict[str, Any]:
    return {"objection_id": Objection.objects.get(notice=posted(cast, union)).id}


def payment_list_of(cast: Cast, union: Union) -> dict[str, Any]:
    """A payment list with one person, made by somebody who walks nowhere."""
    notice = posted(cast, union)
    Objection.objects.update(
        state=2, answer="样例：查过了，没有这回事。", answered_at=cast.now, answered_by_key="a-0"
    )
    offer = Offer.objects.get(id=notice.offer_id)
    offer.state, offer.awarded_at = OfferState.AWARDED, notice.ends_at
    offer.save()
    Application.objects.filter(offer=offer).update(state=ClaimState.CONFIRMED)
    maker = Actor(name="样例", grants=(Grant(Role.COUNTY_CADRE, union.id, union.path),))
    return {"list_id": make_list(offer_id=offer.id, actor=maker, now=cast.now).id}


def review_of(cast: Cast, union: Union) -> dict[str, Any]:
    """A request for a human look at an answer about an offer of the union."""
    worker = Worker.objects.create(name="样某某", created_at=cast.now)
    return {"review_id": _review(cast, offer(cast, union), worker.id)}


def review_of_person(cast: Cast, whose: str) -> dict[str, Any]:
    made = offer(cast, cast.union("county"))
    return {"review_id": _review(cast, made, cast.actor(whose).worker_id)}


def _review(cast: Cast, made: Any, worker_id: int | None) -> int:
    review, _ = HumanReview.objects.get_or_create(
        worker_id=worker_id,
        programme=made.programme,
        state__in=[1, 2],
        defaults={
            "offer": made,
            "rule_answer": "no",
            "frozen": {},
            "reason_key": UUID(int=0),
            "asked_at": cast.now,
        },
    )
    return int(review.id)


def forfeit_of(cast: Cast, union: Union) -> dict[str, Any]:
    """A forfeit that the nightly check would have proposed."""
    payment = Payment.objects.get(list_id=payment_list_of(cast, union)["list_id"])
    today = cast.now.date()
    made = Forfeit.objects.create(
        application_id=payment.application_id, rule_code="left_union", label="样例", source="样例",
        follows="forfeited", share="all", months=12, awarded_on=today, found_on=today,
        proposed_at=cast.now, bound=uuid7(),
    )  # fmt: skip
    return {"forfeit_id": made.id}


def no_show_of(cast: Cast, union: Union) -> dict[str, Any]:
    """A no-show that the hourly run would have noted."""
    person = Worker.objects.create(name="样例", created_at=cast.now)
    made = NoShow.objects.create(
        worker=person, offer=offer(cast, union), what=1, ref=person.id, day=cast.now.date(),
        recorded_at=cast.now,
    )  # fmt: skip
    return {"no_show_id": made.id}


def offer_samples(sample: Any, no_id: int) -> dict[str, Any]:
    """Return the samples of the addresses of programmes; ``sample`` makes one."""
    one = sample(missing={"offer_id": no_id}, of_union=offer_of)
    session = sample(missing={"session_id": no_id}, of_union=session_of)
    booking = sample(missing={"booking_id": no_id}, of_person=booking_of)
    return {
        "api-v1:what_if": sample(
            missing={"code": "no-such-code"},
            public=lambda cast: {"code": "health_exam"},
            body={"facts": {}},
        ),
        "offer": sample(
            missing={"code": "nothing"},
            public=lambda cast: {"code": offer(cast, cast.union("county")).code},
        ),
        "offer-draw": sample(missing={"code": "nothing"}, public=committed),
        **{
            name: sample(
                missing={"code": "nothing"},
                public=lambda cast: {"code": posted(cast, cast.union("county")).code},
            )
            for name in ("public-notice", "notice-sheet", "notice-object")
        },
        **{
            f"desk-payment-{name}": sample(missing={"list_id": no_id}, of_union=payment_list_of)
            for name in ("list", "act", "export", "results", "reverse")
        },
        **{
            name: sample(missing={"forfeit_id": no_id}, of_union=forfeit_of)
            for name in ("desk-forfeit", "desk-forfeit-act")
        },
        "desk-no-show": sample(missing={"no_show_id": no_id}, of_union=no_show_of),
        "desk-notice": sample(missing={"notice_id": no_id}, of_union=notice_of),
        "desk-notice-finish": sample(missing={"notice_id": no_id}, of_union=notice_of),
        "desk-objection": sample(missing={"objection_id": no_id}, of_union=objection_of),
        "my-review": sample(missing={"review_id": no_id}, of_person=review_of_person),
        "my-review-withdraw": sample(missing={"review_id": no_id}, of_person=review_of_person),
        "desk-human-review": sample(missing={"review_id": no_id}, of_union=review_of),
        "desk-human-review-act": sample(missing={"review_id": no_id}, of_union=review_of),
        "desk-offer": one,
        "desk-offer-act": one,
        "desk-offer-draw": sample(missing={"offer_id": no_id}, of_union=draw_of),
        "desk-offer-awards": one,
        "desk-offer-places": one,
        "desk-offer-points": one,
        "desk-offer-export": one,
        "desk-offer-deliveries": one,
        "desk-offer-deliver": one,
        **contest_samples(sample, no_id, offer_of),
        "desk-sessions": one,
        "desk-sessions-act": one,
        "desk-session": session,
        "desk-session-act": session,
        "my-booking": booking,
        "certificate": sample(
            missing={"number": "NOSUCHONE2"},
            public=lambda cast: {"number": certificate_of(cast, "rider_ye")["number"]},
        ),
        "certificate-paper": sample(missing={"number": "NOSUCHONE2"}, of_person=certificate_of),
        "desk-certificates": one,
        "desk-certificates-act": one,
        "my-booking-act": booking,
        "my-booking-calendar": booking,
        "my-booking-say": booking,
        "door-enter": sample(missing={"link": "nothing"}, public=lambda cast: {"link": "nothing"}),
    }
