"""Dated parameters: the nearest place decides, the day decides, and every number has a document."""

from datetime import date

import pytest

from nuanxin.kernel import parameters
from nuanxin.kernel.parameters import (
    all_parameters,
    check_all,
    jurisdictions_of,
    parameter,
)

DAY = date(2026, 6, 1)


@pytest.fixture
def data_folder(tmp_path, monkeypatch):
    """Return the folder in which a place keeps its own values."""
    folder = tmp_path / "parameters"
    folder.mkdir()
    monkeypatch.setenv("NUANXIN_DATA", str(tmp_path))
    yield folder
    parameters.reload_parameters()


@pytest.mark.slow
def test_every_parameter_has_a_source_and_the_day_it_was_checked():
    assert check_all() == []
    assert all(one.source and one.unit and one.checked_on for one in all_parameters())


def test_a_town_falls_through_to_its_province_and_the_nation():
    assert jurisdictions_of("330106109") == ["330106109", "330106", "330100", "330000", "000000"]
    assert jurisdictions_of("3301") == ["330100", "330000", "000000"]
    assert jurisdictions_of("000000") == ["000000"]
    with pytest.raises(ValueError, match="division code"):
        jurisdictions_of("西湖")


def test_the_nearest_place_with_a_value_decides():
    assert parameter("membership.review_workdays", adcode="330106109", on=DAY).value == 10
    assert (
        parameter("membership.review_workdays", adcode="330106109", on=DAY).jurisdiction == "330000"
    )
    elsewhere = parameter("membership.review_workdays", adcode="411722", on=DAY)
    assert (elsewhere.value, elsewhere.jurisdiction) == (15, "411700")
    assert "驻马店" in elsewhere.source
    assert parameter("membership.review_workdays", adcode="000000", on=DAY).value == 10


def test_the_day_decides_which_document_is_in_force():
    before = parameter("membership.retirement_age_male_years", adcode="33", on=date(2024, 12, 31))
    after = parameter("membership.retirement_age_male_years", adcode="33", on=date(2025, 1, 1))
    assert before.source != after.source
    assert "渐进式" in after.source


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("membership.minimum_age_years", 16),
        ("membership.invitation_valid_days", 30),
        ("membership.invitation_reminder_days", [3, 10, 25]),
        ("membership.undo_hours", 24),
        ("membership.merge_undo_days", 30),
        ("membership.found_union_threshold_persons", 25),
        ("membership.auto_exit_months", 6),
        ("membership.dues_rate_permille", 5),
    ],
)
def test_the_values_that_joining_uses(key, value):
    assert parameter(key, adcode="330106", on=DAY).value == value


def test_a_missing_parameter_says_what_was_looked_for():
    with pytest.raises(LookupError, match=r"no parameter 'membership\.nonsense'") as missing:
        parameter("membership.nonsense", adcode="330106", on=DAY)
    assert "membership.minimum_age_years" in str(missing.value)
    with pytest.raises(
        LookupError, match="has no value in force on 1990-01-01 for 330000 > 000000"
    ):
        parameter("membership.minimum_age_years", adcode="33", on=date(1990, 1, 1))


def _write(folder, text):
    (folder / "own.yaml").write_text(text, "utf-8")
    parameters.reload_parameters()


OWN = """
- key: membership.review_workdays
  label: 审核时限
  unit: 工作日
  source: 示例市总工会办法
  checked_on: 2026-01-01
  values:
    - {adcode: "3301", from: 2026-03-01, to: 2026-08-31, value: 5}
"""


@pytest.mark.slow
def test_a_place_changes_a_value_in_its_data_folder(data_folder):
    _write(data_folder, OWN)
    assert check_all() == []
    assert parameter("membership.review_workdays", adcode="330106", on=DAY).value == 5
    assert parameter("membership.review_workdays", adcode="330106", on=date(2026, 9, 1)).value == 10
    assert parameter("membership.review_workdays", adcode="330203", on=DAY).value == 10


@pytest.mark.slow
def test_the_data_folder_wins_at_the_same_place(data_folder):
    _write(data_folder, OWN.replace('"3301"', '"000000"').replace("2026-08-31", "null"))
    assert parameter("membership.review_workdays", adcode="110000", on=DAY).value == 5
    assert parameter("membership.review_workdays", adcode="110000", on=date(2026, 2, 1)).value == 10


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (("  source: 示例市总工会办法\n", ""), "lacks source"),
        (("  checked_on: 2026-01-01\n", ""), "lacks checked_on"),
        (("  unit: 工作日\n", "  unit: ''\n"), "lacks unit"),
        (('"3301"', "3301"), "adcode must be a quoted division code"),
        (("value: 5", "value: null"), "a value without value"),
        (("from: 2026-03-01, ", ""), "a value without from"),
        (("2026-08-31", "2026-01-31"), "ends"),
        (("label:", "labels:"), "unknown field labels"),
        (("value: 5", "value: 5, unti: x"), "unknown field unti"),
        (("- key", "key"), "must be a list"),
    ],
)
def test_a_file_out_of_form_is_named(data_folder, spoil, problem):
    text = OWN.replace(*spoil)
    if problem == "must be a list":
        text = "key: membership.review_workdays\n"
    _write(data_folder, text)
    assert any("own.yaml" in line and problem in line for line in check_all())
    with pytest.raises(ValueError, match=r"own\.yaml"):
        parameter("membership.review_workdays", adcode="330106", on=DAY)
