"""Every public figure with its definition; one definition, one label."""

import pytest
from django.test import Client
from django.urls import reverse

from nuanxin.figures.queries import list_figures
from nuanxin.kernel.figure import check_definitions

pytestmark = pytest.mark.django_db


def shown(**asked):
    answer = Client().get(reverse("figure-definitions"), asked)
    assert answer.status_code == 200
    return answer.content.decode()


def test_one_definition_has_one_label_and_one_label_one_definition():
    figures = list_figures()
    assert check_definitions(figures) == []
    for what in ("code", "label", "definition_zh"):
        told = [getattr(one, what) for one in figures]
        assert sorted(told) == sorted(set(told)), what


def test_persons_are_never_person_times():
    for one in list_figures():
        assert ("人次" in one.definition_zh) == (one.unit.label == "人次"), one.code
        assert one.code.endswith(f"_{one.unit.value}") or one.owner == "orgs", one.code


def test_all_public_figures_are_there_and_no_other(django_assert_num_queries):
    with django_assert_num_queries(0):
        page = shown()
    for one in list_figures():
        assert (f'id="{one.code}"' in page) == one.public


def test_a_word_of_the_label_or_the_definition_finds_it():
    page = shown(q="净增")
    assert "membership.net_new_members_persons" in page
    assert "orgs.unions" not in page


def test_what_is_not_there_has_a_way_back():
    page = shown(q="没有这个数")
    assert "没有找到这个数" in page
    assert "看全部" in page
