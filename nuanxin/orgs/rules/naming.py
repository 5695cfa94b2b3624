"""How names of unions, employers and outlets are written."""

from nuanxin.kernel.names import is_han
from nuanxin.kernel.text import readable


def stored_name(text: str) -> str:
    """Return a name in its stored form: one kind of spaces, full-width brackets beside Chinese.

    Registers write 「顺达（杭州）有限公司」 with either brackets; here it is one name.
    """
    name = readable(text)
    if not any(map(is_han, name)):
        return name
    return name.replace("(", "（").replace(")", "）")
