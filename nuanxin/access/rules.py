"""Pure decisions of 权限: sending codes, waiting after wrong tries, granting posts, safe ways on."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Any
from urllib.parse import urlsplit

from nuanxin.access.states import (
    ADMINISTRATORS,
    CONTAINED_ROLES,
    GRANTABLE_ROLES,
    LEVELS_OF_ROLE,
    PostState,
    SessionKind,
)
from nuanxin.kernel.actor import Actor, Grant, Role
from nuanxin.kernel.decision import Decision, all_of
from nuanxin.kernel.parameters import NATION, parameter

TOTP_STEP_SECONDS = 30
"""RFC 6238; the authenticator apps in use know no other step."""

LONGEST_WAY_ON = 400
"""Characters of an address to go on to after signing in."""


def setting(name: str, on: date) -> Any:
    """Return the value of ``access.<name>`` in force on ``on``; these hold for the whole nation."""
    return parameter(f"access.{name}", adcode=NATION, on=on).value


# ---- codes ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CodeCounts:
    """What was sent lately: to a phone, from a known device, from a network, in all."""

    last_sent_at: datetime | None
    to_phone_today: int
    to_device_today: int
    from_network_hour: int
    sent_today: int
    is_known_device: bool


def may_send_code(counts: CodeCounts, *, now: datetime, on: date) -> Decision:
    """Say whether one more code may be sent; ``needs`` of a no is seconds to wait.

    A device that has signed in with this phone before has a share of its own, so that nobody can
    use up the owner's day from elsewhere. The answer never depends on whether an account exists.
    """
    interval = setting("code_interval_seconds", on)
    if counts.last_sent_at is not None:
        passed = int((now - counts.last_sent_at).total_seconds())
        if passed < interval:
            return Decision.no(
                "access.code_too_soon",
                "刚发过一条，短信可能还在路上。",
                fact="seconds_since_last",
                has=passed,
                needs=interval - passed,
            )
    share = setting("code_per_phone_day", on)
    sent = counts.to_device_today if counts.is_known_device else counts.to_phone_today
    if sent >= share:
        return Decision.no(
            "access.code_day_used_up",
            f"这个号码今天已经发了 {share} 条，明天再发。急的话打 12351，有人帮你办。",
            fact="codes_today",
            has=sent,
        )
    network = setting("code_per_network_hour", on)
    if counts.from_network_hour >= network:
        return Decision.no(
            "access.code_network_used_up",
            "这处网络一小时里要的验证码太多了。换成手机流量再试，或者过一会儿再来。",
            fact="codes_from_network",
            has=counts.from_network_hour,
            needs=3600,
        )
    if counts.sent_today >= setting("code_budget_day", on):
        return Decision.no(
            "access.code_budget_used_up",
            "今天的短信发完了，明天零点以后再来。急的话打 12351，有人帮你办。",
            fact="codes_of_all",
        )
    return Decision.yes("access.code_may_be_sent")


def crosses_alarm(sent_before: int, *, on: date) -> bool:
    """Return whether the day's budget is used so far that somebody should be told."""
    budget = setting("code_budget_day", on)
    return bool((sent_before + 1) * 1000 >= budget * setting("code_budget_alarm_permille", on))


def network_of(address: str) -> str:
    """Return what counts as one network: an IPv4 address, or the first 64 bits of an IPv6 one."""
    try:
        parsed = ip_address(address.strip())
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
    return str(parsed)


# ---- passwords --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WrongTries:
    """Wrong tries within the window, since the last right one, and when the last one was.

    ``from_network`` counts those of one network on any account, ``from_elsewhere`` those on this
    account from devices that never signed in with it.
    """

    count: int
    last_at: datetime | None
    from_network: int = 0
    from_elsewhere: int = 0
    is_known_device: bool = False


def may_try_password(tries: WrongTries, *, now: datetime, on: date) -> Decision:
    """Say whether a password (or a TOTP code) may be tried now; ``needs`` is seconds to wait.

    A soft delay, doubled with each wrong try; no account is ever locked.
    """
    if tries.from_network >= setting("password_per_network_hour", on):
        return Decision.no(
            "access.network_slowed",
            "这处网络输错的次数太多了。",
            fact="wrong_from_network",
            has=tries.from_network,
            needs=setting("password_longest_wait_seconds", on),
        )
    elsewhere = setting("password_elsewhere_hour", on)
    if not tries.is_known_device and tries.from_elsewhere >= elsewhere:
        return Decision.no(
            "access.account_slowed_elsewhere",
            "有人在别处连着输错这个账号的密码。请换到您平时登录的电脑上，或者过一会儿再来。",
            fact="wrong_from_elsewhere",
            has=tries.from_elsewhere,
            needs=setting("password_longest_wait_seconds", on),
        )
    excess = tries.count - setting("password_free_tries", on)
    if excess < 0 or tries.last_at is None:
        return Decision.yes("access.may_try")
    longest = setting("password_longest_wait_seconds", on)
    wait = min(longest, setting("password_first_wait_seconds", on) * 2 ** min(excess, 20))
    left = int((tries.last_at + timedelta(seconds=wait) - now).total_seconds())
    if left <= 0:
        return Decision.yes("access.may_try")
    return Decision.no(
        "access.slowed",
        "连着输错了几次，先停一下。",
        fact="wrong_tries",
        has=tries.count,
        needs=left,
    )


def totp_steps(now: datetime) -> tuple[int, ...]:
    """Return the steps whose codes are taken at ``now``: this one and its two neighbours."""
    step = int(now.timestamp()) // TOTP_STEP_SECONDS
    return (step, step - 1, step + 1)


# ---- sessions ---------------------------------------------------------------------------------


def minutes_of(kind: SessionKind, on: date) -> tuple[int, int]:
    """Return (idle, absolute) minutes of a session of ``kind``."""
    if kind is SessionKind.ANONYMOUS:
        absolute = setting("anonymous_absolute_minutes", on)
        return absolute, absolute
    who = "cadre" if kind is SessionKind.CADRE else "worker"
    return setting(f"{who}_idle_minutes", on), setting(f"{who}_absolute_minutes", on)


def is_idle(kind: SessionKind, *, seen_at: datetime, now: datetime, on: date) -> bool:
    """Return whether the session was left alone too long."""
    return now - seen_at > timedelta(minutes=minutes_of(kind, on)[0])


def wants_touch(kind: SessionKind, *, seen_at: datetime, now: datetime, on: date) -> bool:
    """Return whether «seen at» is to be written: ten times within an idle time, not more."""
    return now - seen_at > timedelta(minutes=minutes_of(kind, on)[0]) / 10


def grants_of(kind: SessionKind, grants: Collection[Grant], on: date) -> tuple[Grant, ...]:
    """Return the posts that count in a session of ``kind``: a phone alone opens few of them."""
    if kind is SessionKind.CADRE:
        return tuple(grants)
    return tuple(g for g in grants if g.role.value in setting("phone_roles", on))


# ---- posts ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PostAsked:
    """A post that somebody wants to grant. ``union_path`` is empty for the administrators."""

    account_key: str
    role: Role
    union_path: str
    union_level: int | None
    valid_from: date
    valid_to: date
    others_held: frozenset[Role] = frozenset()


def needs_second_person(role: Role, granter: Actor, on: date) -> bool:
    """Return whether a second person must approve: strong roles, and all that an admin grants."""
    return role.value in setting("strong_roles", on) or granter.has_role(Role.SECURITY_ADMIN)


def contains(grant: Grant, role: Role, union_path: str) -> bool:
    """Return whether the holder of ``grant`` holds, in the sense of granting, ``role`` there."""
    if role not in CONTAINED_ROLES.get(grant.role, frozenset()):
        return False
    if grant.role is Role.SECURITY_ADMIN:
        return True
    return bool(grant.union_path) and bool(union_path) and union_path.startswith(grant.union_path)


def roles_grantable_by(actor: Actor) -> tuple[Role, ...]:
    """Return the roles that the actor may grant somewhere, in the order of the matrix."""
    if actor.has_role(Role.SYSTEM):
        return GRANTABLE_ROLES
    held = [CONTAINED_ROLES.get(grant.role, frozenset()) for grant in actor.grants]
    return tuple(role for role in GRANTABLE_ROLES if any(role in roles for roles in held))


def may_grant(actor: Actor, asked: PostAsked, *, on: date) -> Decision:
    """Say whether ``actor`` may grant the post (safety paper, invariant 24)."""
    return all_of(
        (
            _is_for_another(actor, asked),
            _is_contained(actor, asked),
            _fits_union(asked),
            _term_is_short(asked, on=on),
            _kept_apart(asked),
        ),
        code="access.post_grant",
    )


def may_approve(actor: Actor, asked: PostAsked, *, granted_by_key: str, on: date) -> Decision:
    """Say whether ``actor`` is a fit second person for a post that ``granted_by_key`` granted."""
    if actor.person_key == granted_by_key:
        return Decision.no(
            "access.second_person_is_same", "这一项是您自己授予的，要由另一位同事复核。"
        )
    return may_grant(actor, asked, on=on)


def state_of_post(
    *,
    valid_from: date,
    valid_to: date,
    needs_second: bool,
    is_approved: bool,
    is_revoked: bool,
    on: date,
) -> PostState:
    """Return where a post stands on ``on``; ``valid_to`` is the first day that no longer counts."""
    if is_revoked:
        return PostState.REVOKED
    if valid_to <= on:
        return PostState.EXPIRED
    if needs_second and not is_approved:
        return PostState.WAITING
    return PostState.COMING if valid_from > on else PostState.LIVE


def months_after(day: date, months: int) -> date:
    """Return the same day ``months`` later; a day that does not exist there is the month's last."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in range(day.day, 0, -1):
        try:
            return date(year, month0 + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has a first day")


def _is_for_another(actor: Actor, asked: PostAsked) -> Decision:
    if actor.person_key == asked.account_key:
        return Decision.no("access.self_grant", "不能给自己授予职务，请同级或上级的同事来办。")
    return Decision.yes()


def _is_contained(actor: Actor, asked: PostAsked) -> Decision:
    if actor.has_role(Role.SYSTEM):
        return Decision.yes()
    if any(contains(grant, asked.role, asked.union_path) for grant in actor.grants):
        return Decision.yes()
    return Decision.no(
        "access.grants_more_than_held",
        f"「{asked.role.label}」在这个范围里不归您授予。请找管这个范围的上级工会。",
        fact="role",
        has=asked.role.value,
    )


def _fits_union(asked: PostAsked) -> Decision:
    if asked.role in ADMINISTRATORS:
        if asked.union_path:
            return Decision.no(
                "access.administrator_has_no_union",
                f"「{asked.role.label}」管整个平台，不挂在某一个工会上。请把工会一栏空着。",
            )
        return Decision.yes()
    if not asked.union_path:
        return Decision.no("access.post_without_union", "还没有选工会。职务都挂在一个工会上。")
    levels = LEVELS_OF_ROLE.get(asked.role)
    if levels is not None and asked.union_level not in levels:
        return Decision.no(
            "access.role_of_other_level",
            f"「{asked.role.label}」不挂在这一级的工会上。请换一个职务，或者换一个工会。",
            fact="union_level",
            has=asked.union_level,
        )
    return Decision.yes()


def _term_is_short(asked: PostAsked, *, on: date) -> Decision:
    months = setting("post_longest_months", on)
    if asked.valid_to <= asked.valid_from:
        return Decision.no("access.post_ends_before_start", "止期要晚于起期。")
    if asked.valid_to <= on:
        return Decision.no("access.post_already_over", "止期已经过了。请填一个以后的日子。")
    if asked.valid_to > months_after(asked.valid_from, months):
        return Decision.no(
            "access.post_too_long",
            f"一次最长授予 {months} 个月，到期再续。",
            fact="months",
            needs=months,
        )
    return Decision.yes()


def _kept_apart(asked: PostAsked) -> Decision:
    clash = (
        asked.others_held - {asked.role}
        if asked.role in ADMINISTRATORS
        else asked.others_held & ADMINISTRATORS
    )
    if clash:
        held = "、".join(sorted(role.label for role in clash))
        return Decision.no(
            "access.administrators_kept_apart",
            f"这位同事已是{held}。三种管理员要由不同的人担任，也不能兼业务职务。",
            fact="others_held",
            has=sorted(role.value for role in clash),
        )
    return Decision.yes()


# ---- ways on ----------------------------------------------------------------------------------


def safe_way_on(asked: str, *, otherwise: str) -> str:
    """Return ``asked`` when it is an address within this site, else ``otherwise``.

    Only a path: no host, no scheme, no «//», no backslash, no control characters.
    """
    if not asked.startswith("/") or len(asked) > LONGEST_WAY_ON:
        return otherwise
    if asked[1:2] in ("/", "\\") or "\\" in asked or any(ord(c) < 33 for c in asked):
        return otherwise
    try:
        parts = urlsplit(asked)
    except ValueError:
        return otherwise
    return asked if not parts.scheme and not parts.netloc else otherwise


# ---- host apps --------------------------------------------------------------------------------


def claims_as_person(claims: Mapping[str, Any], mapping: Mapping[str, str]) -> dict[str, str]:
    """Return name, identity, phone and assurance out of a host's claims by the site's mapping.

    ``mapping`` is ours → theirs ("identity": "idcard"); what is absent comes out empty.
    """
    found = {}
    for ours in ("name", "identity", "phone"):
        value = claims.get(mapping.get(ours, ours), "")
        found[ours] = value.strip() if isinstance(value, str) else ""
    return found
