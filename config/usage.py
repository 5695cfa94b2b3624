"""What the command line says when it is used wrongly: in Chinese, with what to type."""

import argparse
import re
from datetime import date
from typing import NoReturn

_WORDS = (
    (r"^argument (.+?): invalid choice: (.+?) \(choose from (.+)\)$", r"\1 不能是 \2，可以用 \3。"),
    (r"^argument (.+?): expected one argument$", r"\1 后面要跟一个值。"),
    (r"^argument (.+?): expected at least one argument$", r"\1 后面至少要跟一个值。"),
    (r"^argument (.+?): invalid int value: (.+)$", r"\1 要填整数，\2 不是。"),
    (r"^argument (.+?): not allowed with argument (.+)$", r"\1 和 \2 不能一起用。"),
    (r"^argument (.+?): (.+)$", r"\1：\2"),
    (r"^the following arguments are required: (.+)$", r"还缺：\1。"),
    (r"^one of the arguments (.+) is required$", r"要给出其中一个：\1。"),
    (r"^unrecognized arguments: (.+)$", r"认不出：\1。"),
    (r"^ambiguous option: (.+?) could match (.+)$", r"\1 可以是 \2，请写全。"),
)


class UsageParser(argparse.ArgumentParser):
    """Tells wrong usage in Chinese; exits with 2 as its parent does."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and where the help is, and exit."""
        self.exit(2, f"{told(message)}用 {self.prog} --help 看用法。\n")


def told(message: str) -> str:
    """Return a message of the library in Chinese; one that is not known stays as it is."""
    for pattern, words in _WORDS:
        if re.match(pattern, message, re.S):
            return re.sub(pattern, words, message, flags=re.S)
    return message


def day(text: str) -> date:
    """Return the day that was typed; for ``type=`` of an argument."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}”不是日期。请写成 2024-01-31 的样子。") from None
