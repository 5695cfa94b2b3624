"""The report that this product grew from, where it is at hand: its text is not part of the project."""

import os
from pathlib import Path

import pytest

from nuanxin.figures.rules.claims import Draft, check_draft, read_references

FOLDER = Path(os.environ.get("NUANXIN_ARTICLE_FOLDER", "/nowhere"))
ARTICLE, PUBLISHED = FOLDER / "article.txt", FOLDER / "figures_published.csv"

pytestmark = pytest.mark.skipif(
    not (ARTICLE.exists() and PUBLISHED.exists()),
    reason="NUANXIN_ARTICLE_FOLDER names no folder with article.txt and figures_published.csv",
)


def verdicts():
    references = read_references(PUBLISHED.read_text(encoding="utf-8"))
    return check_draft(Draft.of(ARTICLE.read_text(encoding="utf-8")), references).as_plain()


def test_all_its_contradictions_come_out_and_nothing_else():
    faults = [c for c in verdicts()["claims"] if c["verdict"] in ("contradicts", "differs")]
    assert (
        sorted((c["value"], c["unit"]) for c in faults) == [(13800, "人")] * 2 + [(34700, "人")] * 2
    )
    assert {c["verdict"] for c in faults} == {"contradicts"}


def test_what_agrees_with_the_published_values_is_said_to_agree():
    agreeing = {c["value"] for c in verdicts()["claims"] if c["verdict"] in ("agrees", "within")}
    assert {6777, 1175000, 490900, 12000, 962, 540, 135, 15000000, 250, 10, 417, 11000} <= agreeing
    assert {261, 3136, 20000, 2000} <= agreeing
