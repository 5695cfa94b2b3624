"""A form field becomes a component: label, value kept, error, and nothing secret written back."""

import pytest
from django import forms

from config.presentation import bound_fields
from config.presentation.gallery import GalleryForm


class SecretForm(forms.Form):
    password = forms.CharField(widget=forms.PasswordInput)
    roster = forms.FileField()
    token = forms.CharField(widget=forms.HiddenInput)


@pytest.fixture
def sent() -> GalleryForm:
    return GalleryForm({"phone": "", "number": "123", "county": "330106", "days": ["3", "6"]})


@pytest.mark.parametrize(
    ("name", "component"),
    [
        ("phone", "field"), ("county", "select"), ("reason", "textarea"), ("tells", "check"),
        ("days", "choices"), ("channel", "choices"), ("joined_on", "field"),
    ],
)  # fmt: skip
def test_each_kind_of_field_has_its_component(sent, name: str, component: str) -> None:
    assert bound_fields.component_for(sent[name]) == component


def test_what_was_typed_is_kept_beside_its_error(sent) -> None:
    inputs = bound_fields.inputs_for(sent["number"])
    assert inputs["value"] == "123"
    assert inputs["error"] == "少了一位，现在是 3 位。看看最后是不是漏了 X。"
    assert inputs["attrs"]["maxlength"] == "18"


def test_several_choices_stay_chosen(sent) -> None:
    inputs = bound_fields.inputs_for(sent["days"])
    assert inputs["kind"] == "checkbox"
    assert [row["value"] for row in inputs["choices"] if row["is_chosen"]] == ["3", "6"]
    assert bound_fields.inputs_for(sent["channel"])["kind"] == "radio"


def test_a_password_never_comes_back(draw) -> None:
    form = SecretForm({"password": "seven-herons", "token": "t"})
    html = draw("{% desk_field form.password %}{% desk_field form.token %}", form=form)
    assert "seven-herons" not in html
    assert 'type="hidden"' in html


@pytest.mark.parametrize("look", ["worker", "desk"])
def test_errors_are_listed_with_links_to_their_fields(draw, sent, look: str) -> None:
    html = draw("{% " + look + "_errors form %}", form=sent)
    assert 'href="#id_phone"' in html
    assert 'href="#id_number"' in html


@pytest.mark.parametrize("look", ["worker", "desk"])
def test_a_form_without_errors_lists_none(draw, look: str) -> None:
    assert draw("{% " + look + "_errors form %}", form=GalleryForm()) == ""
