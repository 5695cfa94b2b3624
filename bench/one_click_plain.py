"""The plain way, for comparison only: a Django view that joins somebody by ORM objects.

Served as the product is, over the same tables and with the same rows written; it checks and seals
the same fields. Without the product's middleware: no session, no CSRF, no token, no limits, no headers.
"""

import json
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path

settings.ROOT_URLCONF = __name__
settings.MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]  # the length of the answer
django.setup()

from nuanxin.kernel import clock, names  # noqa: E402
from nuanxin.kernel.occupations import occupation  # noqa: E402
from nuanxin.membership.actions.confirm import NEEDED_CONSENTS  # noqa: E402
from nuanxin.membership.models import JoinApplication, MemberFlow, Membership  # noqa: E402
from nuanxin.membership.rules.joining import PROVINCE, join_terms, may_join  # noqa: E402
from nuanxin.membership.rules.review import due_days  # noqa: E402
from nuanxin.membership.states import Channel, FlowKind, JoinState  # noqa: E402
from nuanxin.notices.models import Notice  # noqa: E402
from nuanxin.orgs.models import Union  # noqa: E402
from nuanxin.people.actions.registering import worker_values  # noqa: E402
from nuanxin.people.models import Consent, Contact, Engagement, Worker  # noqa: E402
from nuanxin.people.states import Assurance, ContactKind  # noqa: E402
from nuanxin.records.models import Event  # noqa: E402


def join(request: HttpRequest) -> JsonResponse:
    """Join somebody: everything in one transaction, one object after another."""
    sent = json.loads(request.body)
    now = clock.now()
    today = clock.business_day(now)
    values = worker_values(
        name=sent["name"],
        identity=sent["identity"],
        phone=sent["phone"],
        assurance=int(Assurance.PHONE_CONFIRMED),
        now=now,
    )
    values["created_at"] = values.pop("now")
    decision = may_join(values["birth_on"], values["sex"], join_terms(PROVINCE, today))
    if not decision.is_yes:
        return JsonResponse({"kind": "refused"}, status=409)
    with transaction.atomic():
        return _join(sent, values, names.check_name(sent["name"]))


def _join(sent: dict[str, Any], values: dict[str, Any], name: str) -> JsonResponse:
    now, today = values["created_at"], clock.business_day(values["created_at"])
    union = Union.objects.get(code=sent["union"], accepts_members=True, ended_on=None)
    worker = Worker.objects.filter(identity_hash=values["identity_hash"], merged_into=None).first()
    if worker is None:
        worker = Worker.objects.create(**values)
    if JoinApplication.objects.filter(worker=worker, state__in=[1, 2, 3]).exists():
        return JsonResponse({"kind": "already_applied"}, status=201)
    if Membership.objects.filter(worker=worker, ended_on=None).exists():
        return JsonResponse({"kind": "already_member"}, status=201)
    Worker.objects.filter(phone_hash=values["phone_hash"], merged_into=None).exclude(
        id=worker.id
    ).count()
    job, due = occupation(sent["occupations"][0]).key, due_days(today).day
    application = JoinApplication.objects.create(
        worker=worker, union=union, channel=int(Channel.ONLINE), state=int(JoinState.SUBMITTED),
        occupation=job, work_adcode=union.adcode, created_at=now, confirmed_at=now,
        confirmed_via="api", due_on=due,
    )  # fmt: skip
    Engagement.objects.create(
        worker=worker, occupation=job, relation=9, recorded_at=now, source="application"
    )
    for consent in NEEDED_CONSENTS:
        Consent.objects.create(
            worker=worker, purpose=int(consent.purpose), notice_version=consent.version_on(today),
            granted_at=now, granted_via="api",
        )  # fmt: skip
    Contact.objects.create(
        worker=worker, day=today, kind=int(ContactKind.JOINED), recorded_at=now,
        recorded_by_name=name,
    )  # fmt: skip
    Event.objects.create(
        at=now, kind="membership.applied", actor_name=name, subject_type="application",
        subject_id=application.id, union_id=union.id, data={"channel": "online", "via": "api"},
    )  # fmt: skip
    MemberFlow.objects.create(
        day=today, union_id=union.id, county=union.adcode, occupation=job,
        channel=int(Channel.ONLINE), kind=int(FlowKind.APPLIED), persons=1, recorded_at=now,
    )  # fmt: skip
    Notice.objects.create(
        worker_id=worker.id, kind="membership.applied", title="入会申请收到了",
        body=f"{union.name}最迟 {due.month} 月 {due.day} 日前审核，临时卡现在就能用。",
        url="/me/", created_at=now,
    )  # fmt: skip
    answer = {"kind": "new", "title": "收到了", "is_taken": True, "due_on": due.isoformat()}
    return JsonResponse(answer, status=201)


urlpatterns = [path("join", join)]
application = WSGIHandler()
