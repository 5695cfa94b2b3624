"""What is said of a station, read from a button or a program; times of the desk's forms."""

import re
from datetime import datetime

from nuanxin.kernel.clock import SHANGHAI
from nuanxin.kernel.errors import Malformed
from nuanxin.stations.states.reporting import Said

_LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")


def read_said(text: str) -> Said:
    """Return what a button or a program says: ``open``, ``water_out`` … Raises ``Malformed``."""
    try:
        return Said[text.upper()]
    except KeyError:
        words = "、".join(said.name.lower() for said in Said)
        raise Malformed("stations.said", f"没看懂要反映什么。能说的有：{words}。") from None


def read_local(text: str, label: str) -> datetime:
    """Return the moment of a field of date and time, in Shanghai. Raises ``Malformed``."""
    if not _LOCAL.fullmatch(text.strip()):
        raise Malformed("stations.moment", f"{label}要写日期和几点几分。")
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=SHANGHAI)
    except ValueError:
        raise Malformed("stations.moment", f"{label}没有这一天，看看日期。") from None
