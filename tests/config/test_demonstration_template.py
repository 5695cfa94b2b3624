"""The demonstration world of the tests is a database of its own, beside that of the other tests."""

from types import SimpleNamespace

from django.db import connection


def test_who_copies_the_world_leaves_the_other_tests_their_database(
    demonstration_template: SimpleNamespace,
) -> None:
    assert connection.settings_dict["NAME"] != demonstration_template.name
