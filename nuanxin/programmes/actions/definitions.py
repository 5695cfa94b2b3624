"""A service is defined at the desk: drafted, sent for review, released by somebody else from a day on."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.orgs.queries.rows import UnionRow
from nuanxin.orgs.queries.unions import get_union
from nuanxin.programmes import permissions
from nuanxin.programmes.actions.version_course import Course, Words
from nuanxin.programmes.models import DefinitionVersion
from nuanxin.programmes.queries.definitions import look_at, owner_of_code, text_that_counts
from nuanxin.programmes.queries.rule_versions import owner_of
from nuanxin.programmes.rules.definition_faults import DefinitionFaulty, faults_of
from nuanxin.programmes.rules.definitions import LARGEST_TEXT, definition, entry_of, write_entry
from nuanxin.programmes.states import VersionState

_ADDRESSES = ("new", "versions")
"""What stands in the place of a code in the addresses of the desk."""
_OF_ITS_TIME = ("season", "offered_until")


@transaction.atomic
def begin_definition(
    *, code: str, title: str, source: str, like: str, union_id: int, actor: Actor, now: datetime
) -> DefinitionVersion:
    """Begin a service that there is not yet, from the definition of ``like`` or from a blank ("").

    Nothing can be offered of it before somebody else has released it. Raises ``Conflict``
    programmes.definition_code_taken, ``Malformed`` for a code that is none or a union that defines no
    services, ``NotFound`` for a union out of scope or an unknown ``like``.
    """
    union = _defining_union(union_id)
    permissions.check_version(actor, permissions.DRAFT_DEFINITION, path=union.path)
    entry = _blank(business_day(now), like)
    entry |= {"code": code.strip(), "title": " ".join(title.split()), "source": source.strip()}
    for fault in faults_of(entry):
        if fault.name in ("code", "title", "source"):
            raise Malformed("programmes.definition_head", fault.sentence)
    if _is_known(entry["code"]):
        raise Conflict(
            "programmes.definition_code_taken", f"已经有一项叫 {entry['code']} 的服务，换一个代码。"
        )
    return DEFINITIONS.begin(
        code=entry["code"], text=write_entry(entry), union_id=union_id, actor=actor, now=now
    )


@transaction.atomic
def take_in_definition(
    *, text: str, union_id: int, actor: Actor, now: datetime
) -> DefinitionVersion:
    """Begin a draft from a text in the language of definitions: a new service, or the next version of one.

    The text may have faults but in its code; the draft shows them. Raises ``Malformed`` for a text that
    cannot be read, ``Conflict`` programmes.definition_in_work while a version of that code is in work,
    else what ``begin_definition`` and ``succeed_definition`` raise.
    """
    try:
        entry = entry_of(text)
    except DefinitionFaulty as faulty:
        raise Malformed("programmes.definition_unreadable", faulty.faults[0].sentence) from None
    for fault in faults_of(entry):
        if fault.name == "code":
            raise Malformed("programmes.definition_head", fault.sentence)
    code = entry["code"]
    union = owner_of_code(code) if _is_known(code) else _defining_union(union_id)
    permissions.check_version(actor, permissions.DRAFT_DEFINITION, path=union.path)
    if DEFINITIONS.in_work(code) is not None:
        raise Conflict(
            "programmes.definition_in_work", f"{code} 有一版正在改，先定稿或者放弃那一版。"
        )
    return DEFINITIONS.begin(
        code=code, text=text.replace("\r\n", "\n"), union_id=union.id, actor=actor, now=now
    )


@transaction.atomic
def succeed_definition(*, code: str, actor: Actor, now: datetime) -> DefinitionVersion:
    """Begin the next version of a service from what counts today; return the one in work if there is.

    Raises ``NotFound`` for an unknown service or one of a union out of scope.
    """
    union = owner_of_code(code)
    permissions.check_version(actor, permissions.DRAFT_DEFINITION, path=union.path)
    text = text_that_counts(code, business_day(now))
    if not text:  # released for a later day, and nothing before it
        last = DefinitionVersion.objects.filter(code=code).exclude(state=VersionState.DISCARDED)
        text = last.latest("number").text
    return DEFINITIONS.begin(code=code, text=text, union_id=union.id, actor=actor, now=now)


def with_fields(text: str, given: Mapping[str, Any]) -> str:
    """Return a text with the fields of a form in it; what is empty is left out, the rest stays."""
    try:
        entry = entry_of(text)
    except DefinitionFaulty:
        entry = {}
    entry |= given
    empty = [name for name, value in entry.items() if value in ("", [], None)]
    return write_entry({name: value for name, value in entry.items() if name not in empty})


# ---- inside -----------------------------------------------------------------------------------


def _defining_union(union_id: int) -> UnionRow:
    """Return a union that defines services; raise ``Malformed`` programmes.definition_owner."""
    union = get_union(union_id)
    if owner_of(f"{union.adcode:06d}").id != union.id:
        raise Malformed(
            "programmes.definition_owner",
            f"服务由省、市、县总工会定，{union.name}不能自己定一项，可以用上级定的开一期。",
        )
    return union


def _is_known(code: str) -> bool:
    made = DefinitionVersion.objects.filter(code=code).exclude(state=VersionState.DISCARDED)
    return code in _ADDRESSES or definition(code) is not None or made.exists()


def _blank(today: date, like: str) -> dict[str, Any]:
    """Return the entry to begin with: of ``like`` as it counts, else the least there is to say."""
    if not like:
        return {"kind": "gift", "gives": "", "ways": ["first_come"], "checked_on": today}
    text = text_that_counts(like, today)
    if not text:
        raise NotFound()
    entry = {name: value for name, value in entry_of(text).items() if name not in _OF_ITS_TIME}
    return entry | {"checked_on": today}


def _may_begin(version: DefinitionVersion, on: date) -> Mapping[str, Any]:
    """Raise ``Conflict`` with the first thing that is wrong in the text on a day."""
    looked = look_at(version.text, on=on, union=get_union(version.union_id))
    if looked.faults:
        more = f"（一共 {len(looked.faults)} 处）" if len(looked.faults) > 1 else ""
        raise Conflict(
            "programmes.definition_faulty", f"还有写得不对的：{looked.faults[0].sentence}{more}"
        )
    if looked.entry["code"] != version.code:
        raise Conflict("programmes.definition_code", f"code 要写 {version.code}：这是它的新一版。")
    return {}


DEFINITIONS = Course(
    model=DefinitionVersion,
    noun="definition",
    draft_right=permissions.DRAFT_DEFINITION,
    release_right=permissions.RELEASE_DEFINITION,
    largest=LARGEST_TEXT,
    words=Words(
        label="服务",
        from_then="起可以办",
        not_from_the_past="不能从过去的日子起。",
        too_large=(
            "programmes.definition_too_large",
            f"太长了：一项服务最多 {LARGEST_TEXT:,} 个字。",
        ),
    ),
    page_of=lambda version: f"/desk/definitions/{version.code}/",
    text_that_counts=text_that_counts,
    may_submit=_may_begin,
    may_release=_may_begin,
)
save_definition = DEFINITIONS.save
submit_definition = DEFINITIONS.submit
take_back_definition = DEFINITIONS.take_back
discard_definition = DEFINITIONS.discard
send_back_definition = DEFINITIONS.send_back
release_definition = DEFINITIONS.release
revoke_definition = DEFINITIONS.revoke
