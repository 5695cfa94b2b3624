"""Pure rules of 通知: when a message may leave, how a place is filled, what a webhook must be."""

import base64
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from nuanxin.kernel import occupations
from nuanxin.kernel.clock import SHANGHAI, business_day
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.parameters import parameter
from nuanxin.notices.states import LONGEST_TEXT, Template

PLACE = re.compile(r"\{([a-z_]+)\}")
_CONTROL = re.compile("[\\x00-\\x1f\\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")
_PROVINCE = "330000"

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


# ── When a message may leave ────────────────────────────────────────────────────────────────────


def not_before(
    now: datetime, *, adcode: str = _PROVINCE, trade: int | None = None
) -> datetime | None:
    """Return the instant before which a message must wait; None when it may leave now.

    Nobody is woken (domain handbook IN-5), and who rides or drives is not disturbed in the hours
    in which his trade is busiest. ``trade`` is the key of ``kernel.occupations``.
    """
    here = now.astimezone(SHANGHAI)
    busy = _busy_hours(trade, now, adcode)
    opens, closes = _hours(parameter("notices.text_hours", adcode=adcode, on=here.date()).value)
    moment = here
    for _ in range(2 * len(busy) + 3):  # each step leaves one of the closed spans behind
        later = _out_of_night(moment, opens, closes)
        for start, end in busy:
            if start <= later.time() < end:
                later = datetime.combine(later.date(), end, SHANGHAI)
        if later == moment:
            break
        moment = later
    return None if moment == here else moment


def _out_of_night(moment: datetime, opens: time, closes: time) -> datetime:
    if opens <= moment.time() < closes:
        return moment
    day = moment.date() + timedelta(days=1 if moment.time() >= closes else 0)
    return datetime.combine(day, opens, SHANGHAI)


def _busy_hours(trade: int | None, now: datetime, adcode: str) -> list[tuple[time, time]]:
    if trade is None:
        return []
    spans: Mapping[str, Sequence[Sequence[str]]] = parameter(
        "notices.busy_hours", adcode=adcode, on=business_day(now)
    ).value
    return [_hours(span) for span in spans.get(occupations.by_key(trade).statistics_class, ())]


def _hours(span: Sequence[str]) -> tuple[time, time]:
    first, last = (time.fromisoformat(text) for text in span)
    return first, last


# ── What a message says ─────────────────────────────────────────────────────────────────────────


def read_template(name: str, source: str) -> Template:
    """Return the template in a file; lines that begin with ``#`` say what it is, not what is sent."""
    lines = source.strip().splitlines()
    flags = {line.lstrip("# ").strip() for line in lines if line.startswith("#")}
    text = "\n".join(line for line in lines if not line.startswith("#")).strip()
    return Template(name, text, "secret" in flags, "optional" in flags)


def fill_places(template: Template, values: Mapping[str, object]) -> str:
    """Return the text with its places filled literally; ``KeyError`` for a place without a value.

    One pass: what a value holds is never read as a place, and its line breaks and invisible marks
    are taken out, so that no name writes a second message.
    """
    filled = PLACE.sub(
        lambda place: _CONTROL.sub(" ", str(values[place[1]])).strip(), template.text
    )
    return filled[:LONGEST_TEXT]


# ── Trying again ────────────────────────────────────────────────────────────────────────────────


def next_try(tries: int, waits_seconds: Sequence[float], now: datetime) -> datetime | None:
    """Return when to try again after ``tries`` failed ones; None when it is given up."""
    if tries > len(waits_seconds):
        return None
    return now + timedelta(seconds=waits_seconds[tries - 1])


class Breaker:
    """Stops asking a gateway that does not answer, and asks again after a while.

    One a process; it forgets with the process, which only means a few more tries.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self._failures = 0
        self._open_until: datetime | None = None

    def open_until(self, now: datetime) -> datetime | None:
        """Return until when nothing is asked; None when it may be asked."""
        if self._open_until is not None and now >= self._open_until:
            self.forget()
        return self._open_until

    def note(self, *, is_success: bool, limit: int, cool_seconds: float, now: datetime) -> None:
        """Note an answer; after ``limit`` failures in a row nothing is asked for a while."""
        if is_success:
            self.forget()
            return
        self._failures += 1
        if self._failures >= limit:
            self._open_until = now + timedelta(seconds=cool_seconds)


# ── Webhooks ────────────────────────────────────────────────────────────────────────────────────

SECRET_PREFIX = "whsec_"
_NAT64 = IPv6Network("64:ff9b::/96")
_ORDINARY_PORTS = frozenset({80, 443})
_FIRST_FREE_PORT = 1024
_URL_LONGEST = 400
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# Names that never lead to a public host (RFC 6761, RFC 6762, and what networks call themselves).
_NAMES_AT_HOME = frozenset({"localhost", "local", "internal", "intranet", "lan", "home", "corp"})


@dataclass(frozen=True, slots=True)
class Target:
    """A checked address of a webhook."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        """Return what stands in the Host header."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        is_usual = self.port == (443 if self.scheme == "https" else 80)
        return name if is_usual else f"{name}:{self.port}"


def signature(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """Return ``v1,<base64>`` over id, Unix seconds and body (Standard Webhooks 1.0).

    ``secret`` is ``whsec_`` and the base64 of the key.
    """
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def check_target(url: str, *, allows_http: bool = False) -> Target:
    """Return the parts of a webhook's address; raise ``Malformed`` webhook.url.

    https only, no user in it, an ordinary or a free port. Whether the host is a public one is asked
    of its addresses when something is sent, each time anew.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _bad_url("这个地址读不懂。它的写法是 https://主机/路径。") from None
    if parts.scheme != "https" and not (allows_http and parts.scheme == "http"):
        raise _bad_url("地址要以 https:// 开头。")
    if len(url) > _URL_LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise _bad_url(f"地址最多 {_URL_LONGEST} 个字符，只能有英文字母、数字和常用符号。")
    if not parts.hostname or "@" in parts.netloc or "\\" in url:
        raise _bad_url("地址里要有主机名，不能带用户名和密码。")
    chosen = port or (443 if parts.scheme == "https" else 80)
    if chosen < _FIRST_FREE_PORT and chosen not in _ORDINARY_PORTS:
        raise _bad_url("端口要用 443，或者 1024 以上的。")
    path = parts.path or "/"
    return Target(
        parts.scheme, parts.hostname, chosen, path + (f"?{parts.query}" if parts.query else "")
    )


def check_may_be_public(target: Target, allowed: Sequence[Network] = ()) -> None:
    """Return if the host may turn out to be public: a name with a dot, or a public number.

    Asked when somebody subscribes, so that he hears of a mistake at once. A host that ends in a
    number is one, in whatever form (decimal, octal, hexadecimal, two or three parts): only the
    plain four are read, any other form is refused. Raises ``Malformed`` webhook.url.
    """
    name = target.host.rstrip(".").lower()
    last = name.rpartition(".")[2]
    if ":" in name or _NUMBER.fullmatch(last):
        is_fit = may_connect(target.host, allowed)
    else:
        is_fit = bool(allowed) or ("." in name and last not in _NAMES_AT_HOME)
    if not is_fit:
        raise _bad_url("地址里的主机不在公网上。请换成公网能访问的域名。")


def _bad_url(sentence: str) -> Malformed:
    return Malformed("webhook.url", sentence)


def may_connect(address: str, allowed: Sequence[Network] = ()) -> bool:
    """Return whether a webhook may be sent to this numeric address: a public one, or an allowed one.

    Not to this machine, its neighbours, link-local and metadata addresses, whatever form they are
    written in: an IPv4 address inside an IPv6 one is judged as what it is.
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped
        if inner is not None:
            return may_connect(str(inner), allowed)
        if ip.sixtofour is not None or ip.teredo is not None or ip in _NAT64:
            return False
    if any(ip in network for network in allowed):
        return True
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)
