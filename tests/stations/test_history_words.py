"""What happened to a station is told in words: no kind of event is shown by its code."""

import re
from pathlib import Path

from nuanxin.stations import actions
from nuanxin.stations.pages.words import EVENT_WORDS

_FOLDER = Path(actions.__file__).parent
_KIND = re.compile(r'(?:record|_log|append_event)\(\s*"(stations\.[a-z_]+)"')
_TOLD_WITH_THEIR_DATA = {"stations.standing_changed"}
_OF_THE_STATION = re.compile(
    r'subject_type="station",|recording import [^\n]*\brecord\b|SUBJECT = "station"'
)


def kinds_of_stations() -> set[str]:
    """Return the kinds of events that stand in a station's own history."""
    found: set[str] = set()
    for path in sorted(_FOLDER.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        # Of inspections only the sheet is the station's; rounds and findings have their own.
        if path.name == "inspecting.py":
            found |= {"stations.inspected"} & set(re.findall(r'"(stations\.[a-z_]+)"', text))
        elif _OF_THE_STATION.search(text):
            found |= set(_KIND.findall(text))
    return found


def test_every_kind_of_event_of_a_station_has_words():
    kinds = kinds_of_stations()
    assert {"stations.inspected", "stations.keeper_link_made", "stations.map_id_ended"} <= kinds
    assert kinds - set(EVENT_WORDS) - _TOLD_WITH_THEIR_DATA == set()
