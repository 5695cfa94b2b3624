"""The first text of a rule that nobody has shipped: the smallest one, or another rule's with its own head."""

import json
import re
from dataclasses import dataclass
from datetime import date

from nuanxin.kernel.errors import Malformed

LONGEST_TITLE, LONGEST_DOCUMENT = 40, 300
_CODE = re.compile(r"[a-z][a-z0-9_]{2,59}")
# A key of the outermost level with what belongs to it: the lines below that are further in.
_ENTRY = r"(?m)^{key}:[^\n]*(?:\n[ \t]+[^\n]*)*\n?"
_ADDRESSES = ("new", "versions")
"""What stands in the place of a code in the addresses of the desk."""
_HEAD = ("code", "title", "document", "jurisdiction", "from", "to", "checked_on")
_SMALLEST = """\
who:
  all:
    - label: 是工会会员
      fact: membership.is_member
      is: true
cases:
  - name: 会员
    facts: {membership.is_member: true}
    answer: yes
  - name: 还没入会
    facts: {membership.is_member: false}
    answer: no
    because: 是工会会员
"""


@dataclass(frozen=True, slots=True)
class NewRule:
    """What a rule is called, and where it stands."""

    code: str
    title: str
    document: str


def new_rule_text(new: NewRule, *, like: str, jurisdiction: str, on: date) -> str:
    """Return the text to begin with: conditions and cases of ``like``, the smallest ones for "".

    It counts from no day of its own: its versions say from when. Raises ``Malformed`` for a code that
    is none, or without a title or document.
    """
    if not _CODE.fullmatch(new.code) or new.code in _ADDRESSES:
        raise Malformed(
            "programmes.rule_code_form",
            "代码用小写英文字母开头，后面是字母、数字、下划线，三个字以上，比如 summer_gift。",
        )
    title, document = " ".join(new.title.split()), " ".join(new.document.split())
    if not 0 < len(title) <= LONGEST_TITLE:
        raise Malformed("programmes.rule_title", f"写上名称，最多 {LONGEST_TITLE} 个字。")
    if not 0 < len(document) <= LONGEST_DOCUMENT:
        raise Malformed(
            "programmes.rule_document", f"写上依据哪份文件，最多 {LONGEST_DOCUMENT} 个字。"
        )
    body = like or _SMALLEST
    for key in _HEAD:
        body = re.sub(_ENTRY.format(key=key), "", body)
    head = (
        f"code: {new.code}\ntitle: {_said(title)}\ndocument: {_said(document)}\n"
        f'jurisdiction: "{jurisdiction}"\nfrom: {on}\nto: null\nchecked_on: {on}\n'
    )
    return head + body.lstrip("\n")


def _said(text: str) -> str:
    """Return a text as YAML holds it, whatever stands in it."""
    return json.dumps(text, ensure_ascii=False)
