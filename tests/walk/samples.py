"""Objects for the walk: for each address with a variable part, one that belongs to a given union.

A package adds a line a route. Two kinds:

* ``of_union``: the object hangs on a union; the function makes (or finds) one that belongs to the
  union given, and returns the address's keyword arguments for it;
* ``of_person``: the object belongs to a person; the function gets the name of somebody of the cast.

``MISSING`` are keyword arguments of the same shape that lead to nothing. Functions must not rely on
each other: each route is walked by itself, in a transaction of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from nuanxin.access.models import Account, ApiToken, Post
from nuanxin.access.queries.actors import hash_token
from nuanxin.kernel import clock
from nuanxin.membership.models import RosterBatch
from nuanxin.membership.states import BatchState
from nuanxin.notices.models import WebhookSubscription
from nuanxin.orgs.models import Union
from tests.cast import Cast
from tests.walk.attestations import attestation_samples
from tests.walk.camps import camp_samples
from tests.walk.contacts import contact_samples
from tests.walk.inspections import inspection_samples
from tests.walk.numbers import number_samples
from tests.walk.offers import offer_samples
from tests.walk.rules import rule_samples
from tests.walk.siting import siting_samples
from tests.walk.station_living import living_samples
from tests.walk.station_services import service_samples
from tests.walk.stations import station_samples

NO_ID = 10**12
NO_UUID = UUID("00000000-0000-7000-8000-000000000000")


@dataclass(frozen=True)
class Sample:
    """How to lead one address to an object, to somebody else's, and to none."""

    missing: dict[str, Any]
    of_union: Callable[[Cast, Union], dict[str, Any]] | None = None
    of_person: Callable[[Cast, str], dict[str, Any]] | None = None
    public: Callable[[Cast], dict[str, Any]] | None = None
    # A form's fields, where an empty one would not get as far as the object.
    body: dict[str, Any] = field(default_factory=dict)


def _post_of(cast: Cast, union: Union) -> dict[str, Any]:
    today = clock.business_day(cast.now)
    holder, _ = Account.objects.get_or_create(
        username="holder.of.samples",
        defaults={"name": "任某", "created_at": cast.now},
    )
    post, _ = Post.objects.get_or_create(
        account=holder,
        role="finance",
        union=union,
        revoked_at=None,
        defaults={
            "valid_from": today,
            "valid_to": today + timedelta(days=90),
            "granted_at": cast.now,
            "needs_second_person": True,
        },
    )
    return {"post_id": post.id}


def _token_of(cast: Cast, union: Union) -> dict[str, Any]:
    token, _ = ApiToken.objects.get_or_create(
        token_hash=hash_token(f"nx_sample-{union.id}"),
        defaults={
            "label": "样例",
            "token_hint": "nx_sampl",
            "union": union,
            "scopes": ["roster.view"],
            "created_at": cast.now,
            "expires_at": cast.now + timedelta(days=30),
        },
    )
    return {"token_id": token.id}


def _account(cast: Cast, union: Union) -> dict[str, Any]:
    """Accounts hang on no union: whoever keeps them keeps all."""
    return {"account_id": cast.account_id("finance")}


_POST = Sample(missing={"post_id": NO_ID}, of_union=_post_of)
_TOKEN = Sample(missing={"token_id": NO_ID}, of_union=_token_of)
_ACCOUNT = Sample(missing={"account_id": NO_UUID}, of_union=_account)
_HOST = Sample(missing={"provider": "nobody"}, public=lambda cast: {"provider": "nobody"})


def _batch_of(cast: Cast, union: Union) -> dict[str, Any]:
    batch, _ = RosterBatch.objects.get_or_create(
        union=union,
        file_name="样例.csv",
        defaults={
            "state": BatchState.READING,
            "file_id": NO_UUID,
            "file_sha256": b"",
            "options": {},
            "totals": {},
            "created_at": cast.now,
        },
    )
    return {"batch_id": batch.id}


def _webhook_of(cast: Cast, union: Union) -> dict[str, Any]:
    row = WebhookSubscription.objects.create(
        token_id=cast.token_id,
        union_id=union.id,
        url="https://example.org/",
        kinds=[],
        secret_sealed=b"",
        secret_bound_to=NO_UUID,
        created_at=cast.now,
    )
    return {"webhook_id": row.id}


_BATCH = Sample(missing={"batch_id": NO_ID}, of_union=_batch_of)

SAMPLES: dict[str, Sample] = {
    "api-v1:get_figure": Sample(
        missing={"code": "nothing"}, of_union=lambda cast, union: {"code": "orgs.unions"}
    ),
    "api-v1:get_figure_series": Sample(
        missing={"code": "nothing"}, of_union=lambda cast, union: {"code": "orgs.unions"}
    ),
    "api-v1:get_union": Sample(
        missing={"code": "nothing"}, of_union=lambda cast, union: {"code": union.code}
    ),
    "api-v1:get_roster": _BATCH,
    "api-v1:confirm_roster": _BATCH,
    "api-v1:delete_webhook": Sample(missing={"webhook_id": NO_ID}, of_union=_webhook_of),
    "desk-post": _POST,
    "desk-post-approve": _POST,
    "desk-post-revoke": _POST,
    "desk-token-revoke": _TOKEN,
    "desk-account": _ACCOUNT,
    "desk-account-close": _ACCOUNT,
    "desk-account-reopen": _ACCOUNT,
    "sign-in-host": _HOST,
    "sign-in-host-return": _HOST,
    "gallery-error": Sample(missing={"status": 418}, public=lambda cast: {"status": 404}),
}


# ---- membership -------------------------------------------------------------------------------


def _worker(cast: Cast) -> Any:
    from nuanxin.people.models import Worker

    return Worker.objects.create(name="样某某", created_at=cast.now)


def _batch_of(cast: Cast, union: Union) -> dict[str, Any]:
    from nuanxin.membership.models import RosterBatch
    from nuanxin.membership.states import BatchState

    batch = RosterBatch.objects.create(
        union=union,
        state=BatchState.DISCARDED,
        file_id=NO_UUID,
        file_name="样例.csv",
        file_sha256=b"",
        created_at=cast.now,
    )
    return {"batch_id": batch.id}


def _application(cast: Cast, union: Union) -> Any:
    from nuanxin.membership.models import JoinApplication

    return JoinApplication.objects.create(
        worker=_worker(cast),
        union=union,
        channel=1,
        state=2,
        occupation=3,
        created_at=cast.now,
        confirmed_at=cast.now,
        due_on=clock.business_day(cast.now),
    )


def _application_of(cast: Cast, union: Union) -> dict[str, Any]:
    return {"application_id": _application(cast, union).id}


def _membership(cast: Cast, union: Union, worker_id: int) -> Any:
    from nuanxin.membership.models import Membership

    today = clock.business_day(cast.now)
    Union.objects.filter(id=union.id).update(accepts_members=True)
    return Membership.objects.create(
        worker_id=worker_id,
        union=union,
        channel=1,
        occupation=3,
        started_on=today,
        joined_on=today,
        recorded_at=cast.now,
    )


def _member_of(cast: Cast, union: Union) -> dict[str, Any]:
    return {"membership_id": _membership(cast, union, _worker(cast).id).id}


def _run_of(cast: Cast, union: Union) -> dict[str, Any]:
    from nuanxin.membership.models import DecisionRun

    run = DecisionRun.objects.create(
        verdict=4,
        application_ids=[_application(cast, union).id],
        persons=1,
        decided_at=cast.now,
        undo_until=cast.now + timedelta(hours=24),
    )
    return {"run_id": run.id}


def _task_of(cast: Cast, union: Union) -> dict[str, Any]:
    from nuanxin.membership.models import Task

    task, _ = Task.objects.get_or_create(
        union=union,
        kind="found_union",
        subject_key="样例",
        done_at=None,
        defaults={"title": "在这里建一家工会", "created_at": cast.now},
    )
    return {"task_id": task.id}


def _transfer_of(cast: Cast, name: str) -> dict[str, Any]:
    from nuanxin.membership.models import Membership, Transfer

    worker_id = cast.actor(name).worker_id
    assert worker_id is not None
    held = Membership.objects.filter(worker_id=worker_id, ended_on=None).first()
    held = held or _membership(cast, cast.unions["couriers"], worker_id)
    transfer = Transfer.objects.filter(worker_id=worker_id, state=1).first()
    transfer = transfer or Transfer.objects.create(
        worker_id=worker_id,
        from_membership=held,
        to_union=cast.unions["drivers"],
        channel=1,
        proposed_at=cast.now,
        expires_on=clock.business_day(cast.now) + timedelta(days=9),
    )
    return {"transfer_id": transfer.id}


def _pair(cast: Cast, union: Union) -> tuple[int, int]:
    """Two records of which the second is a member of the union and the first stands nowhere."""
    first, second = _worker(cast).id, _worker(cast).id
    _membership(cast, union, second)
    return first, second


def _duplicate_of(cast: Cast, union: Union) -> dict[str, Any]:
    from nuanxin.people.models import DuplicateCandidate

    first, second = _pair(cast, union)
    pair = DuplicateCandidate.objects.create(
        first_id=first, second_id=second, signs=["name"], found_at=cast.now, verdict=""
    )
    return {"duplicate_id": pair.id}


def _merge_of(cast: Cast, union: Union) -> dict[str, Any]:
    from nuanxin.people.models import Merge

    first, second = _pair(cast, union)
    merge = Merge.objects.create(
        kept_id=second,
        folded_id=first,
        choices={},
        before={"steps": {}, "swapped": [], "moved": {}, "own": {"consents": [], "households": []},
                "assurance": 0, "assurance_after": 0},
        merged_at=cast.now,
        merged_by=cast.account_id("province_cadre"),
        undo_until=cast.now + timedelta(days=30),
    )  # fmt: skip
    return {"merge_id": merge.id}


def _ceremony_of(cast: Cast, union: Union) -> dict[str, Any]:
    from nuanxin.membership.models import Ceremony

    made, _ = Ceremony.objects.get_or_create(
        union=union,
        title="样例",
        defaults={
            "code": f"{union.id % 10**6:06d}",
            "held_on": clock.business_day(cast.now),
            "created_at": cast.now,
        },
    )
    return {"ceremony_id": made.id}


_CEREMONY = Sample(missing={"ceremony_id": NO_ID}, of_union=_ceremony_of)
_BATCH = Sample(missing={"batch_id": NO_ID}, of_union=_batch_of)
_MEMBER = Sample(missing={"membership_id": NO_ID}, of_union=_member_of)
SAMPLES |= contact_samples(Sample, _member_of, NO_ID)
SAMPLES |= {
    "join-of": Sample(missing={"code": "NOBODY"}, public=lambda cast: {"code": "NOBODY"}),
    "invitation": Sample(missing={"token": "nothing"}, public=lambda cast: {"token": "nothing"}),
    "worker-transfer": Sample(missing={"transfer_id": NO_ID}, of_person=_transfer_of),
    "notice": Sample(missing={"purpose": "nothing"}, public=lambda cast: {"purpose": "joining"}),
    "desk-member": _MEMBER,
    "desk-standing": _MEMBER,
    "desk-member-unmask": Sample(
        missing={"membership_id": NO_ID}, of_union=_member_of, body={"field": "phone"}
    ),
    "desk-ceremony": _CEREMONY,
    "desk-ceremony-close": _CEREMONY,
    "desk-ceremony-signed": _CEREMONY,
    "desk-ceremony-sheet": _CEREMONY,
    "desk-duplicate": Sample(missing={"duplicate_id": NO_ID}, of_union=_duplicate_of),
    "desk-merge-undo": Sample(missing={"merge_id": NO_ID}, of_union=_merge_of),
    "desk-union": Sample(
        missing={"code": "NOBODY"}, of_union=lambda cast, union: {"code": union.code}
    ),
    "desk-application": Sample(missing={"application_id": NO_ID}, of_union=_application_of),
    "desk-review-undo": Sample(missing={"run_id": NO_ID}, of_union=_run_of),
    "desk-task-settle": Sample(missing={"task_id": NO_ID}, of_union=_task_of),
    "desk-roster": _BATCH,
    "desk-roster-columns": _BATCH,
    "desk-roster-confirm": _BATCH,
    "desk-roster-discard": _BATCH,
    "desk-roster-undo": _BATCH,
    "desk-roster-result": _BATCH,
}

SAMPLES |= {
    "desk-overview-of": Sample(
        missing={"code": "NOBODY"}, of_union=lambda cast, union: {"code": union.code}
    ),
    "figure-changes": Sample(
        missing={"code": "NOBODY"}, of_union=lambda cast, union: {"code": union.code}
    ),
    "figure-rows": Sample(
        missing={"figure": "membership.live_members_persons", "code": "NOBODY"},
        of_union=lambda cast, union: {
            "figure": "membership.live_members_persons",
            "code": union.code,
        },
    ),
    "figure-rows-export": Sample(
        missing={"figure": "membership.live_members_persons", "code": "NOBODY"},
        of_union=lambda cast, union: {
            "figure": "membership.live_members_persons",
            "code": union.code,
        },
    ),
}


# ---- unions, their changes, what they cover ---------------------------------------------------


def _employer_of(cast: Cast, union: Union) -> dict[str, Any]:
    from nuanxin.orgs.models import Coverage, Employer

    employer, _ = Employer.objects.get_or_create(name="样例有限公司")
    Coverage.objects.get_or_create(
        union=union, employer=employer, defaults={"valid_from": union.founded_on}
    )
    return {"code": union.code, "employer_id": employer.id}


def _outlet_of(cast: Cast, union: Union) -> dict[str, Any]:
    from nuanxin.orgs.models import Outlet

    employer = _employer_of(cast, union)["employer_id"]
    outlet, _ = Outlet.objects.get_or_create(
        employer_id=employer, name="样例网点", defaults={"adcode": union.adcode}
    )
    return {"code": union.code, "outlet_id": outlet.id}


def _listing_of(cast: Cast, union: Union) -> dict[str, Any]:
    from nuanxin.membership.models import Listing
    from nuanxin.membership.states import BatchState

    listing = Listing.objects.create(
        union=union,
        kind="outlets",
        state=BatchState.DISCARDED,
        file_id=NO_UUID,
        file_name="样例.csv",
        created_at=cast.now,
    )
    return {"listing_id": listing.id}


_LISTING = Sample(missing={"listing_id": NO_ID}, of_union=_listing_of)
SAMPLES |= {
    "desk-outlets-sheet": Sample(
        missing={"code": "NOBODY"}, of_union=lambda cast, union: {"code": union.code}
    ),
    "desk-unions-sheet": Sample(
        missing={"code": "NOBODY"}, of_union=lambda cast, union: {"code": union.code}
    ),
    "desk-listing": _LISTING,
    "desk-listing-columns": _LISTING,
    "desk-listing-confirm": _LISTING,
    "desk-listing-discard": _LISTING,
    "desk-listing-result": _LISTING,
    "desk-union-shape": Sample(
        missing={"code": "NOBODY", "change": "found"},
        of_union=lambda cast, union: {"code": union.code, "change": "found"},
    ),
    "desk-union-edit": Sample(
        missing={"code": "NOBODY", "change": "contact"},
        of_union=lambda cast, union: {"code": union.code, "change": "contact"},
    ),
    "desk-dissolution": Sample(
        missing={"code": "NOBODY"}, of_union=lambda cast, union: {"code": union.code}
    ),
    "desk-union-territory": Sample(
        missing={"code": "NOBODY"}, of_union=lambda cast, union: {"code": union.code}
    ),
    "desk-union-outlets": Sample(
        missing={"code": "NOBODY"}, of_union=lambda cast, union: {"code": union.code}
    ),
    "desk-employer": Sample(
        missing={"code": "NOBODY", "employer_id": NO_ID}, of_union=_employer_of
    ),
    "desk-employer-close": Sample(
        missing={"code": "NOBODY", "employer_id": NO_ID}, of_union=_employer_of
    ),
    "desk-outlet": Sample(missing={"code": "NOBODY", "outlet_id": NO_ID}, of_union=_outlet_of),
}


# ---- reports ----------------------------------------------------------------------------------


def _report_of(cast: Cast, union: Union) -> dict[str, Any]:
    from nuanxin.figures.models import Report, ReportVersion

    report, is_new = Report.objects.get_or_create(
        union=union,
        title="样例报告",
        defaults={
            "versions": 1,
            "created_name": "任某",
            "created_at": cast.now,
            "changed_at": cast.now,
        },
    )
    if is_new:
        ReportVersion.objects.create(
            report=report,
            number=1,
            title=report.title,
            source="在册工会{{ orgs.unions | unit }}。",
            name="任某",
            saved_at=cast.now,
        )
    return {"report_id": report.id}


def _frozen_of(cast: Cast, union: Union) -> dict[str, Any]:
    from nuanxin.figures.models import ReportRender
    from nuanxin.figures.queries.reports import compose_report

    document = compose_report("# 样例\n\n在册工会{{ orgs.unions | unit }}。", now=cast.now).document
    assert document is not None
    render, _ = ReportRender.objects.get_or_create(
        report_id=_report_of(cast, union)["report_id"],
        defaults={
            "version_number": 1,
            "document": document,
            "digest": document["digest"],
            "numbers": 1,
            "name": "任某",
            "frozen_at": cast.now,
        },
    )
    return {"render_id": render.id}


_REPORT = Sample(missing={"report_id": NO_ID}, of_union=_report_of)
SAMPLES |= {
    "desk-report": _REPORT,
    "desk-report-versions": _REPORT,
    "desk-report-restore": Sample(
        missing={"report_id": NO_ID}, of_union=_report_of, body={"number": "1"}
    ),
    "desk-report-freeze": Sample(
        missing={"report_id": NO_ID}, of_union=_report_of, body={"seen": "1"}
    ),
    "desk-report-render": Sample(missing={"render_id": NO_ID}, of_union=_frozen_of),
    "desk-report-file": Sample(
        missing={"render_id": NO_ID}, of_union=_frozen_of, body={"kind": "html"}
    ),
}

SAMPLES |= {
    "figures-number": Sample(
        missing={"figure": "nothing"}, public=lambda cast: {"figure": "orgs.unions"}
    ),
}

# ---- publications -----------------------------------------------------------------------------


def _draft_of(cast: Cast, union: Union, *, is_withdrawal: bool = False) -> Any:
    from nuanxin.figures.models import Publication, PublicationSeries

    return Publication.objects.create(
        series=PublicationSeries.objects.create(union=union, created_at=cast.now),
        title="样例",
        union=union,
        region=union.adcode,
        as_of=clock.business_day(cast.now),
        known_at=cast.now,
        measured_at=cast.now,
        least_persons=5,
        is_withdrawal=is_withdrawal,
        author_key="a-sample",
        drafted_at=cast.now,
    )


def _publication_of(cast: Cast, union: Union) -> dict[str, Any]:
    return {"publication_id": _draft_of(cast, union).id}


def _published_of(cast: Cast, union: Union) -> dict[str, Any]:
    """One that two others have approved: a withdrawal, so that it needs no numbers."""
    from nuanxin.figures.actions import publishing
    from nuanxin.kernel.actor import Actor, Grant, Role

    draft = _draft_of(cast, union, is_withdrawal=True)
    people = [
        Actor(
            account_id=UUID(int=number),
            name="样例",
            grants=(Grant(Role.PROVINCE_CADRE, union.id, union.path),),
        )
        for number in (1, 2)
    ]
    asked = {"publication_id": draft.id, "now": cast.now}
    publishing.check_publication(actor=people[0], **asked)
    publishing.approve_publication(actor=people[0], **asked)
    publishing.publish_publication(actor=people[1], **asked)
    return {"publication_id": draft.id}


def _federation_of(cast: Cast, union: Union) -> dict[str, Any]:
    return {"code": union.code}


SAMPLES |= {
    "publication": Sample(
        missing={"publication_id": NO_ID},
        public=lambda cast: _published_of(cast, cast.union("county")),
    ),
    "api-v1:get_publication": Sample(missing={"publication_id": NO_ID}, of_union=_published_of),
    "api-v1:get_verification": Sample(missing={"publication_id": NO_ID}, of_union=_published_of),
    "desk-publication": Sample(missing={"publication_id": NO_ID}, of_union=_publication_of),
    "desk-publication-evidence": Sample(missing={"publication_id": NO_ID}, of_union=_published_of),
    "desk-publication-step": Sample(
        missing={"publication_id": NO_ID, "step": "check"},
        of_union=lambda cast, union: _publication_of(cast, union) | {"step": "check"},
    ),
    "desk-lock": Sample(
        missing={"code": "NOBODY"},
        of_union=_federation_of,
        body={"month": "2026-09"},
    ),
}
SAMPLES |= offer_samples(Sample, NO_ID)
SAMPLES |= rule_samples(Sample, NO_ID)
SAMPLES |= attestation_samples(Sample, NO_ID)
SAMPLES |= camp_samples(Sample, NO_ID)
SAMPLES |= number_samples(Sample)
SAMPLES |= station_samples(Sample, NO_ID)
SAMPLES |= living_samples(Sample, NO_ID)
SAMPLES |= inspection_samples(Sample, NO_ID)
SAMPLES |= siting_samples(Sample, NO_ID)
SAMPLES |= service_samples(Sample)
