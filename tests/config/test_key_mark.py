"""A database notices other keys than those it was filled with."""

import dataclasses

import pytest

from config.key_mark import check_keys_fit, mark_of
from config.keys import Keys
from nuanxin.kernel.errors import Conflict

KEYS = Keys("text", b"i" * 32, {1: b"d" * 32}, "pem")


@pytest.mark.owner
@pytest.mark.django_db
def test_the_first_keys_leave_their_mark_and_others_are_refused() -> None:
    check_keys_fit(KEYS)
    check_keys_fit(KEYS)
    for others in (
        dataclasses.replace(KEYS, identity_hmac_key=b"j" * 32),
        dataclasses.replace(KEYS, data_keys={1: b"e" * 32}),
    ):
        with pytest.raises(Conflict):
            check_keys_fit(others)


def test_a_newer_data_key_beside_the_first_changes_no_mark() -> None:
    assert mark_of(KEYS) == mark_of(
        dataclasses.replace(KEYS, data_keys={1: b"d" * 32, 2: b"n" * 32})
    )
