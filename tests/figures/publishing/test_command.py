"""The commands: verify ends with 1 at the first that differs and names it, export writes a folder."""

import argparse
import json
from contextlib import contextmanager

import pytest
from django.db import connection

from config.commands import figures_publications
from config.commands.figures_publications import run_export, run_verify
from nuanxin.kernel.errors import NotFound
from tests.figures.publishing.office import drafted, published

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _open_already(monkeypatch):
    @contextmanager
    def opened(where):
        yield None

    monkeypatch.setattr(figures_publications, "opened", opened)


def options(**given):
    values = {"publication": None, "json": True, "data": None}
    return argparse.Namespace(**values | given)


def test_what_stands_is_told_and_ends_with_zero(world, capsys):
    assert run_verify(options(json=False)) == 0
    assert "还没有发布过" in capsys.readouterr().out
    done = published(world)
    assert run_verify(options()) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["stands"] is True
    assert told["publications"][0]["hash"] == done.content_hash
    assert told["publications"][0]["rederived"] is True
    with pytest.raises(NotFound):
        run_verify(options(publication=drafted(world, title="草稿").id))


@pytest.mark.owner
def test_the_first_that_differs_is_named_and_ends_with_one(world, capsys):
    done = published(world)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE figures_publicationline DISABLE TRIGGER USER")
        cursor.execute("UPDATE figures_publicationline SET value = 7 WHERE position = 1")
        cursor.execute("ALTER TABLE figures_publicationline ENABLE TRIGGER USER")
    assert run_verify(options(json=False, publication=done.id)) == 1
    said = capsys.readouterr().out
    assert "核对不上" in said
    assert "浙江省工会" in said


def test_export_writes_a_folder_that_says_how_to_check_it(world, tmp_path, capsys):
    done = published(world)
    folder = tmp_path / "out"
    assert run_export(options(json=False, publication=done.id, to=folder)) == 0
    assert "recompute.py" in capsys.readouterr().out
    assert {path.name for path in folder.iterdir()} == {
        "publication.json",
        "measured.json",
        "definitions.json",
        "recompute.py",
        "flows.csv",
        "unions.csv",
        "union_codes.csv",
        "说明.txt",
    }
