"""What an auditor takes along recomputes on a laptop with Python alone, and tampering comes out."""

import json
import subprocess
import sys
import zipfile
from datetime import date
from io import BytesIO

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nuanxin.figures.actions.drafting import Choice
from nuanxin.figures.actions.evidence import export_evidence, export_evidence_zip
from nuanxin.figures.rules.recompute import is_signed
from nuanxin.kernel.errors import Forbidden, NotFound
from nuanxin.people.models import Worker
from nuanxin.records.models import Event
from tests.figures.conftest import NOW
from tests.figures.publishing.office import CODES, drafted, person, published

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def exported(world, tmp_path):
    """Return the folder of a province's publication, down to its counties and by every cut."""
    choice = Choice(
        (*CODES, "orgs.new_unions", "membership.transferred_in_persons"),
        below=2,
        cuts=("occupation", "channel"),
    )
    draft = drafted(world, choice=choice, since=date(2025, 1, 1))
    done = published(world, draft)
    folder = tmp_path / "evidence"
    export_evidence(publication_id=done.id, folder=folder, actor=person(world, "auditor"), now=NOW)
    return folder


def run(folder):
    """Run the script of the folder as an auditor would; return exit code and what it said."""
    done = subprocess.run(
        [sys.executable, "-I", str(folder / "recompute.py")], capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def test_the_script_recomputes_every_number(exported):
    code, said = run(exported)
    assert code == 0, said
    assert "全部核对一致" in said
    assert said.count("一致    ") == len(lines(exported)) > 100
    assert any(one["value"] for one in lines(exported) if one["occupation"])
    assert any(one["withheld"] for one in lines(exported))


def lines(folder):
    return json.loads((folder / "publication.json").read_text("utf-8"))["content"]["lines"]


def edit_number(folder):
    path = folder / "publication.json"
    whole = json.loads(path.read_text("utf-8"))
    whole["content"]["lines"][0]["value"] += 1
    path.write_text(json.dumps(whole), "utf-8")


def drop_row(folder):
    path = folder / "flows.csv"
    rows = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(rows[:-1]), "utf-8")


def swap_union(folder):
    path = folder / "flows.csv"
    rows = path.read_text("utf-8").splitlines(keepends=True)
    cells = rows[1].split(",")
    rows[1] = ",".join([cells[0], str(int(cells[1]) + 1), *cells[2:]])
    path.write_text("".join(rows), "utf-8")


def edit_signature(folder):
    path = folder / "publication.json"
    whole = json.loads(path.read_text("utf-8"))
    turned = "B" if whole["signature"][5] != "B" else "C"
    whole["signature"] = whole["signature"][:5] + turned + whole["signature"][6:]
    path.write_text(json.dumps(whole), "utf-8")


def edit_measured(folder):
    path = folder / "measured.json"
    whole = json.loads(path.read_text("utf-8"))
    whole["lines"][-1]["measured"] += 1
    path.write_text(json.dumps(whole), "utf-8")


def edit_salt(folder):
    path = folder / "measured.json"
    whole = json.loads(path.read_text("utf-8"))
    whole["salt"] = "00" * 32
    path.write_text(json.dumps(whole), "utf-8")


@pytest.mark.parametrize(
    "tampering",
    [edit_number, drop_row, swap_union, edit_signature, edit_measured, edit_salt],
)
def test_the_script_finds_what_was_tampered_with(exported, tampering):
    tampering(exported)
    code, said = run(exported)
    assert code == 1, said
    assert "核对不上" in said


def test_a_missing_file_is_named(exported):
    (exported / "unions.csv").unlink()
    code, said = run(exported)
    assert code == 2
    assert "unions.csv" in said


def test_it_says_first_of_all_that_it_is_not_for_the_public(exported):
    assert (exported / "说明.txt").read_text("utf-8").startswith("只供审计使用，不对外")
    assert "不对外" in json.loads((exported / "measured.json").read_text("utf-8"))["notice"]


def test_nobody_is_named_in_the_rows(exported, world):
    names = set(Worker.objects.values_list("name", flat=True))
    for name in ("flows.csv", "unions.csv", "publication.json", "definitions.json"):
        text = (exported / name).read_text("utf-8")
        assert not [one for one in names if one in text]
    heading = (exported / "flows.csv").read_text("utf-8").splitlines()[0]
    assert heading == "row,union,county,occupation,channel,kind,day,persons"
    assert Event.objects.filter(kind="figures.evidence_exported").count() == 1


def test_as_one_file_it_is_the_same_and_only_for_auditors_and_the_province(world, tmp_path):
    done = published(world)
    packed = BytesIO()
    export_evidence_zip(
        publication_id=done.id, file=packed, actor=person(world, "auditor"), now=NOW
    )
    with zipfile.ZipFile(packed) as opened:
        opened.extractall(tmp_path)
    assert run(tmp_path)[0] == 0
    with pytest.raises(Forbidden):
        export_evidence_zip(
            publication_id=done.id, file=BytesIO(), actor=person(world, "city"), now=NOW
        )
    draft = drafted(world, title="还没有发布")
    with pytest.raises(NotFound):
        export_evidence_zip(
            publication_id=draft.id, file=BytesIO(), actor=person(world, "auditor"), now=NOW
        )


@pytest.mark.parametrize("size", [0, 1, 63, 64, 1000])
def test_the_script_takes_the_signatures_that_a_library_makes_and_no_others(size):
    key = Ed25519PrivateKey.generate()
    public, message = key.public_key().public_bytes_raw(), bytes(range(256)) * 4
    message = message[:size]
    signature = key.sign(message)
    assert is_signed(public, message, signature)
    assert not is_signed(public, message + b"x", signature)
    assert not is_signed(public, message, bytes([signature[0] ^ 1]) + signature[1:])
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    assert not is_signed(other, message, signature)
