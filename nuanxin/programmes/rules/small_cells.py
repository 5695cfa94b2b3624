"""Numbers of a few people, for those who may not see persons: not told, the others rounded."""

import re
from datetime import date

from nuanxin.kernel.parameters import parameter

_NUMBERS = re.compile(r"[0-9０-９][0-9０-９\-\s]{2,}[0-9０-９Xx]")
_CALLED = re.compile(
    r"[\u4e00-\u9fff]{1,3}(师傅|医生|护士|老师|大夫|主任|经理|站长|先生|女士|小姐)"
)


def least_persons(adcode: int, on: date) -> int:
    """Return from how many persons on a number of them may be told there (figures.least_cell_persons)."""
    return int(parameter("figures.least_cell_persons", adcode=f"{adcode:06d}", on=on).value)


def told(number: int, *, least: int | None) -> str:
    """Return a number of people as it is told: as it is without ``least``, else rounded or as few."""
    if least is None or not number:
        return f"{number:,}"
    if number < least:
        return f"不到 {least}"
    return f"约 {(number + least // 2) // least * least:,}"


def masked_remark(text: str) -> str:
    """Return what somebody wrote without numbers of four digits and more, and without who is named."""
    return _CALLED.sub(r"×\1", _NUMBERS.sub("××××", text))
