"""A picture behind the map: off without a key, on the right spot with one, and telling no spot."""

import re

import pytest

from nuanxin.stations.rules.backdrop import HOST, backdrop

HERE = (120.150512, 30.319534)
SIZE = (360, 400)


def test_without_a_key_nothing_is_asked_of_a_foreign_host():
    assert backdrop(*HERE, steps_a_metre=0.1, size=SIZE, key="") is None


@pytest.mark.parametrize("steps_a_metre", [1.0, 0.15, 0.03, 0.002])
def test_the_picture_covers_the_drawing_and_its_middle_is_rounded(steps_a_metre):
    made = backdrop(*HERE, steps_a_metre=steps_a_metre, size=SIZE, key="abc")
    assert made.url.startswith(HOST)
    assert "120.151,30.320" in made.url
    assert "120.1505" not in made.url
    assert made.x <= 0
    assert made.y <= 0
    assert made.x + made.width >= SIZE[0]
    assert made.y + made.height >= SIZE[1]
    width, zoom = (int(re.search(rf"{name}=(\d+)", made.url)[1]) for name in ("width", "zoom"))
    assert width <= 1024
    assert 3 <= zoom <= 18
