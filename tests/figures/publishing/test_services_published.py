"""Services are published by two people as members are: derived from deliveries, proved, recomputed."""

import json
import subprocess
import sys
from datetime import date, timedelta

import pytest
from django.db import connection

from nuanxin.figures.actions import drafting
from nuanxin.figures.actions.drafting import Choice
from nuanxin.figures.actions.evidence import export_evidence, signed_document
from nuanxin.figures.queries.deriving import PUBLISHABLE
from nuanxin.figures.queries.publications import lines_of
from nuanxin.figures.queries.verifying import verify_all, verify_publication
from nuanxin.kernel.errors import Malformed
from nuanxin.people.models import Worker
from nuanxin.programmes.models import Delivery, Programme
from tests.figures.conftest import NOW
from tests.figures.publishing.office import CODES, LIVE, drafted, person, published

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

EXAMS, AID, GIVEN = (
    f"programmes.{name}"
    for name in ("health_exam_persons", "mutual_aid_person_times", "given_persons")
)
GONGSHU, XIHU, YINZHOU, ELSEWHERE = 330105, 330106, 330212, 310101
SINCE = date(2026, 1, 1)


@pytest.fixture
def services(world):
    """40 exams in 拱墅; 20 of them again in 西湖, 12 with aid twice; five before the year; one taken back."""
    exam, aid = (
        Programme.objects.create(code=kind, title=kind, kind=kind, created_at=NOW)
        for kind in ("exam", "insurance")
    )
    people = Worker.objects.bulk_create(Worker(name=f"骑手{n}", created_at=NOW) for n in range(50))

    def give(programme, worker, region, day, at=NOW - timedelta(days=1)):
        return Delivery(
            programme=programme, worker=worker, union_id=1, region=region, day=day, recorded_at=at
        )

    rows = [give(exam, one, GONGSHU, date(2026, 7, 1)) for one in people[:40]]
    rows += [give(exam, one, XIHU, date(2026, 8, 1)) for one in people[:20]]
    rows += [give(aid, one, XIHU, date(2026, 6, day)) for one in people[:12] for day in (1, 2)]
    rows += [give(exam, one, YINZHOU, date(2025, 12, 31)) for one in people[:5]]
    rows += [
        give(exam, people[40], ELSEWHERE, date(2026, 2, 1)),
        give(exam, people[40], XIHU, date(2026, 3, 1)),
    ]
    Delivery.objects.bulk_create(rows)
    wrong = give(exam, people[41], GONGSHU, date(2026, 7, 2))
    wrong.save()
    back = give(exam, people[41], GONGSHU, date(2026, 7, 2))
    back.step, back.corrects, back.reason = -1, wrong, "登错了"
    back.save()
    return people, give, exam  # fmt: skip


def of_services(world, *, codes=(EXAMS, AID, GIVEN, LIVE), union="province"):
    return published(world, drafted(world, union, choice=Choice(codes, below=2), since=SINCE))


def told(done):
    return {(line.code, line.region): (line.measured, line.value) for line in lines_of(done.id)}


def script(world, done, folder):
    export_evidence(publication_id=done.id, folder=folder, actor=person(world, "auditor"), now=NOW)
    return run(folder)


def run(folder):
    done = subprocess.run(
        [sys.executable, "-I", str(folder / "recompute.py")], capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def test_persons_and_times_are_counted_where_and_when_they_had_it(world, services):
    found = told(of_services(world))
    assert found[EXAMS, 330000] == (40, 40), "had first elsewhere, before or by mistake counts not"
    assert found[EXAMS, GONGSHU] == (40, 40)
    assert found[EXAMS, XIHU] == (0, 0), "the second time is the same person"
    assert found[AID, XIHU] == found[AID, 330100] == found[AID, 330000] == (24, 20)
    assert found[GIVEN, XIHU] == (12, 10), "who had aid first counts where he had it"
    assert found[GIVEN, GONGSHU] == (28, 30)
    assert found[GIVEN, 330000] == (40, 40)


def test_it_is_signed_as_of_its_format_and_every_line_is_derived_again(world, services):
    done = of_services(world)
    assert signed_document(done, lines_of(done.id))["content"]["format"] == "nuanxin-publication/4"
    assert verify_publication(done, rederive=True).stands
    assert all(one.stands for one in verify_all())


def test_what_is_entered_later_changes_nothing_of_it_and_a_removed_row_is_found(world, services):
    people, give, exam = services
    done = of_services(world)
    give(exam, people[45], GONGSHU, date(2026, 7, 3), at=NOW + timedelta(hours=1)).save()
    assert verify_publication(done, rederive=True).stands
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE programmes_delivery DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM programmes_delivery WHERE worker_id = %s", [people[39].id])
        cursor.execute("ALTER TABLE programmes_delivery ENABLE TRIGGER USER")
    fault = verify_publication(done, rederive=True).fault
    assert fault is not None
    assert fault.code == "figures.value_differs"


@pytest.mark.parametrize("union", ["province", "gongshu"])
def test_the_script_recomputes_it_with_python_alone(world, services, tmp_path, union):
    done = of_services(world, union=union)
    code, said = script(world, done, tmp_path)
    assert code == 0, said
    assert said.count("一致    ") == len(lines_of(done.id))
    rows = (tmp_path / "deliveries.csv").read_text("utf-8").splitlines()
    assert rows[0] == "row,person,union,county,kind,day"
    names = {f"骑手{n}" for n in range(50)}
    assert not any(name in "".join(rows) for name in names)


def test_the_script_finds_a_row_that_is_missing_and_one_that_was_moved(world, services, tmp_path):
    script(world, of_services(world), tmp_path)
    path = tmp_path / "deliveries.csv"
    rows = path.read_text("utf-8").splitlines(keepends=True)
    at = next(i for i, row in enumerate(rows) if f",{GONGSHU},exam," in row)
    path.write_text("".join(rows[:at] + rows[at + 1 :]), "utf-8")
    assert run(tmp_path)[0] == 1
    rows[at] = rows[at].replace(str(GONGSHU), str(XIHU))
    path.write_text("".join(rows), "utf-8")
    assert run(tmp_path)[0] == 1


def test_what_was_published_in_format_2_verifies_and_recomputes(world, tmp_path, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr(drafting, "FORMAT", 2)
        done = published(world, drafted(world, choice=Choice(CODES, below=2)))
    content = signed_document(done, lines_of(done.id))["content"]
    assert content["format"] == "nuanxin-publication/2"
    assert verify_publication(done, rederive=True).stands
    code, said = script(world, done, tmp_path)
    assert code == 0, said
    assert not (tmp_path / "deliveries.csv").exists()
    definitions = json.loads((tmp_path / "definitions.json").read_text("utf-8"))
    assert {one["rows"] for one in definitions["figures"].values()} == {"flows", "unions"}


def test_what_nobody_ever_entered_is_not_published_as_nought(world):
    with pytest.raises(Malformed, match="是多少不知道"):
        drafted(world, choice=Choice((EXAMS,)), since=SINCE)


def test_places_are_not_offered_which_no_row_proves_as_they_were():
    assert {EXAMS, AID, GIVEN} < set(PUBLISHABLE)
    assert not [code for code in PUBLISHABLE if code.endswith("_places")]
    assert "programmes.degree_directed_percent" not in PUBLISHABLE
