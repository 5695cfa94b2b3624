"""Pure rules of 人员: masks, ages, which records look like one person, what a withdrawal means."""

from collections.abc import Mapping
from datetime import date

from nuanxin.kernel import identity
from nuanxin.kernel.decision import Decision
from nuanxin.kernel.errors import Malformed
from nuanxin.people.states import Assurance, ConsentPurpose, IdentityKind, MergeField, Side

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
PURPOSE_SHORTEST, PURPOSE_LONGEST = 2, 120


def identity_hint(number: str) -> str:
    """Return the characters of an 18-character number that a mask shows: first and last four."""
    return number[:4] + number[-4:]


def phone_hint(number: str) -> str:
    """Return the digits of an 11-digit phone that a mask shows: first three and last four."""
    return number[:3] + number[-4:]


def masked_identity(hint: str) -> str:
    """Return 3301**********0010 for the hint 33010010; "" where there is no number."""
    return f"{hint[:4]}{'*' * 10}{hint[4:]}" if len(hint) == 8 else ""


def masked_phone(hint: str) -> str:
    """Return 138****6027 for the hint 1386027; "" where there is no phone."""
    return f"{hint[:3]}****{hint[3:]}" if len(hint) == 7 else ""


def kind_of(kind: identity.IdentityKind) -> IdentityKind:
    """Return the stored kind for the kind that the number itself tells."""
    if kind is identity.IdentityKind.RESIDENT_CARD:
        return IdentityKind.RESIDENT
    if kind is identity.IdentityKind.FOREIGN_PERMANENT_RESIDENT:
        return IdentityKind.OTHER
    return IdentityKind.RESIDENCE_PERMIT


def age_years(birth_on: date | None, day: date) -> int | None:
    """Return the completed years on ``day``; None where the birth date is not known."""
    return None if birth_on is None else identity.age_on(birth_on, day)


def decide_minimum_age(birth_on: date | None, *, day: date, minimum_years: int) -> Decision:
    """Decide whether a person has reached an age: 未成年人保护法 a.61 with 16 years (M-3).

    The parameter belongs to whoever asks. Unknown birth is unknown, not no.
    """
    age = age_years(birth_on, day)
    if age is None:
        return Decision.unknown("birth_unknown", "还不知道出生日期。", fact="people.age_years")
    if age >= minimum_years:
        return Decision.yes("old_enough", facts={"people.age_years": age})
    return Decision.no(
        "too_young",
        f"满 {minimum_years} 周岁才能办理，现在是 {age} 周岁。",
        fact="people.age_years",
        has=age,
        needs=minimum_years,
        would_change=f"到 {minimum_years} 周岁生日那天就可以办。",
    )


def decide_contact_day(day: date, *, today: date, longest_days: int) -> Decision:
    """Decide whether a contact of ``day`` may be written down by hand today."""
    if day > today:
        return Decision.no("contact_in_future", "还没有发生的不能记。请填今天或以前的日期。")
    if (today - day).days > longest_days:
        return Decision.no(
            "contact_too_old",
            f"最多补记 {longest_days} 天以前的。更早的请在当时的业务里查。",
            has=(today - day).days,
            needs=longest_days,
        )
    return Decision.yes("contact_day")


def raises_assurance(*, given: Assurance, is_same_name: bool, is_same_phone: bool) -> bool:
    """Return whether a new statement of somebody's number makes us surer that he is the person.

    A confirmed phone says so only if it is the phone we know; what a host platform verified and
    what was seen on site say so by themselves. Another name never does.
    """
    return is_same_name and (is_same_phone or given >= Assurance.HOST_VERIFIED)


def check_purpose(purpose: str) -> str:
    """Return the purpose of a reading as it is logged; raise ``Malformed`` people.purpose."""
    said = " ".join(purpose.split())
    if not PURPOSE_SHORTEST <= len(said) <= PURPOSE_LONGEST:
        raise Malformed(
            "people.purpose", "请写明为什么要看，比如“电话联系不上，核对手机号”。本人能看到这句话。"
        )
    return said


def check_choices(choices: Mapping[str, str]) -> dict[MergeField, Side]:
    """Return a side for every field of a merge; what is not chosen stays with the kept record.

    Raises ``Malformed`` people.merge_choice for an unknown field or side.
    """
    try:
        chosen = {MergeField(field): Side(side) for field, side in choices.items()}
    except ValueError:
        raise Malformed("people.merge_choice", "请为每一项选定留下哪一份的内容。") from None
    return {field: chosen.get(field, Side.KEPT) for field in MergeField}


def safe_cell(text: str) -> str:
    """Return ``text`` so that no spreadsheet takes it for a formula."""
    return "'" + text if text.startswith(_FORMULA_STARTS) else text


_WITHDRAWAL = {
    ConsentPurpose.JOINING: (
        "撤回后，我们不再处理你的入会信息：没办完的申请会停下，已经入会的按退会办理。"
        "法律要求保存的记录还会保存到期。"
    ),
    ConsentPurpose.IDENTITY_NUMBER: (
        "撤回后，我们不再用身份证号核验你。已经入会的，为了保证一人只有一个会籍，"
        "号码只加密保存、不再使用；想一并删除，先退会，再清除资料。"
    ),
    ConsentPurpose.SERVICE_NOTICES: "撤回后，不再给你发服务消息。验证码和你办的事的结果照常通知。",
    ConsentPurpose.HOST_SHARING: (
        "撤回后，不再从合作平台带入你的姓名和证件号。以后登录和办事用手机验证码。"
    ),
    ConsentPurpose.HONOUR_PUBLICATION: "撤回后，24 小时内把你的表彰信息从公开页面撤下。",
    ConsentPurpose.PROGRAMME_FACTS: (
        "撤回后，判断能不能享受服务时不再读取你的健康、家庭和孩子的情况；要看这些情况的服务会显示“还不能确定”。"
    ),
}


def withdrawal_meaning(purpose: ConsentPurpose) -> str:
    """Return what follows from withdrawing a consent, shown before it is withdrawn (PIPL a.15)."""
    return _WITHDRAWAL[purpose]
