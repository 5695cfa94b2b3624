"""Who acts: a value that pages and tasks build once (in ``access``) and pass down to every layer.

It lives below ``records``, ``people`` and ``orgs`` because their queries and actions take it too.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """Roles of the permission matrix; the policy file in ``access`` says what each may do."""

    ANONYMOUS = "anonymous"
    WORKER = "worker"
    GRASSROOTS_OFFICER = "grassroots_officer"
    ENTERPRISE_OFFICER = "enterprise_officer"
    COUNTY_CADRE = "county_cadre"
    CITY_CADRE = "city_cadre"
    PROVINCE_CADRE = "province_cadre"
    LIAISON_CADRE = "liaison_cadre"
    STATION_KEEPER = "station_keeper"
    FINANCE = "finance"
    AUDITOR = "auditor"
    API_CLIENT = "api_client"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"
    SYSTEM = "system"

    @property
    def label(self) -> str:
        """Return the Chinese name of the role."""
        return _LABELS[self]


_LABELS = {
    Role.ANONYMOUS: "未登录",
    Role.WORKER: "劳动者",
    Role.GRASSROOTS_OFFICER: "基层工会干部",
    Role.ENTERPRISE_OFFICER: "企业总部工会干部",
    Role.COUNTY_CADRE: "县级工会干部",
    Role.CITY_CADRE: "市级工会干部",
    Role.PROVINCE_CADRE: "省级工会干部",
    Role.LIAISON_CADRE: "联络员",
    Role.STATION_KEEPER: "驿站站长",
    Role.FINANCE: "财务",
    Role.AUDITOR: "审计",
    Role.API_CLIENT: "接口客户",
    Role.SYSTEM_ADMIN: "系统管理员",
    Role.SECURITY_ADMIN: "安全管理员",
    Role.AUDIT_ADMIN: "审计管理员",
    Role.SYSTEM: "系统任务",
}


@dataclass(frozen=True, slots=True)
class Grant:
    """One live post: a role over the subtree of one union.

    ``union_path`` is the slash path of union ids as kept in ``orgs_union.path`` ("/1/20/311/");
    an empty path means that the role has no union scope (the three administrators).
    """

    role: Role
    union_id: int | None = None
    union_path: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person (or the system) with the posts held at this moment.

    ``account_id`` is the sign-in, ``worker_id`` the person's own record where there is one.
    Two accounts of one person are one person: compare ``person_key``, never accounts.
    """

    account_id: UUID | None = None
    worker_id: int | None = None
    name: str = ""
    grants: tuple[Grant, ...] = field(default_factory=tuple)

    @property
    def roles(self) -> frozenset[Role]:
        """Return every role held, with ``WORKER`` for anybody who has a record of their own."""
        held = {grant.role for grant in self.grants}
        if self.worker_id is not None:
            held.add(Role.WORKER)
        return frozenset(held or {Role.ANONYMOUS})

    @property
    def person_key(self) -> str:
        """Return what identifies the human being behind the account."""
        return f"w{self.worker_id}" if self.worker_id is not None else f"a{self.account_id}"

    def has_role(self, *roles: Role) -> bool:
        """Return whether any of ``roles`` is held."""
        return not self.roles.isdisjoint(roles)

    def paths_for(self, *roles: Role) -> tuple[str, ...]:
        """Return the union paths over which any of ``roles`` is held."""
        return tuple(g.union_path for g in self.grants if g.role in roles and g.union_path)


SYSTEM = Actor(name="系统", grants=(Grant(Role.SYSTEM),))
ANONYMOUS = Actor()
