"""What makes an application one to look at, each with the sentence that the reviewer reads.

An application without a doubt is clean and may be approved in one go; the bits are kept in
``JoinApplication.doubts``. A doubt never refuses: a person decides.
"""

from dataclasses import dataclass
from enum import IntFlag


class Doubt(IntFlag):
    """疑点: bits of ``JoinApplication.doubts``; a bit is never given another meaning."""

    NAME_DIFFERS_FROM_RECORD = 1
    PHONE_REUSED = 2
    AGE_NEAR_RETIREMENT = 4
    EMPLOYER_ELSEWHERE = 8
    MANY_FROM_ONE_PHONE = 16
    ASSURANCE_LOW = 32
    IDENTITY_ON_ANOTHER_RECORD = 64

    @property
    def label(self) -> str:
        """Return the Chinese name, a few characters for a list."""
        return _TEXTS[self][0]

    @property
    def reason(self) -> str:
        """Return what the reviewer is told: what was found, and what to do about it."""
        return _TEXTS[self][1]


_TEXTS = {
    Doubt.NAME_DIFFERS_FROM_RECORD: (
        "姓名和档案不同",
        "这个身份证号在档案里是另一个姓名。请对照证件看是改名还是填错。",
    ),
    Doubt.PHONE_REUSED: (
        "手机号有人在用",
        "手机号与另一份档案相同，可能是一家人合用，也可能是同一个人有两份档案。",
    ),
    Doubt.AGE_NEAR_RETIREMENT: (
        "快到退休年龄",
        "离法定退休年龄不到一年或已经到了。请核对是否还在工作；退休的找原工会保留会籍。",
    ),
    Doubt.EMPLOYER_ELSEWHERE: (
        "单位另有工会",
        "填的单位已经有自己的工会。请看本人进哪一家更合适，可以退回说明。",
    ),
    Doubt.MANY_FROM_ONE_PHONE: (
        "一个号码多人申请",
        "同一个手机号已经替好几个人申请。请逐个核对是不是本人意愿。",
    ),
    Doubt.ASSURANCE_LOW: (
        "还没核实是本人",
        "手机号没有用验证码确认过，也没有现场核对证件。请先联系本人。",
    ),
    Doubt.IDENTITY_ON_ANOTHER_RECORD: (
        "证件号在另一份档案里",
        "这个身份证号已有一份档案，登记的手机号不是申请人的。请当面核对证件，是同一个人就先合并档案。",
    ),
}

NEEDS_NOTE = Doubt.NAME_DIFFERS_FROM_RECORD | Doubt.AGE_NEAR_RETIREMENT | Doubt.MANY_FROM_ONE_PHONE
"""With one of these the reviewer writes why he approved."""

BLOCKS_APPROVAL = Doubt.IDENTITY_ON_ANOTHER_RECORD
"""With one of these the doubt has to be settled first: a membership needs its own identity."""


@dataclass(frozen=True, slots=True)
class DoubtFacts:
    """What was found out about an application when it came in."""

    name_differs: bool = False
    others_with_phone: int = 0
    near_retirement: bool = False
    employer_has_other_union: bool = False
    identity_on_another_record: bool = False
    is_assured: bool = True
    many_from_one_phone_persons: int = 3


def find_doubts(facts: DoubtFacts) -> Doubt:
    """Return the doubts that the facts give rise to; none (0) means clean."""
    found = Doubt(0)
    if facts.name_differs:
        found |= Doubt.NAME_DIFFERS_FROM_RECORD
    if facts.others_with_phone:
        found |= Doubt.PHONE_REUSED
    if facts.others_with_phone >= facts.many_from_one_phone_persons:
        found |= Doubt.MANY_FROM_ONE_PHONE
    if facts.near_retirement:
        found |= Doubt.AGE_NEAR_RETIREMENT
    if facts.employer_has_other_union:
        found |= Doubt.EMPLOYER_ELSEWHERE
    if facts.identity_on_another_record:
        found |= Doubt.IDENTITY_ON_ANOTHER_RECORD
    if not facts.is_assured:
        found |= Doubt.ASSURANCE_LOW
    return found


def doubts_in(bits: int) -> tuple[Doubt, ...]:
    """Return the single doubts of a stored value, in the order in which they are shown."""
    return tuple(doubt for doubt in Doubt if bits & doubt)
