"""The house itself: every room has a known name, no file grows too long, words are in the glossary."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

from nuanxin.kernel.parameters import check_all

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = sorted(p for p in (ROOT / "nuanxin").iterdir() if (p / "__init__.py").exists())
ROOMS = {
    "README.md", "__init__.py", "apps.py", "states", "rules", "parameters", "models",
    "permissions", "queries", "facts", "figures", "actions", "forms", "pages", "urls",
    "templates", "api", "tasks", "admin", "management", "migrations", "middleware",
}  # fmt: skip
NAMELESS = re.compile(r"(^|/)(utils|helpers|common|misc|core)(\.py|/|$)")
LONGEST_FILE = 600
LONGEST_OWN_SCRIPTS = 1_500


def tracked(pattern: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).exists()]


@pytest.mark.parametrize(
    "package", [p for p in PACKAGES if p.name != "kernel"], ids=lambda p: p.name
)
def test_a_package_holds_only_rooms_with_known_names(package):
    found = {p.name for p in package.iterdir() if p.name != "__pycache__"}
    rooms = {name if name in ROOMS else name.removesuffix(".py") for name in found}
    assert rooms <= ROOMS


README_LONGEST_LINES = 60
"""One screen."""


@pytest.mark.parametrize(
    "package",
    [
        p
        for p in PACKAGES
        if any((p / room).exists() for room in ("models.py", "models", "pages", "pages.py"))
    ],
    ids=lambda p: p.name,
)
def test_a_package_with_tables_or_pages_explains_itself_on_one_screen(package):
    readme = package / "README.md"
    assert readme.exists(), f"nuanxin/{package.name}/README.md: nouns, promises, figures, who may"
    text = readme.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= README_LONGEST_LINES
    assert text.startswith("# ")
    assert "**Who may" in text
    for name in re.findall(r"`((?:docs|tests)/[\w./-]+)`", text):
        assert (ROOT / name).exists(), f"{package.name} names {name}, which is not there"


def test_no_room_is_called_utils():
    assert not [p for p in tracked("*.py") if NAMELESS.search(p.relative_to(ROOT).as_posix())]


def test_files_stay_short_enough_to_read():
    long = {
        p.relative_to(ROOT).as_posix(): lines
        for p in tracked("*.py")
        if "migrations" not in p.parts
        and (lines := len(p.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert not long


def test_our_own_scripts_stay_small():
    lines = sum(len(p.read_text(encoding="utf-8").splitlines()) for p in tracked("static/js/*.js"))
    assert lines < LONGEST_OWN_SCRIPTS


def test_every_parameter_has_a_source_and_a_day_it_was_checked():
    assert check_all() == []


def test_every_model_is_in_the_glossary():
    words = (ROOT / "docs" / "GLOSSARY.md").read_text(encoding="utf-8")
    missing = [
        str(model._meta.verbose_name)
        for config in apps.get_app_configs()
        if config.name.startswith("nuanxin.")
        for model in config.get_models()
        if str(model._meta.verbose_name) not in words
    ]
    assert not missing


def test_pages_neither_query_nor_save():
    """A page parses, makes one call and answers."""
    offences = []
    for path in tracked("nuanxin/*/pages*"):
        if path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("objects", "save", "cursor"):
                offences.append(f"{path.relative_to(ROOT)}:{node.lineno} .{node.attr}")
    assert not offences


def patterns(resolver: URLResolver, prefix: str = "") -> list[tuple[str, URLPattern]]:
    found = []
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            found += patterns(entry, route)
        else:
            found.append((route, entry))
    return found


def test_no_two_addresses_share_a_name():
    names = [
        f"{entry.name}" for _, entry in patterns(get_resolver()) if entry.name and entry.callback
    ]
    twice = {name for name in names if names.count(name) > 1}
    assert not {n for n in twice if not n.startswith(("api-", "openapi"))}


@pytest.mark.parametrize("name", ["requirements/runtime.txt", "requirements/dev.txt", "Makefile"])
def test_no_file_names_a_package_host(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"https?://(?!127\.0\.0\.1|localhost)", text)


def test_pages_load_nothing_from_another_host():
    offences = [
        p.relative_to(ROOT).as_posix()
        for kind in ("*.html", "*.css")
        for p in tracked(kind)
        if re.search(
            r"(src|href)=[\"']https?://|url\(\s*[\"']?https?://|@import\s+[\"']https?://",
            p.read_text(encoding="utf-8"),
        )
    ]
    assert not offences
