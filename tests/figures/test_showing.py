"""Figures elsewhere: cards, pictures, the hall's screen, the catalogue of open data, the slider."""

import json

import pytest
from django.urls import reverse

from nuanxin.figures.pages.pictures import CHARTS
from nuanxin.kernel import clock
from tests.figures.conftest import NOW
from tests.figures.publishing.office import published

pytestmark = pytest.mark.django_db
LIVE = "membership.live_members_persons"


@pytest.fixture(autouse=True)
def _the_day_of_the_made_up_province(world, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


def test_a_card_may_stand_on_any_site_and_no_other_page_may(client):
    card = client.get(reverse("figures-card", args=[LIVE]), {"size": "s", "theme": "dark"})
    assert "frame-ancestors *" in card["Content-Security-Policy"]
    assert "X-Frame-Options" not in card
    assert "在籍会员" in card.content.decode()
    page = client.get(reverse("figures"))
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"


def test_a_card_with_unknown_words_or_figures_is_refused(client):
    assert client.get(reverse("figures-card", args=[LIVE]), {"size": "xxl"}).status_code == 422
    assert client.get(reverse("figures-card", args=["nothing"])).status_code == 404


@pytest.mark.slow
def test_a_card_is_a_picture_too(client):
    picture = client.get(reverse("figures-card-picture", args=[LIVE]), {"region": 330100})
    assert picture.content[:4] == b"\x89PNG"


def test_the_wall_is_the_same_to_whoever_asks_again(client):
    first = client.get(reverse("figures-wall"))
    again = client.get(reverse("figures-wall"), headers={"If-None-Match": first["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    assert client.get(reverse("figures-wall"), {"region": "330100"})["ETag"] != first["ETag"]
    assert client.get(reverse("figures-wall"), {"region": "000001"}).status_code == 404


def test_the_catalogue_names_data_licence_time_and_place(client, settings):
    settings.OPEN_DATA_LICENCE = "https://example.org/licence"
    told = json.loads(client.get(reverse("figures-dcat")).content)
    dataset, stations = told["dcat:dataset"]
    assert "驿站" in stations["dct:title"]["@value"]
    assert dataset["dct:license"] == {"@id": "https://example.org/licence"}
    assert {"dct:temporal", "dct:spatial", "dct:publisher", "dct:title"} <= set(dataset)


@pytest.mark.slow
def test_everything_that_the_catalogue_lists_can_be_taken(client, world, settings):
    one = published(world)
    told = json.loads(client.get(reverse("figures-dcat")).content)
    live, _stations, frozen = told["dcat:dataset"]
    assert frozen["dct:identifier"] == one.content_hash
    assert frozen["dct:temporal"]["dcat:endDate"]["@value"] == one.as_of.isoformat()
    kinds = [(row["dcat:mediaType"], row["dcat:accessURL"]["@id"]) for row in _distributions(told)]
    assert len(live["dcat:distribution"]) == 3 + len(CHARTS)
    for media, address in kinds:
        answer = client.get(address.removeprefix(settings.PUBLIC_ADDRESS.rstrip("/")))
        assert answer.status_code == 200
        assert answer["Content-Type"].split(";")[0] == media


def _distributions(told):
    return [row for dataset in told["dcat:dataset"] for row in dataset["dcat:distribution"]]


def test_the_catalogue_takes_two_statements_at_most(client, world, django_assert_max_num_queries):
    with django_assert_max_num_queries(2):
        client.get(reverse("figures-dcat"))


def test_a_step_of_the_slider_leads_to_the_end_of_its_month(client):
    month = client.get(reverse("figures"), {"m": 59})
    assert month["Location"] == f"{reverse('figures')}?as_of=2026-09-30"
    assert client.get(reverse("figures"), {"m": 60})["Location"] == reverse("figures")
    assert 'value="59"' in client.get(month["Location"]).content.decode()
