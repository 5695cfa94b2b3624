"""Decisions about children's camps: facts and parameters in, a decision with its sentence out.

Sources: law on the protection of minors a.11, 62, 130; PIPL a.31; rules of camps as run (domain CH-1…7).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from nuanxin.kernel.decision import Decision
from nuanxin.programmes.states import SaidBy, StaffRole, grade_label


def month_after(born: date) -> date:
    """Return the first day on which a child born in this month has surely had its birthday."""
    return date(born.year + born.month // 12, born.month % 12 + 1, 1)


def age_on(born: date, day: date) -> int:
    """Return the full years of a child of whom the month of birth is known: when that month is over."""
    sure = month_after(born)
    return day.year - sure.year - ((day.month, day.day) < (sure.month, sure.day))


def who_consents(born: date, day: date, *, guardian_age: int) -> SaidBy:
    """Return who must say yes: the guardian under the age, the child itself from it on."""
    return SaidBy.GUARDIAN if age_on(born, day) < guardian_age else SaidBy.CHILD


def may_have_place(
    *, age: int, said_by: SaidBy | None, needed: SaidBy, grade: int, grade_from: int, grade_to: int,
    class_label: str, pickups: int,
) -> Decision:  # fmt: skip
    """Return whether a child may be on the list of a class: consent first, then grade, then pick-up."""
    if said_by is not needed:
        if needed is SaidBy.GUARDIAN:
            return Decision.no(
                "programmes.guardian_consent",
                f"孩子 {age} 周岁，要先由监护人同意。打开“同意书”，看完点同意，再来报名。",
                fact="programmes.guardian_agrees",
                has=False,
                needs=True,
            )
        return Decision.no(
            "programmes.child_consent",
            f"孩子 {age} 周岁，要孩子自己同意，您知情。打开“同意书”，让孩子看完点同意，再来报名。",
            has=False,
            needs=True,
        )
    if not grade_from <= grade <= grade_to:
        span = grade_label(grade_from)
        if grade_to != grade_from:
            span += f"到{grade_label(grade_to)}"
        return Decision.no(
            "programmes.camp_grade",
            f"{class_label}收{span}，孩子是{grade_label(grade)}。换一个班，或者改年级。",
            has=grade,
            needs=grade_from,
        )
    if not pickups:
        return Decision.no(
            "programmes.no_pickup",
            "还没写谁来接孩子。先加一位接送人，再报名。",
            has=0,
            needs=1,
        )
    return Decision.yes("programmes.may_have_place")


def attended_enough(attended: int, days: int, *, needed_permille: int) -> Decision:
    """Return whether the last session was attended enough to come again; none at all is enough."""
    if not days or attended * 1000 >= needed_permille * days:
        return Decision.yes("programmes.attended_enough")
    return Decision.no(
        "programmes.camp_attendance",
        f"上一期开了 {days} 天，孩子来了 {attended} 天，不到 {needed_permille / 10:g}%，这一期不能报。"
        "再下一期可以。记得不对，打电话给主办的工会。",
        has=attended * 1000 // days,
        needs=needed_permille,
    )


def check_in_date(checked_on: date | None, day: date, *, months: int) -> Decision:
    """Return whether a criminal record was checked within so many months before a day."""
    if checked_on is None:
        return Decision.no(
            "programmes.record_not_checked", "还没有查过犯罪记录，不能排班。先去查，把日期登记上。"
        )
    if checked_on > day:
        return Decision.no(
            "programmes.record_check_later", f"犯罪记录是 {checked_on} 查的，从那天起才能排班。"
        )
    last = _months_later(checked_on, months)
    if day > last:
        return Decision.no(
            "programmes.record_check_over",
            f"犯罪记录是 {checked_on} 查的，{last} 过期了，不能排班。重新查一次，把新日期登记上。",
            has=checked_on.isoformat(),
            needs=last.isoformat(),
        )
    return Decision.yes("programmes.record_checked")


@dataclass(frozen=True, slots=True)
class Adult:
    """Somebody who is there on a day."""

    name: str
    role: StaffRole
    checked_on: date | None
    trained_on: date | None


def may_open_day(
    adults: Sequence[Adult], *, day: date, tutors: int, volunteers: int, months: int
) -> Decision:
    """Return whether a class may open with these adults: each checked and trained, and enough.

    A tutor more than needed counts as a volunteer.
    """
    for adult in adults:
        checked = check_in_date(adult.checked_on, day, months=months)
        if not checked.is_yes:
            return Decision.no(checked.code, f"{adult.name}：{checked.message}")
        if adult.trained_on is None or adult.trained_on > day:
            return Decision.no(
                "programmes.not_trained", f"{adult.name}还没参加过岗前培训，今天不能带班。"
            )
    leading = sum(1 for adult in adults if adult.role is not StaffRole.VOLUNTEER)
    helping = len(adults) - leading + max(leading - tutors, 0)
    if leading < tutors or helping < volunteers:
        return Decision.no(
            "programmes.too_few_adults",
            f"要有 {tutors} 位老师、{volunteers} 位志愿者才能开班，现在是 {leading} 位老师、"
            f"{len(adults) - leading} 位志愿者。人到齐了再开。",
            has=len(adults),
            needs=tutors + volunteers,
        )
    return Decision.yes("programmes.may_open_day")


def may_hand_over(*, is_listed: bool, is_code_right: bool | None, saw_papers: bool) -> Decision:
    """Return whether the child may go: with somebody on its list, by the day's code or papers seen.

    ``is_code_right`` is None when no code was given.
    """
    if not is_listed:
        return Decision.no(
            "programmes.not_listed",
            "这个人不在接送人名单上，不能交给他。请监护人在手机上加上，或者打电话给监护人。",
        )
    if is_code_right is False:
        return Decision.no(
            "programmes.pickup_code",
            "接送码不对。码每天换，看看是不是今天的；没带手机就看身份证。",
        )
    if is_code_right is None and not saw_papers:
        return Decision.no(
            "programmes.pickup_unproved", "先对当天的接送码；没带手机，就看身份证，再勾上。"
        )
    return Decision.yes("programmes.may_hand_over")


def class_is_sound(
    *, size: int, tutors: int, volunteers: int, days: int, limits: Mapping[str, int]
) -> Decision:
    """Return whether a class keeps to the sizes, ratio and length of its place."""
    if not limits["size_min"] <= size <= limits["size_max"]:
        return Decision.no(
            "programmes.class_size",
            f"一班 {limits['size_min']} 到 {limits['size_max']} 个孩子，填的是 {size}。",
            has=size,
            needs=limits["size_max"],
        )
    if tutors < limits["tutors"] or volunteers < limits["volunteers"]:
        return Decision.no(
            "programmes.class_ratio",
            f"一班至少 {limits['tutors']} 位老师、{limits['volunteers']} 位志愿者。",
            has=tutors + volunteers,
            needs=limits["tutors"] + limits["volunteers"],
        )
    if days < limits["days"]:
        return Decision.no(
            "programmes.camp_too_short",
            f"这里的托管至少办 {limits['days']} 天，现在是 {days} 天。",
            has=days,
            needs=limits["days"],
        )
    return Decision.yes("programmes.class_is_sound")


def _months_later(day: date, months: int) -> date:
    """Return the same day so many months on; the last of the month where there is no such day."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    for number in range(day.day, day.day - 4, -1):
        try:
            return date(year, month + 1, number)
        except ValueError:
            continue
    raise AssertionError("a month has at least 28 days")
