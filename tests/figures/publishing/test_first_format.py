"""What was published before persons were written to the ten stands as it was signed."""

import json
import subprocess
import sys

import pytest

from nuanxin.figures.actions import publishing
from nuanxin.figures.actions.evidence import export_evidence, signed_document
from nuanxin.figures.models import Publication
from nuanxin.figures.queries.publications import compare, lines_of
from nuanxin.figures.queries.verifying import digest_of, verify_all, verify_publication
from nuanxin.figures.rules.sealing import FORMAT
from tests.figures.conftest import NOW
from tests.figures.publishing.office import drafted, person, published
from tests.figures.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def published_in_first_format(world: World) -> Publication:
    """Publish a text as format 1 had it: exact, with hash and count of rows, some cells withheld."""
    draft = drafted(world)
    Publication.objects.filter(id=draft.id).update(format=1, salt=None)
    draft.refresh_from_db()
    for line in lines_of(draft.id):
        line.is_withheld = line.value is None
        line.value = None if line.is_withheld else line.measured
        if line.is_withheld:
            line.rows_count, line.rows_hash = None, ""
        line.measured, line.rows_seal, line.rounded_to = None, "", 1
        line.digest = digest_of(line, draft)
        line.save()
    return published(world, draft)


def test_it_verifies_and_its_text_has_what_it_had(world, client):
    done = published_in_first_format(world)
    assert verify_publication(done, rederive=True).stands
    content = signed_document(done, lines_of(done.id))["content"]
    assert content["format"] == "nuanxin-publication/1"
    assert set(content["lines"][0]) == {
        "position", "code", "label", "unit", "definition", "definition_version", "region",
        "region_name", "occupation", "channel", "period_start", "as_of", "value", "withheld",
        "digest", "rows_hash", "rows", "note",
    }  # fmt: skip
    served = client.get(f"/api/v1/publications/{done.id}").json()
    assert served["content"] == json.loads(json.dumps(content))
    assert client.get(f"/publications/{done.id}/").status_code == 200


def test_its_evidence_recomputes(world, tmp_path):
    done = published_in_first_format(world)
    export_evidence(
        publication_id=done.id, folder=tmp_path, actor=person(world, "auditor"), now=NOW
    )
    run = subprocess.run([sys.executable, "-I", str(tmp_path / "recompute.py")], check=False)
    assert run.returncode == 0


def test_its_correction_is_written_as_everybody_may_read_it(world):
    first = published_in_first_format(world)
    draft = publishing.draft_correction(
        publication_id=first.id,
        reason="人数改写到十位",
        actor=person(world, "province"),
        now=NOW,
    )
    second = published(world, draft, later=60)
    assert (first.format, second.format) == (1, FORMAT)
    assert all(one.stands for one in verify_all())
    rows = compare(lines_of(first.id), lines_of(second.id))
    assert {row.rounded_to for row in rows if row.unit == "人"} == {10}
    assert any(row.before != row.after for row in rows)
    assert not [row for row in rows if row.is_changed]
