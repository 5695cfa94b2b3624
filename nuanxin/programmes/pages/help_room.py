"""What a helper may do for one worker, laid out: offers, sessions, children, desks of stations."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict

from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.people.queries.workers import get_worker
from nuanxin.programmes.actions.helping_with_places import Wanted
from nuanxin.programmes.forms.helping import HelpAskForm, HelpStateForm
from nuanxin.programmes.models import HelpSession
from nuanxin.programmes.pages import child_words, words
from nuanxin.programmes.queries import camps, offers, sessions
from nuanxin.programmes.queries.attesters import list_choices
from nuanxin.programmes.queries.helping import HelperPlace
from nuanxin.programmes.rules.attestations import LOCAL_MONTHS
from nuanxin.programmes.states import Care, ClaimState, HelpConsent, HelpKind, Way, grade_label
from nuanxin.stations.queries import services as desks
from nuanxin.stations.states.services import BookingState, ServiceKind

MOST_OFFERS = 20
MOST_SLOTTED = 5
"""So many offers are laid out with their slots or classes; each costs a look."""
_ON_CODES = {"apply": HelpKind.APPLY, "confirm": HelpKind.CONFIRM, "withdraw": HelpKind.WITHDRAW}
_ON_PLACES = {"child-confirm": HelpKind.CHILD_CONFIRM, "child-withdraw": HelpKind.CHILD_WITHDRAW}


def room(
    session: HelpSession, worker_id: int, place: HelperPlace, asked: QueryDict, now: datetime
) -> dict[str, Any]:
    """Return what a helper sees: the masked name, what is open; ``asked`` names a station to look at.

    By papers alone he sees nothing that the worker has already but a place that is kept for him.
    """
    is_by_papers = session.consent == HelpConsent.PAPERS
    claims = [row for row in offers.list_my_claims(worker_id) if row.state.is_live]
    taken = {row.code for row in claims}
    opened = [row for row in offers.list_open_offers(now=now).items if row.code not in taken]
    return {
        "page_title": f"替{get_worker(worker_id).masked_name}办",
        "page_lead": f"{words.moment(session.expires_at)} 前办完。他要什么办什么，办完点“结束”。",
        "offers": _offers(opened, now),
        "claims": [
            {
                "code": row.code,
                "title": row.title,
                "text": row.state.label,
                "may_confirm": row.state is ClaimState.GRANTED,
            }
            for row in claims
            if row.state is ClaimState.GRANTED or not is_by_papers
        ],
        "sessions": [
            row for row in _sessions(worker_id, now) if not (is_by_papers and row["is_held"])
        ],
        "children": {} if is_by_papers else _children(worker_id, opened, now),
        "is_by_papers": is_by_papers,
        "state_form": HelpStateForm(),
        "ask_form": None if is_by_papers else _ask_form(worker_id, now),
    } | _desks(worker_id, place, asked, now, is_by_papers=is_by_papers)


def wanted(data: QueryDict, do: str) -> Wanted:
    """Return what was tapped; raise ``NotFound`` for what is no button."""
    if do in _ON_CODES:
        return Wanted(_ON_CODES[do], data.get("offer", "")[:20], slot_at=_moment(data.get("slot")))
    if do in _ON_PLACES:
        return Wanted(_ON_PLACES[do], data.get("place", "")[:18])
    if do == "session":
        return Wanted(HelpKind.SESSION, data.get("session", "")[:18])
    if do == "child":
        return Wanted(
            HelpKind.CHILD, data.get("offer", "")[:20], value=words.number_of(data.get("child")),
            other=words.number_of(data.get("room")), values={"accepts": data.get("accepts") == "1"},
        )  # fmt: skip
    if do == "desk":
        return Wanted(
            HelpKind.DESK_BOOK, data.get("service", "")[:18], slot_at=_moment(data.get("at")),
            topic=data.get("topic", "")[:20], other=words.number_of(data.get("instead")),
        )  # fmt: skip
    if do == "desk-cancel":
        return Wanted(HelpKind.DESK_CANCEL, data.get("booking", "")[:18])
    if do == "state":
        value = words.number_of(data.get("value"), longest=3)
        return Wanted(HelpKind.STATE, data.get("fact", "")[:60], value=value)
    if do == "ask":
        months = words.number_of(data.get("months"), longest=3)
        values: dict[str, object] = {} if months is None else {LOCAL_MONTHS: months}
        return Wanted(HelpKind.ASK, data.get("attester", "")[:18], values=values)
    raise NotFound()


# ---- offers -------------------------------------------------------------------------------------


def _offers(opened: list[offers.OfferRow], now: datetime) -> list[dict[str, Any]]:
    made, slotted = [], 0
    for row in [one for one in opened if one.way is not Way.BY_CLASS][:MOST_OFFERS]:
        pick = None
        if row.way is Way.SLOT:
            slots = words.slot_choices(offers.list_slots(row.id, now=now))
            slotted += 1
            if not slots or slotted > MOST_SLOTTED:
                continue
            pick = _pick("哪个时段", "slot", f"slot-{row.id}", slots)
        text = f"{words.left(row)}，{words.day(row.closes_at)}止"
        made.append({"code": row.code, "title": row.title, "text": text, "pick": pick})
    return made


def _sessions(worker_id: int, now: datetime) -> list[dict[str, Any]]:
    """Return the offers of which he may go to a session, or to another one than now."""
    going = {
        row.offer_code: row for row in sessions.list_my_bookings(worker_id) if row.ends_at > now
    }
    made = []
    for (code, title), choices in sessions.list_open_to(worker_id, now=now).items():
        held = going.get(code)
        rows = [
            {"value": one.id, "label": f"{words.moment(one.starts_at)}，{one.title}，{one.place}，剩 {one.left:,} 个"}
            for one in choices
        ]  # fmt: skip
        made.append(
            {
                "title": title,
                "is_held": held is not None,
                "text": f"现在去 {words.moment(held.starts_at)} 的" if held else "还没选场次",
                "pick": _pick("哪一场", "session", f"session-{choices[0].id}", rows),
                "label": "换到这场" if held else "就这场",
            }
        )
    return made


# ---- children -----------------------------------------------------------------------------------


def _children(
    worker_id: int, opened: list[offers.OfferRow], now: datetime
) -> dict[str, list[dict[str, Any]]]:
    """Return his children's places, and the camps that those may be put down for who are ready."""
    own = camps.list_my_children(worker_id, today=clock.business_day(now))
    places = [
        {
            "id": one.place.id,
            "title": f"{one.hint}：{one.place.title}",
            "text": f"{one.place.class_label}，{one.place.state.label}",
            "may_confirm": one.place.state is ClaimState.GRANTED,
        }
        for one in own
        if one.place is not None
    ]
    ready = [one for one in own if one.place is None and Care.CARE in one.consents and one.pickups]
    rows: list[dict[str, Any]] = []
    by_class = [row for row in opened if row.way is Way.BY_CLASS and camps.has_camp(row.code)]
    for row in by_class[:MOST_SLOTTED] if ready else []:
        classes = camps.get_camp(row.code).classes
        for child in ready:
            choices = child_words.class_choices(classes, child.grade)
            if choices:
                key = f"{row.id}-{child.id}"
                rows.append(
                    {
                        "code": row.code,
                        "child": child.id,
                        "title": f"{row.title}：{child.hint}（{grade_label(child.grade)}）",
                        "pick": _pick("哪个班", "room", f"room-{key}", choices),
                        "accepts": f"accepts-{key}",
                    }
                )
    return {"places": places, "ready": rows}


# ---- desks of stations --------------------------------------------------------------------------


def _desks(
    worker_id: int, place: HelperPlace, asked: QueryDict, now: datetime, *, is_by_papers: bool
) -> dict[str, Any]:  # fmt: skip
    """Return his bookings to come, by place and time alone, and what is free where one looks."""
    own = [] if is_by_papers else desks.list_mine(actor=Actor(name="", worker_id=worker_id))
    ahead = [row for row in reversed(own) if row.state is BookingState.BOOKED and row.ends_at > now]
    code = asked.get("station", "")[:16]
    instead = words.number_of(asked.get("instead"))
    changed = next((row for row in ahead if row.id == instead), None)
    free = desks.list_free(code, now=now) if code else []
    serving = desks.list_serving(place.path)
    places = [{"value": one[0], "label": one[1], "is_chosen": one[0] == code} for one in serving]
    return {
        "booked": [
            {
                "id": row.id,
                "title": _span(row.starts_at, row.ends_at),
                "text": "电话或者视频" if row.is_remote else row.station_name,
                "may_change": now <= row.change_until,
                "station": row.station_code,
            }
            for row in ahead
        ],
        "look": _pick("哪个驿站", "station", "look", places) if places else None,
        "desk_asked": bool(code),
        "changed": {"id": changed.id, "title": _span(changed.starts_at, changed.ends_at)}
        if changed
        else None,
        "desks": [_desk(one) for one in free if one.free],
    }


def _desk(one: desks.FreeService) -> dict[str, Any]:
    times = [{"value": begin.isoformat(), "label": _span(begin, end)} for begin, end in one.free]
    topics = [
        {"value": code, "label": label, "is_chosen": code == "other"}
        for code, label in one.topics.items()
    ]
    return {
        "id": one.service.id,
        "title": f"{ServiceKind(one.service.kind).label}，{one.service.station.name}",
        "text": one.service.server_hint,
        "at": _pick("什么时间", "at", f"at-{one.service.id}", times),
        "topic": _pick("哪一类事", "topic", f"topic-{one.service.id}", topics),
    }


# ---- inside -------------------------------------------------------------------------------------


def _ask_form(worker_id: int, now: datetime) -> HelpAskForm | None:
    choices = list_choices(worker_id, on=clock.business_day(now))
    if not choices:
        return None
    ask = HelpAskForm()
    field = ask.fields["attester"]
    assert isinstance(field, forms.ChoiceField)
    field.choices = [
        (str(one.id), f"{one.masked_name}，{one.post_title}（{one.union_name}）") for one in choices
    ]
    return ask


def _pick(label: str, name: str, key: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the inputs of one select; ``key`` tells it from others on the page."""
    return {"label": label, "name": name, "id": key, "choices": choices}


def _span(begin: datetime, end: datetime) -> str:
    return f"{words.moment(begin)} 到 {end.astimezone(clock.SHANGHAI):%H:%M}"


def _moment(text: str | None) -> datetime | None:
    """Return the moment that was chosen; None for none, or for what is no moment."""
    try:
        chosen = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return chosen if chosen.tzinfo else None
