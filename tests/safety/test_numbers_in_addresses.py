"""A number in an address or a form is digits and of a length that the database holds, or it is none."""

from typing import Any

import pytest

from nuanxin.kernel.text import whole_number, whole_numbers
from tests.cast import Cast

NONE = ["", "²", "²²²²²²", "٣", "-1", "1.5", " 7", "9" * 19, "9" * 5_000]
LISTS = [
    "/figures/wall/?region={}",
    "/desk/posts/?before={}",
    "/desk/rosters/?before={}",
    "/desk/selections/?after={}",
    "/desk/human-reviews/?after={}",
    "/desk/stations/siting/?after={}",
]


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_number_is_none(text: str) -> None:
    assert whole_number(text) is None
    assert whole_numbers(["7", text, "8"]) == [7, 8]


def test_eighteen_digits_fit_a_key_and_a_shorter_length_may_be_asked_for() -> None:
    assert whole_number("9" * 18) == 10**18 - 1 < 2**63
    assert whole_number("0012") == 12
    assert whole_number("12345", longest=4) is None
    assert whole_number(None) is None


@pytest.mark.django_db
@pytest.mark.slow
@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize("text", ["²²²²²²", "9" * 40])
def test_a_list_asked_from_what_is_no_number_begins_at_its_beginning(
    address: str, text: str, cast: Cast
) -> None:
    client: Any = cast.same_client("county_cadre")
    assert client.get(address.format(text)).status_code == 200


@pytest.mark.django_db
@pytest.mark.slow
@pytest.mark.parametrize("text", ["²", "9" * 40])
def test_what_is_ticked_and_is_no_number_is_nobodys(text: str, cast: Cast) -> None:
    client: Any = cast.same_client("officer_chen")
    answer = client.post("/desk/review/decide/", {"do": "approve", "id": [text]})
    assert answer.status_code < 500
