"""Reports on the desk: begun, written, stopped, saved in versions, frozen, taken away."""

import io
import re

import pypdf
import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from nuanxin.figures.models import Report, ReportRender, ReportVersion
from nuanxin.records.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

MOST_STATEMENTS = 14
GOOD = "---\n标题: 三季度工会情况\n---\n在册工会{{ orgs.unions | unit }}。\n"
BAD = "第一行\n在册工会{{ orgs.onions | unit }}。\n"


@pytest.fixture
def desk(cast):
    return cast.client("county_cadre")


@pytest.fixture
def report(cast, desk):
    """Return a report of the county, begun from the one-page template."""
    page = desk.get(reverse("desk-reports")).content.decode()
    union = re.search(r'<option value="(\d+)"[^>]*>[^<]+</option>\s*</select>', page)[1]
    answer = desk.post(reverse("desk-reports"), {"template": "one-page", "union": union})
    assert answer.status_code == 302
    return Report.objects.get()


def post(client, report, text, *, seen=None, **buttons):
    fields = {"source": text, "seen": seen or report.versions, **buttons}
    return client.post(reverse("desk-report", args=[report.id]), fields)


def test_a_report_begins_from_a_template_and_shows_its_preview(desk, report):
    page = desk.get(reverse("desk-report", args=[report.id])).content.decode()
    assert "{{ membership.live_members_persons" in page
    assert 'class="report"' in page
    assert report.title == "新就业形态劳动者入会简报"


def test_the_editor_takes_few_statements(desk, report, django_assert_max_num_queries):
    with django_assert_max_num_queries(MOST_STATEMENTS + 24):  # two dozen months are not folded
        desk.get(reverse("desk-report", args=[report.id]))
    with django_assert_max_num_queries(MOST_STATEMENTS):
        desk.get(reverse("desk-reports"))


def test_faults_stand_at_their_lines_and_the_text_is_kept(desk, report):
    page = post(desk, report, BAD, look="1").content.decode()
    assert "有 1 处要改" in page
    assert "第 2 行第 5 列" in page
    assert "<mark>{{ orgs.onions | unit }}</mark>" in page
    assert "在册工会{{ orgs.onions | unit }}。" in page
    assert Report.objects.get().versions == 1


def test_what_is_wrong_may_be_saved_but_not_frozen(desk, report):
    assert post(desk, report, BAD, save="1").status_code == 302
    answer = desk.post(reverse("desk-report-freeze", args=[report.id]), {"seen": "2"})
    assert answer["Location"].endswith("#faults")
    assert ReportRender.objects.count() == 0
    assert reverse("desk-report-freeze", args=[report.id]) not in (
        desk.get(reverse("desk-report", args=[report.id])).content.decode()
    )


def test_each_save_is_a_version_and_the_same_text_is_none(desk, report):
    post(desk, report, GOOD, save="1")
    post(desk, report, GOOD.replace("\n", "\r\n"), seen=2, save="1")
    report.refresh_from_db()
    assert (report.versions, report.title) == (2, "三季度工会情况")


def test_who_saves_over_a_newer_version_is_told_and_loses_nothing(desk, report):
    post(desk, report, GOOD, save="1")
    answer = post(desk, report, BAD, seen=1, save="1")
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "有人存了第 2 版" in page
    assert "orgs.onions" in page


def test_an_old_version_comes_back_as_a_new_one(desk, report):
    post(desk, report, GOOD, save="1")
    versions = desk.get(reverse("desk-report-versions", args=[report.id]) + "?number=1")
    assert "恢复这一版" in versions.content.decode()
    desk.post(reverse("desk-report-restore", args=[report.id]), {"number": "1"})
    first, last = ReportVersion.objects.filter(number__in=(1, 3)).order_by("number")
    assert (last.source, last.restored_from) == (first.source, 1)


def test_a_figure_is_found_and_put_into_the_text_without_script(desk, report):
    page = post(desk, report, "正文", find="退会", search="1").content.decode()
    assert "membership.left_members_persons" in page
    assert "orgs.new_unions |" not in page
    page = post(desk, report, "正文", insert="orgs.unions").content.decode()
    assert re.search(r"正文\s+\{\{ orgs\.unions \| unit \}\}", page)


def test_a_frozen_report_keeps_its_numbers_and_is_taken_away_on_record(desk, report):
    post(desk, report, GOOD, save="1")
    answer = desk.post(reverse("desk-report-freeze", args=[report.id]), {"seen": "2"})
    frozen = ReportRender.objects.get()
    assert answer["Location"] == reverse("desk-report-render", args=[frozen.id])
    assert frozen.document["numbers"][0]["digest"]
    assert frozen.digest in desk.get(answer["Location"]).content.decode()
    taken = desk.post(reverse("desk-report-file", args=[frozen.id]), {"kind": "pdf"})
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(taken.content)).pages)
    assert frozen.digest in text
    assert "filename*=utf-8''" in taken["Content-Disposition"]
    kinds = list(Event.objects.filter(subject_type="report").order_by("id").values_list("kind"))
    assert [kind for (kind,) in kinds] == [
        "figures.report_created",
        "figures.report_saved",
        "figures.report_frozen",
        "figures.report_taken",
    ]


def test_no_other_kind_of_file_is_given(desk, report):
    post(desk, report, GOOD, save="1")
    desk.post(reverse("desk-report-freeze", args=[report.id]), {"seen": "2"})
    frozen = ReportRender.objects.get()
    assert (
        desk.post(reverse("desk-report-file", args=[frozen.id]), {"kind": "exe"}).status_code == 404
    )


@pytest.mark.parametrize("table", ["figures_reportversion", "figures_reportrender"])
@pytest.mark.parametrize("change", ["UPDATE {} SET name = ''", "DELETE FROM {}"])
def test_the_database_refuses_to_change_what_was_saved(report, table, change):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format(table))


def test_a_report_is_seen_in_its_subtree_only(cast, report):
    address = reverse("desk-report", args=[report.id])
    assert cast.client("city_cadre").get(address).status_code == 200
    assert cast.client("cadre_of_next_county").get(address).status_code == 404
    assert cast.client("rider_ye").get(address).status_code == 403
    listed = cast.client("cadre_of_next_county").get(reverse("desk-reports")).content.decode()
    assert report.title not in listed


def test_an_auditor_reads_and_changes_nothing(cast, report):
    auditor = cast.client("auditor")
    page = auditor.get(reverse("desk-report", args=[report.id]))
    if page.status_code == 200:
        assert 'name="save"' not in page.content.decode()
    assert post(auditor, report, GOOD, save="1").status_code in (403, 404)
    assert Report.objects.get().versions == 1


def test_a_text_that_is_too_long_is_refused_at_its_field(desk, report):
    answer = post(desk, report, "字" * 60_001, save="1")
    assert answer.status_code == 422
    assert "最多 60,000 字" in answer.content.decode()


def test_the_list_takes_the_readers_own_apart(cast, desk, report):
    own = desk.get(reverse("desk-reports") + "?who=own").content.decode()
    others = cast.client("city_cadre").get(reverse("desk-reports") + "?who=own").content.decode()
    assert report.title in own
    assert report.title not in others
