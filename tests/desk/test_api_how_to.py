"""docs/how-to/api.md is true: each of its curl commands is sent, each answer has the shape it shows."""

import json
import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from nuanxin.membership.actions.roster_reading import read_batch
from nuanxin.membership.models import RosterBatch
from nuanxin.notices import rules
from tests.cast import API_CLIENT_TOKEN, Cast
from tests.walk.offers import offer

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "api.md"
TEXT = HOW_TO.read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
API = "http://127.0.0.1:8000/api/v1"
ROSTER = "姓名,身份证号,手机号\n沈南星,330105198803140067,19900007002\n"


def examples() -> list[tuple[list[str], Any]]:
    """Return each block of commands with the answer that is shown below it, None where none is."""
    blocks = FENCE.findall(TEXT)
    found = []
    for place, (kind, text) in enumerate(blocks):
        commands = [one for one in re.split(r"(?<!\\)\n(?=curl )", text) if one.startswith("curl ")]
        if kind != "sh" or not commands:
            continue
        following = blocks[place + 1 : place + 2]
        shown = json.loads(following[0][1]) if following and following[0][0] == "json" else None
        found.append((commands, shown))
    return found


class Sender:
    """Understands the few words of curl that the page uses, and sends to the app in this process."""

    def __init__(self, cast: Cast) -> None:
        self.known = {"API": API, "TOKEN": API_CLIENT_TOKEN, "UNION": cast.union("couriers").code}

    def send(self, command: str) -> Any:
        """Send one command and return the answer; ids and cursors in it are known from now on."""
        text = re.sub(r"\$(\w+)", lambda name: self.known[name[1]], command.replace("\\\n", " "))
        method, headers, form, data, url = "GET", {}, {}, None, ""
        words = iter(shlex.split(text)[1:])
        for word in words:
            if word == "-X":
                method = next(words)
            elif word == "-I":
                method = "HEAD"
            elif word == "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            elif word == "-d":
                data = next(words)
            elif word == "-F":
                name, _, value = next(words).partition("=")
                form[name] = as_file(value) if value.startswith("@") else value
            else:
                assert word.startswith(API), f"unknown word of curl: {word}"
                url = word
        answer = self._answer(method, url, headers, form, data)
        self._learn(urlsplit(url).path, answer)
        return answer

    def _answer(self, method: str, url: str, headers: dict[str, str], form: Any, data: Any) -> Any:
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if form:
            return Client().post(path, form, headers=headers)
        kind = headers.pop("Content-Type", "")
        return Client().generic(method, path, data or "", content_type=kind, headers=headers)

    def _learn(self, path: str, answer: Any) -> None:
        if "json" not in answer.get("Content-Type", "") or "Content-Encoding" in answer:
            return
        told = json.loads(answer.content or "{}")
        if path.endswith("/rosters"):
            self.known["ROSTER"] = str(told["id"])
        elif path.endswith("/webhooks") and "id" in told:
            self.known["WEBHOOK"] = str(told["id"])
        elif told.get("next"):
            self.known["NEXT"] = told["next"]


def as_file(value: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(value[1:], ROSTER.encode())


def assert_same_shape(shown: Any, got: Any, where: str = "") -> None:
    """Assert that the answer has the fields that the page shows, of the same kinds."""
    if isinstance(shown, dict) and shown:
        assert isinstance(got, dict), where
        assert list(shown) == list(got), where
        for name in shown:
            assert_same_shape(shown[name], got[name], f"{where}.{name}")
    elif isinstance(shown, list) and shown:
        assert got, where
        assert_same_shape(shown[0], got[0], f"{where}[0]")
    elif shown is not None and got is not None:
        assert type(shown) is type(got), where


@pytest.mark.slow
def test_every_example_works_and_its_answer_looks_as_shown(cast: Cast) -> None:
    sender, sent = Sender(cast), 0
    offer(cast, cast.union("county"), way=1)
    for commands, shown in examples():
        for command in commands:
            if "/confirm" in command:
                read_batch(batch_id=RosterBatch.objects.latest("id").id, now=cast.now)
            answer = sender.send(command)
            sent += 1
            told = "" if "Content-Encoding" in answer else answer.content.decode()
            is_refusal_shown = bool(shown) and "code" in shown and "status" in shown
            if command is commands[-1] and is_refusal_shown:
                assert (answer.status_code, answer.json()["code"]) == (
                    shown["status"],
                    shown["code"],
                )
                assert answer.json()["detail"] == shown["detail"]
            else:
                assert answer.status_code < 300, f"{command}\n{told}"
            if shown and command is commands[-1]:
                assert_same_shape(shown, answer.json(), command)
    assert sent == len(re.findall(r"^curl ", TEXT, re.MULTILINE))


def test_the_receiver_of_the_page_takes_what_we_sign(cast: Cast) -> None:
    (code,) = [text for kind, text in FENCE.findall(TEXT) if kind == "python"]
    space: dict[str, Any] = {}
    exec(code, space)  # the page's own words
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"type": "roster.done"}'
    stamp = int(cast.now.timestamp())
    signed = rules.signature(secret, message_id="msg_1", timestamp=stamp, body=body)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(stamp),
        "webhook-signature": signed,
    }
    with time_machine.travel(cast.now, tick=False):
        assert space["receive"](secret, headers, body) == {"type": "roster.done"}
