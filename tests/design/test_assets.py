"""One file a component on the disk, one file a bundle on the wire."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from config import assets

STATIC = assets.STATIC_ROOT_OF_SOURCE
JS_LINES_IN_ALL = 1500
BUNDLE_LIMITS = {"css/worker.css": 8_000, "css/desk.css": 12_000}


@pytest.mark.parametrize(
    ("bundle", "folder"), [("css/worker.css", "worker"), ("css/desk.css", "desk")]
)
def test_a_bundle_holds_each_of_its_components_once(bundle: str, folder: str) -> None:
    parts = assets.bundle_parts(bundle)
    of_folder = [path for path in parts if path.parent.name == folder]
    assert sorted(of_folder) == sorted((STATIC / "css" / folder).glob("*.css"))
    assert len(set(parts)) == len(parts)


def test_the_tokens_and_the_ground_come_first_and_spacing_last() -> None:
    names = [path.name for path in assets.bundle_parts("css/worker.css")]
    assert names[:2] == ["tokens.css", "base.css"]
    assert names[-1] == "space.css"


def test_the_finder_gives_the_joined_bundle() -> None:
    found = finders.find("css/worker.css")
    assert found is not None
    assert ".nx-btn-red" in Path(found).read_text("utf-8")


def test_the_finder_lists_every_bundle_for_collecting() -> None:
    listed = dict(assets.BundleFinder().list(None))
    assert set(listed) == set(assets.BUNDLES)
    assert all(storage.exists(path) for path, storage in listed.items())


def test_a_changed_component_changes_the_bundle(monkeypatch, tmp_path) -> None:
    before = assets.write_bundle("css/desk.css").read_text("utf-8")
    monkeypatch.setattr(assets, "join_bundle", lambda bundle: "body{}\n")
    assert assets.write_bundle("css/desk.css").read_text("utf-8") == "body{}\n" != before


def test_what_is_not_a_bundle_is_left_to_other_finders() -> None:
    assert assets.BundleFinder().find("css/nobody.css") == []


@pytest.mark.parametrize(("bundle", "limit"), BUNDLE_LIMITS.items())
def test_a_bundle_stays_light(bundle: str, limit: int) -> None:
    assert len(gzip.compress(assets.join_bundle(bundle).encode(), 9)) < limit


@pytest.mark.parametrize("path", sorted(STATIC.rglob("*.css")), ids=lambda p: p.name)
def test_a_style_sheet_fetches_nothing_and_its_braces_close(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"@import|url\(|https?://", text)
    assert text.count("{") == text.count("}")


@pytest.mark.parametrize("bundle", assets.BUNDLES)
def test_every_token_that_is_used_is_set(bundle: str) -> None:
    text = assets.join_bundle(bundle)
    used, declared = (
        set(re.findall(r"var\((--[\w-]+)\)", text)),
        set(re.findall(r"(--[\w-]+):", text)),
    )
    assert used <= declared


def test_own_scripts_are_few_lines_and_reach_no_other_host() -> None:
    scripts = sorted((STATIC / "js").glob("*.js"))
    texts = [path.read_text("utf-8") for path in scripts]
    assert sum(len(text.splitlines()) for text in texts) < JS_LINES_IN_ALL
    assert not [path.name for path, text in zip(scripts, texts, strict=True) if "://" in text]
    assert not [path.name for path, text in zip(scripts, texts, strict=True) if "innerHTML" in text]


@pytest.mark.parametrize("path", sorted(STATIC.rglob("*.css")), ids=lambda p: p.name)
def test_no_remark_stands_inside_a_selector(path: Path) -> None:
    """Whoever takes a rule out must take all of it: what is left joins the next rule and undoes it."""
    before_each = re.split(r"[{}]", path.read_text("utf-8"))
    torn = [text for text in before_each if re.search(r"[\w,\]):]\s*/\*.*\*/\s*[.#\w\[:]", text, re.S)
            and ";" not in text]  # fmt: skip
    assert torn == []
