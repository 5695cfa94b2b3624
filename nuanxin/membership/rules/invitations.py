"""The link by which a person confirms an invitation: no column, no guessing, expiring by itself.

Twenty-two characters: application id (5 bytes), last valid day (2 bytes, days since 2020), and the
first 9 bytes of an HMAC-SHA256 over both. Short enough for a message, long enough that a million
tries a second would need a million years.
"""

import base64
import binascii
import hmac
from datetime import date, timedelta

from nuanxin.kernel.decision import Decision
from nuanxin.kernel.errors import Malformed
from nuanxin.membership.states import JoinState

_EPOCH = date(2020, 1, 1)
_ID_BYTES = 5
_DAY_BYTES = 2
_MAC_BYTES = 9
TOKEN_CHARACTERS = 22
INVITATION_PATH = "/i/{token}/"
"""Where the link leads; short, because it goes into a text message."""


def invitation_token(application_id: int, valid_to: date, key: bytes) -> str:
    """Return the token of an invitation that may be confirmed up to and including ``valid_to``."""
    body = application_id.to_bytes(_ID_BYTES, "big")
    body += (valid_to - _EPOCH).days.to_bytes(_DAY_BYTES, "big")
    return _encode(body + _mac(body, key))


def read_invitation(token: str, today: date, key: bytes) -> int:
    """Return the application id.

    Raises ``Malformed`` membership.link_unreadable for a token that was not given out,
    membership.link_expired after its last day.
    """
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (ValueError, binascii.Error):
        raw = b""
    body, mac = raw[: _ID_BYTES + _DAY_BYTES], raw[_ID_BYTES + _DAY_BYTES :]
    is_given_out = hmac.compare_digest(mac, _mac(body, key)) and _encode(raw) == token
    if len(token) != TOKEN_CHARACTERS or not is_given_out:
        raise Malformed(
            "membership.link_unreadable",
            "这个链接不完整。请从短信里重新点开，或者把整条链接复制过来。",
        )
    valid_to = _EPOCH + timedelta(days=int.from_bytes(body[_ID_BYTES:], "big"))
    if today > valid_to:
        raise Malformed(
            "membership.link_expired",
            "这个邀请过期了。想入会随时可以自己申请，一分半钟办完。",
            valid_to=valid_to.isoformat(),
        )
    return int.from_bytes(body[:_ID_BYTES], "big")


def may_confirm(state: JoinState) -> Decision:
    """Return whether an invitation can still be confirmed; confirmed twice is not a mistake."""
    if state is JoinState.INVITED:
        return Decision.yes("may_confirm")
    if state in (JoinState.SUBMITTED, JoinState.APPROVED):
        return Decision.no("already_confirmed", "你已经确认过了，不用再点。", fact="state")
    return Decision.no(
        "invitation_over",
        "这个邀请已经结束了。想入会随时可以自己申请，一分半钟办完。",
        fact="state",
        has=state.name,
    )


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _mac(body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"membership.invitation\0" + body, "sha256")[:_MAC_BYTES]
