"""Versions of rules and what rules said at applications, for the walk."""

from typing import Any
from uuid import UUID

from nuanxin.orgs.models import Union
from nuanxin.people.models import Worker
from nuanxin.programmes.actions.rule_versions import digest_of
from nuanxin.programmes.models import Application, AwardBasis, DefinitionVersion, Pool, RuleVersion
from nuanxin.programmes.rules.conditions import rule_codes, rule_text
from nuanxin.programmes.rules.definitions import write_entry
from tests.cast import Cast
from tests.walk.offers import offer


def version_of(cast: Cast, union: Union) -> dict[str, Any]:
    """A draft of a rule of this union (the walk's unions own none: it is made by hand)."""
    known = RuleVersion.objects.filter(state=1, union=union).first()
    drafted = set(RuleVersion.objects.values_list("code", flat=True))
    code = next(one for one in rule_codes() if one not in drafted)
    text = rule_text(code)
    made = known or RuleVersion.objects.create(
        code=code,
        number=RuleVersion.objects.count() + 1,
        union=union,
        text=text,
        digest=digest_of(text),
        drafted_by=UUID(int=1),
        drafted_by_name="样例",
        drafted_at=cast.now,
        changed_at=cast.now,
    )
    return {"version_id": made.id}


def definition_of_union(cast: Cast, union: Union) -> dict[str, Any]:
    """A draft of a service of this union (made by hand: the walk's unions define none)."""
    known = DefinitionVersion.objects.filter(state=1, union=union).first()
    number = DefinitionVersion.objects.count() + 1
    entry = {"code": f"sample_{number}", "title": "样例", "kind": "gift", "ways": ["first_come"]}
    made = known or DefinitionVersion.objects.create(
        code=entry["code"],
        number=1,
        union=union,
        text=write_entry(entry),
        digest="0" * 64,
        drafted_by=UUID(int=1),
        drafted_by_name="样例",
        drafted_at=cast.now,
        changed_at=cast.now,
    )
    return {"version_id": made.id}


def basis_of_union(cast: Cast, union: Union) -> dict[str, Any]:
    """An application for an offer of this union with what the rule said."""
    made = offer(cast, union)
    worker = Worker.objects.create(name="样例", created_at=cast.now)
    claim = Application.objects.create(
        offer=made, pool=Pool.objects.filter(offer=made)[0], worker=worker, state=1,
        applied_at=cast.now,
    )  # fmt: skip
    AwardBasis.objects.create(
        application=claim, code="recuperation", digest="0" * 64, as_of=cast.now.date(),
        answer="yes", clauses=[],
    )  # fmt: skip
    return {"offer_id": made.id, "application_id": claim.id}


def own_basis_of(cast: Cast, who: str) -> dict[str, Any]:
    """An offer that somebody of the cast applied for, with what the rule said."""
    made = offer(cast, cast.union("county"))
    claim = Application.objects.create(
        offer=made, pool=Pool.objects.filter(offer=made)[0], state=1, applied_at=cast.now,
        worker_id=cast.actor(who).worker_id,
    )  # fmt: skip
    AwardBasis.objects.create(
        application=claim, code="recuperation", digest="0" * 64, as_of=cast.now.date(),
        answer="yes", clauses=[],
    )  # fmt: skip
    return {"code": made.code}


def rule_samples(sample: Any, no_id: int) -> dict[str, Any]:
    """Return the samples of the addresses of rules; ``sample`` makes one."""
    version = sample(missing={"version_id": no_id}, of_union=version_of)
    defined = sample(missing={"version_id": no_id}, of_union=definition_of_union)
    shipped = sample(missing={"code": "nothing"}, public=lambda cast: {"code": "health_exam"})
    return {
        "offer-basis": sample(missing={"code": "nothing"}, of_person=own_basis_of),
        "desk-offer-basis": sample(
            missing={"offer_id": no_id, "application_id": no_id}, of_union=basis_of_union
        ),
        "desk-rule": sample(
            missing={"code": "nothing"}, public=lambda cast: {"code": "recuperation"}
        ),
        "desk-rule-new": sample(missing={"code": "nothing"}),
        "desk-rule-version": sample(
            missing={"code": "recuperation", "number": 999},
            public=lambda cast: {"code": "recuperation", "number": 0},
        ),
        "desk-rule-draft": version,
        "desk-rule-check": version,
        "desk-rule-preview": version,
        "desk-rule-decide": version,
        "desk-rule-revoke": version,
        "desk-definition": shipped,
        "desk-definition-yaml": shipped,
        "desk-definition-new": sample(missing={"code": "nothing"}),
        "desk-definition-draft": defined,
        "desk-definition-preview": defined,
        "desk-definition-decide": defined,
        "desk-definition-revoke": defined,
    }
