"""What erasing a person's data would take and leave: told before it is done."""

from dataclasses import dataclass
from datetime import datetime

from nuanxin.people.states import ErasureHold, erasure_holds

ERASED_HERE = [
    "姓名",
    "身份证号",
    "手机号",
    "出生日期和性别",
    "所报单位和网点",
    "家庭",
    "联系记录里的说明",
]
KEPT_HERE = (
    ErasureHold(
        "同意和撤回的记录（不含姓名和号码）",
        "证明处理资料时有你的同意，个人信息保护法第六十九条要求处理者能够举证",
    ),
    ErasureHold(
        "谁看过号码的记录（不含姓名和号码）",
        "个人信息保护法第五十六条要求至少保存三年",
    ),
    ErasureHold(
        "操作日志（不含姓名和号码）",
        "网络安全法第二十一条要求至少保存六个月",
    ),
)


@dataclass(frozen=True, slots=True)
class ErasurePlan:
    """What goes, what stays and why, and what has to be settled before."""

    erased: list[str]
    kept: list[ErasureHold]
    blocking: list[ErasureHold]


def get_erasure_plan(worker_id: int, *, now: datetime) -> ErasurePlan:
    """Return what erasing this person would do today; the caller has checked who asks."""
    holds = [hold for ask in erasure_holds for hold in ask(worker_id, now)]
    return ErasurePlan(
        erased=list(ERASED_HERE),
        kept=[*KEPT_HERE, *(hold for hold in holds if not hold.is_blocking)],
        blocking=[hold for hold in holds if hold.is_blocking],
    )
