"""分母 on the desk: entered one by one or as a table, by those who decide there and nobody else."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from nuanxin.figures.models import Denominator
from nuanxin.figures.rules.denominators import HEADS

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

TYPED = {
    "kind": "workers_in_scope",
    "region": "330105",
    "as_of": "2025-12-31",
    "value": "12500",
    "source": "区人社局测算",
    "checked_on": "2026-01-20",
}
ROW = "新就业形态劳动者,{},2025-12-31,12500,人,区人社局测算,2026-01-20,"


def upload(*rows: str) -> dict[str, SimpleUploadedFile]:
    text = "\n".join([",".join(HEADS), *rows])
    return {"file": SimpleUploadedFile("分母.csv", text.encode("utf-8-sig"), "text/csv")}


def page_of(cast, who: str = "county_cadre"):
    return cast.same_client(who)


def test_one_is_entered_and_listed(cast):
    county = page_of(cast)
    asked = reverse("desk-denominators")
    assert "还没有录入过分母" in county.get(asked).content.decode()
    region = str(cast.union("county").adcode)
    answer = county.post(reverse("desk-denominator-add"), TYPED | {"region": region}, follow=True)
    text = answer.content.decode()
    assert "新录入 1 条。" in text
    assert "12,500" in text
    assert "区人社局测算" in text
    assert Denominator.objects.get().entered_by_name

    again = county.post(reverse("desk-denominator-add"), TYPED | {"region": region}, follow=True)
    assert "已经有的 1 条没有再录" in again.content.decode()
    other = TYPED | {"region": region, "value": "13000"}
    refused = county.post(reverse("desk-denominator-add"), other)
    assert refused.status_code == 422
    assert "已有 12,500（区人社局测算）" in refused.content.decode()
    county.post(reverse("desk-denominator-add"), other | {"reason": "漏了站点"})
    text = county.get(asked).content.decode()
    assert "更正：漏了站点" in text
    assert "已被更正" in text


def test_what_is_typed_wrong_is_told(cast):
    county = page_of(cast)
    region = str(cast.union("county").adcode)
    for changed, said in (
        ({"value": "一万"}, "大于 0 的整数"),
        ({"source": ""}, "还没有写来源"),
        ({"checked_on": "2025-01-01"}, "写反了"),
        ({"region": "330000"}, "请在列表里选一个地区"),
    ):
        answer = county.post(reverse("desk-denominator-add"), TYPED | {"region": region} | changed)
        assert answer.status_code == 422
        text = answer.content.decode()
        assert said in text
    assert not Denominator.objects.exists()


def test_a_table_is_taken_in_whole_or_not_at_all(cast):
    county = page_of(cast)
    own = ROW.format(cast.union("county").adcode)
    load = reverse("desk-denominator-load")
    refused = county.post(load, upload(own, ROW.format("330000")))
    assert refused.status_code == 422
    assert "第 3 行：浙江省不归您录入" in refused.content.decode()
    assert not Denominator.objects.exists()
    assert "还没有选文件" in county.post(load).content.decode()
    done = county.post(load, upload(own), follow=True)
    assert "新录入 1 条" in done.content.decode()


def test_whoever_reads_drafts_sees_the_list_without_the_forms(cast):
    auditor = page_of(cast, "auditor")
    answer = auditor.get(reverse("desk-denominators"))
    assert answer.status_code == 200
    assert "录入一条" not in answer.content.decode()
    assert auditor.post(reverse("desk-denominator-add"), TYPED).status_code == 403


def test_the_list_takes_few_statements(cast, django_assert_max_num_queries):
    county = page_of(cast)
    county.get(reverse("desk-denominators"))
    with django_assert_max_num_queries(10):
        county.get(reverse("desk-denominators"))
