"""A report that the home county has written and frozen, for a desk that is not empty."""

from datetime import datetime

from config.demo import accounts
from config.demo.accounts import SignIn
from nuanxin.figures import actions
from nuanxin.figures.queries import stored_reports
from nuanxin.kernel.actor import Role

_WORDS = """
## 下个月

- 先看“不公布”的几格：人数少，不单列，不是没有人。
- 集体入会的名册月底前交齐，交晚了算下个月的数。
"""


def write_report(sign_ins: list[SignIn], *, now: datetime) -> dict[str, list[int]]:
    """Let the county's cadre write last month's bulletin and freeze it; return their ids."""
    entry = next(one for one in sign_ins if one.role is Role.COUNTY_CADRE)
    cadre = accounts.actor_of(entry, now)
    union_id = stored_reports.list_writing_unions(cadre)[0].id
    report_id = actions.create_report(union_id=union_id, template="monthly", actor=cadre, now=now)
    row = stored_reports.get_report(report_id, actor=cadre)
    text = stored_reports.get_source(row).rstrip() + "\n" + _WORDS
    seen = actions.save_version(report_id=report_id, source=text, seen=1, actor=cadre, now=now)
    frozen, _ = actions.freeze_report(report_id=report_id, seen=seen, actor=cadre, now=now)
    return {"reports": [report_id], "frozen_reports": [frozen] if frozen else []}
