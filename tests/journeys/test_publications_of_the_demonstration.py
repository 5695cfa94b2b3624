"""What the demonstration has published stands, and its correction is there beside the first version."""

import pytest
from django.test import Client
from django.urls import reverse

from nuanxin.figures.queries.verifying import verify_all
from nuanxin.figures.states import PublicationState

pytestmark = pytest.mark.slow


def test_the_demonstration_has_a_corrected_publication_and_all_of_it_stands(world):
    told = verify_all()
    assert [one.fault for one in told] == [None] * 4
    assert sorted(one.publication.state for one in told) == [
        *[PublicationState.PUBLISHED] * 3,
        PublicationState.SUPERSEDED,
    ]
    for number in world.objects["publications"]:
        answer = Client().get(reverse("publication", args=[number]))
        assert answer.status_code == 200
        assert "核对不上" not in answer.content.decode()
