"""The manual: every picture that it shows is there, every picture that is there is shown."""

import re
from pathlib import Path

import pytest

from tests.journeys.served import PICTURE_BYTES, PICTURES

ROOT = Path(__file__).parents[2]
PAGES = sorted(PICTURES.parent.glob("*.md"))
_SHOWN = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
_LED_TO = re.compile(r"(?<!!)\[[^\]]+\]\(([^)#]+)\)")


def shown() -> dict[str, str]:
    """Return the words of every picture by its file name, over the manual and the README."""
    found = {}
    for page in [*PAGES, ROOT / "README.md"]:
        for words, target in _SHOWN.findall(page.read_text("utf-8")):
            found[Path(target).name] = words
    return found


def test_every_role_has_its_page():
    assert {page.stem for page in PAGES} == {
        "index",
        "lineage",
        "worker",
        "officer",
        "enterprise",
        "cadre",
        "door",  # who checks in at a venue, without an account
        "drafts",  # of one task, for every role that writes or checks them
        "publications",  # of one task: to publish, and to check what was published
        "reports",  # of one task: to write a report
        "stations",  # of one thing, for who registers and keeps it
        "administrators",
        "public",
    }


def test_every_picture_shown_is_there_and_every_one_there_is_shown():
    assert {path.name for path in PICTURES.iterdir()} == set(shown())


def test_every_picture_says_in_words_what_it_shows():
    assert all(shown().values())


def test_pictures_stay_small():
    assert [p.name for p in PICTURES.iterdir() if p.stat().st_size >= PICTURE_BYTES] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    targets = _LED_TO.findall(page.read_text("utf-8"))
    assert [t for t in targets if not (page.parent / t).exists()] == []


def test_the_first_page_leads_to_every_other():
    led = set(_LED_TO.findall((PICTURES.parent / "index.md").read_text("utf-8")))
    assert led == {page.name for page in PAGES if page.stem != "index"}


def test_each_picture_is_taken_by_a_journey():
    """A picture that no test takes any more would grow old."""
    words = set()
    for path in Path(__file__).parent.glob("test_*_in_chromium.py"):
        words |= set(re.findall(r'"([a-z-]+)"', path.read_text("utf-8")))
    names = {re.sub(r"-\d+$", "", path.stem) for path in PICTURES.iterdir()}
    assert {name for name in names if name.removeprefix("large-") not in words} == set()
