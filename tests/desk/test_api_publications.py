"""Publications for programs: a list by cursor, the signed text kept for ever, whether it stands."""

import hashlib
import json

import pytest
from django.db import connection
from django.test import Client

from nuanxin.desk.api import publications as api
from nuanxin.kernel.cursor import encode_cursor
from tests.figures.conftest import world  # noqa: F401
from tests.figures.publishing.office import drafted, published

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def get(path, **headers):
    return Client(headers=headers).get(f"/api/v1/publications{path}")


def test_the_signed_text_is_kept_for_ever_and_its_hash_is_what_anybody_gets(world):  # noqa: F811
    done = published(world)
    answer = get(f"/{done.id}")
    assert answer.headers["ETag"] == f'"{done.content_hash}"'
    assert "immutable" in answer.headers["Cache-Control"]
    told = answer.json()
    text = json.dumps(told["content"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == told["hash"] == done.content_hash
    again = get(f"/{done.id}", **{"If-None-Match": f'"{done.content_hash}"'})
    assert again.status_code == 304
    assert not again.content


def test_the_list_is_paged_and_knows_no_drafts(world):  # noqa: F811
    done = published(world)
    drafted(world, title="还在办")
    listed = get("?limit=1").json()
    assert [one["id"] for one in listed["items"]] == [done.id]
    assert listed["next"] is None
    assert get("?region=330105").json()["items"] == []
    for cursor in ("nonsense", encode_cursor(["abc"]), encode_cursor([10**30])):
        assert get(f"?cursor={cursor}").status_code == 404
    draft = drafted(world, title="另一份")
    assert get(f"/{draft.id}").status_code == get(f"/{draft.id}/verify").status_code == 404


@pytest.mark.owner
def test_verify_tells_at_once_when_something_was_edited(world):  # noqa: F811
    api._rederived.cache_clear()
    done = published(world)
    told = get(f"/{done.id}/verify").json()
    assert (told["stands"], told["rederived"], told["fault"]) == (True, True, None)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE figures_publicationline DISABLE TRIGGER USER")
        cursor.execute("UPDATE figures_publicationline SET value = value + 1 WHERE position = 1")
        cursor.execute("ALTER TABLE figures_publicationline ENABLE TRIGGER USER")
    told = get(f"/{done.id}/verify").json()
    assert told["stands"] is False
    assert told["fault"]["code"] == "figures.digest_differs"
