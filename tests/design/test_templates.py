"""What no template of the whole project may hold, and what every page must."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template import engines

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(
    [*(ROOT / "templates").rglob("*.html"), *(ROOT / "nuanxin").glob("*/templates/**/*.html")]
)
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
VOID |= {"path", "rect", "circle"}

INLINE_STYLE = re.compile(r"<style|\sstyle\s*=", re.IGNORECASE)
INLINE_SCRIPT = re.compile(
    r"<script(?![^>]*\ssrc=)|\son[a-z]+\s*=\s*[\"']|javascript:", re.IGNORECASE
)
OTHER_HOST = re.compile(r"(?:src|href|action)\s*=\s*[\"']?(?:https?:)?//", re.IGNORECASE)
BANNED_WORDS = re.compile(
    "系统错误|非法|无效|请稍后重试|稍后再试|操作成功|操作失败|暂无数据|温馨提示|尊敬的|请耐心等待|确定要"
)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


class Balance(HTMLParser):
    """Notes every tag that is closed wrongly, and every id that is given twice."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self._note_id(dict(attrs).get("id"))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note_id(dict(attrs).get("id"))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")

    def _note_id(self, given: str | None) -> None:
        if given in self.ids:
            self.faults.append(f"id {given} twice")
        if given:
            self.ids.add(given)


def faults_of(html: str) -> list[str]:
    balance = Balance()
    balance.feed(html)
    return balance.faults + [f"<{tag}> open" for tag in balance.open]


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_compiles(path: Path) -> None:
    engines["django"].from_string(path.read_text("utf-8"))


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_keeps_the_security_policy_and_the_copy_rules(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not INLINE_STYLE.search(text)
    assert not INLINE_SCRIPT.search(text)
    assert not OTHER_HOST.search(text)
    assert not BANNED_WORDS.search(text)


def test_the_watch_over_templates_can_fail() -> None:
    assert INLINE_STYLE.search('<p style="color:red">')
    assert INLINE_SCRIPT.search("<script>x()</script>")
    assert INLINE_SCRIPT.search('<a onclick="x()">')
    assert OTHER_HOST.search('<img src="//elsewhere.example/a.png">')
    assert faults_of("<p><b></p>") == ["</p> at (1, 6)", "<p> open"]
    assert faults_of('<p id="a"></p><p id="a"></p>') == ["id a twice"]


@pytest.mark.slow
@pytest.mark.parametrize("look", ["worker", "desk", "public"])
def test_a_drawn_page_closes_its_tags_and_repeats_no_id(page, look: str) -> None:
    assert faults_of(page(f"/gallery/?look={look}")) == []


@pytest.mark.slow
@pytest.mark.parametrize("look", ["worker", "desk", "public"])
def test_every_page_says_its_language_and_that_its_people_are_made_up(page, look: str) -> None:
    html = page(f"/gallery/?look={look}")
    assert '<html lang="zh-Hans">' in html
    assert "演示数据：人名和号码都是编的" in html
    assert 'href="#main"' in html


@pytest.mark.slow
@pytest.mark.parametrize("look", ["worker", "desk", "public"])
def test_a_real_site_does_not_say_that_it_is_a_demonstration(page, settings, look: str) -> None:
    settings.IS_DEMONSTRATION, settings.DEBUG = False, True
    assert "演示数据" not in page(f"/gallery/?look={look}")
