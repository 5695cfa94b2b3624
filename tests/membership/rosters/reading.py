"""Read and judge a made-up file in one call, for the roster tests."""

from nuanxin.membership.forms.roster_columns import RosterTable, apply_mapping
from nuanxin.membership.forms.roster_file import read_roster
from nuanxin.membership.rules.roster import JudgedRoster, judge_rows
from tests.membership.rosters.made_up import ADCODE, TODAY


def judge(body: bytes, filename: str = "名单") -> JudgedRoster:
    """Return the verdicts on a file, as of the tests' day."""
    return judge_table(read_roster(body, filename))


def judge_table(table: RosterTable) -> JudgedRoster:
    """Return the verdicts on an opened file, under the columns that were recognised."""
    return judge_rows(apply_mapping(table), today=TODAY, adcode=ADCODE)


def outcomes(body: bytes) -> dict[int, str]:
    """Return the outcome code by spreadsheet row number."""
    return judge(body).outcomes_by_row()
