"""Mobile numbers of the Chinese mainland: one stored form (11 digits), one masked form."""

import re

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.text import compact, is_damaged_number

LENGTH = 11
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_COUNTRY_CODE = re.compile(r"^(?:\+?86|0086)(?=1[3-9][0-9]{9}$)")
_BRACKETS = str.maketrans("", "", "()[]")


def normalise_phone(text: str) -> str:
    """Return the 11 digits of a mainland mobile number.

    Takes spaces, hyphens, brackets, full-width digits, a leading +86 / 0086 / 86, and the ``.0``
    that a spreadsheet leaves behind a number. Raises ``Malformed`` with one of: phone.missing,
    phone.damaged, phone.characters, phone.not_mobile, phone.length. No error carries the number.
    """
    if is_damaged_number(text):
        raise Malformed(
            "phone.damaged",
            "这个号码被表格软件改成了科学记数（像 1.38E+10），后几位已经丢了。"
            "请重新填写，并先把这一列的格式设成“文本”。",
        )
    number = compact(text).translate(_BRACKETS).removesuffix(".0")
    number = _COUNTRY_CODE.sub("", number)
    if _MOBILE.fullmatch(number):
        return number
    raise _refusal_of(number)


def mask_phone(number: str) -> str:
    """Return 138****6027; anything that is not 11 characters long is masked wholly."""
    if len(number) != LENGTH:
        return "*" * len(number)
    return f"{number[:3]}****{number[-4:]}"


def _refusal_of(number: str) -> Malformed:
    if not number:
        return Malformed("phone.missing", "还没有填手机号。请填 11 位手机号。")
    digits = number.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return Malformed("phone.characters", "手机号里只能有数字。一格请只填一个手机号。")
    if number.startswith("0") or number[:3] in {"400", "800"}:
        return Malformed(
            "phone.not_mobile", "这像是座机或服务号码，收不到验证码。请填 11 位手机号。"
        )
    if number.startswith("+"):
        return Malformed("phone.not_mobile", "目前只能用中国大陆的手机号。请填 11 位手机号。")
    length = len(number)
    if length != LENGTH:
        said = f"少了 {LENGTH - length} 位" if length < LENGTH else f"多了 {length - LENGTH} 位"
        return Malformed(
            "phone.length", f"{said}，现在是 {length} 位。手机号是 11 位。", length=length
        )
    return Malformed(
        "phone.not_mobile", "没有这样开头的手机号。手机号以 13 到 19 开头，请再看一遍。"
    )
