"""Services at the desk: read by every official, defined in fields by one, released by another, offered."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nuanxin.access.models import Account
from nuanxin.access.states import SessionKind
from nuanxin.programmes.models import DefinitionVersion
from nuanxin.programmes.rules.definitions import entry_of, shipped_text
from nuanxin.programmes.states import VersionState
from tests.cast import sign_in
from tests.programmes.test_definition_versions import HAIRCUT, begun, released, submitted, written
from tests.programmes.test_rule_versions import colleague_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

LIST_QUERIES, ONE_QUERIES, DRAFT_QUERIES, DECIDE_QUERIES = 7, 11, 16, 13


@pytest.fixture
def desk(cast):
    return cast.client("province_cadre")


@pytest.fixture
def version(cast):
    return begun(cast)


def at(version, tail=""):
    return f"/desk/definitions/versions/{version.id}/{tail}"


def counted(client, address):
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode(), len(seen.captured_queries)


def fields(version, **more):
    given = {
        "title": "免费理发", "kind": "gift", "gives": "站点里理一次发", "period": "yearly",
        "usual": "first_come", "ways": ["draw"], "places": "30", "money_yuan": "20",
        "conditions": "是工会会员\n\n站点里接单", "source": "省总工会 2027 年计划",
        "checked_on": "2026-11-27", "revision": version.revision, "do": "save",
    }  # fmt: skip
    return given | more


@pytest.mark.parametrize(
    ("address", "most", "said"),
    [
        ("/desk/definitions/", LIST_QUERIES, "免费体检"),
        ("/desk/definitions/health_exam/", ONE_QUERIES, "随系统带的"),
    ],
)
def test_every_official_reads_them_in_few_statements(cast, address, most, said):
    page, count = counted(cast.client("officer_chen"), address)
    assert said in page
    assert count <= most, count
    assert "起草新的一版" not in page
    assert "/desk/definitions/new/" not in page


def test_a_provider_is_chosen_by_kind_and_named_where_it_is_of_no_kind(desk, version):
    page = desk.get(at(version)).content.decode()
    assert '<option value="clinic">医院、体检机构</option>' in page
    answer = desk.post(at(version), fields(version, provider_kind="other"))
    assert answer.status_code == 302, "a draft is kept as it is"
    version.refresh_from_db()
    assert "选了“其他”，写明是谁来办。" in desk.get(at(version)).content.decode()
    given = fields(version, provider_kind="business", provider="")
    assert desk.post(at(version), given).status_code == 302
    version.refresh_from_db()
    assert entry_of(version.text)["provider_kind"] == "business"
    page = desk.get(at(version)).content.decode()
    assert '<option value="business" selected>商家、社会机构</option>' in page
    assert "商家、社会机构" in desk.get(at(version, "preview/")).content.decode()


def test_fields_become_the_definition_and_it_shows_as_a_worker_will_see_it(desk, version):
    assert desk.post(at(version), fields(version)).status_code == 302
    version.refresh_from_db()
    entry = entry_of(version.text)
    assert (entry["ways"], entry["places"], entry["conditions"]) == (
        ["first_come", "draw"], 30, ["是工会会员", "站点里接单"],
    )  # fmt: skip
    assert "points" not in entry
    page, count = counted(desk, at(version))
    assert count <= DRAFT_QUERIES, count
    assert "劳动者看到的" in page
    assert "是工会会员；站点里接单" in page
    seen = desk.get(at(version, "preview/")).content.decode()
    assert "剩 30 个" in seen
    assert "别人看不到" in seen


def test_each_fault_stands_at_its_field_and_what_was_typed_stays(desk, version):
    wrong = fields(version, places="很多", checked_on="昨天", do="submit")
    answer = desk.post(at(version), wrong)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "“通常多少名额”填 0 到 200,000 的整数。" in page
    assert 'value="很多"' in page
    assert "哪天把它和依据核对过" in page
    version.refresh_from_db()
    assert version.state == VersionState.DRAFT


def test_the_whole_text_can_be_written_and_its_fields_keep_what_they_do_not_know(desk, version):
    text = shipped_text("degree_yearly").replace("degree_yearly", "haircut")
    desk.post(at(version), {"text": text, "revision": version.revision, "do": "text"})
    version.refresh_from_db()
    desk.post(at(version), fields(version))
    version.refresh_from_db()
    entry = entry_of(version.text)
    assert entry["forfeit"][0]["label"] == "三年里退会"
    assert entry["title"] == "免费理发"


def test_a_text_that_cannot_be_read_is_kept_and_told(desk, version):
    desk.post(at(version), {"text": "- {code: [", "revision": version.revision, "do": "text"})
    page = desk.get(at(version)).content.decode()
    assert "第 2 行第 1 列：这里读不懂" in page
    assert "- {code: [" in page


def test_somebody_who_saved_meanwhile_is_told_of(desk, version, cast):
    stale = fields(version)
    written(cast, version, HAIRCUT)
    answer = desk.post(at(version), stale)
    assert answer.status_code == 409
    assert "刚才在别处改过" in answer.content.decode()


def test_another_reviews_it_releases_it_and_an_offer_is_made_of_it(cast, desk, version):
    second = colleague_of(cast)
    submitted(cast, version)
    assert "您自己起草过" in desk.get(at(version, "decide/")).content.decode()
    other = cast.client("anonymous")
    sign_in(other, Account.objects.get(name="第二人").id, SessionKind.CADRE, cast.now)
    page, count = counted(other, at(version, "decide/"))
    assert count <= DECIDE_QUERIES, count
    assert "新定的一项，以前没有。" in page
    day = f"{cast.now:%Y-%m-%d}"
    answer = other.post(at(version, "decide/"), {"do": "release", "valid_from": day})
    assert answer["Location"] == "/desk/definitions/haircut/"
    assert second.account_id
    page = other.get("/desk/definitions/haircut/").content.decode()
    assert "在用" in page
    county = cast.client("county_cadre")
    assert "免费理发" in county.get("/desk/programmes/new/").content.decode()
    form = county.get("/desk/programmes/new/fill/?of=haircut").content.decode()
    assert "年免费理发" in form


def test_a_county_alone_sees_its_own_among_what_can_be_offered(cast, version):
    entry = HAIRCUT | {"title": "拱墅理发"}
    version = begun(cast, code="haircut_county", who="county_cadre", union="county")
    written(cast, version, entry | {"code": "haircut_county"})
    DefinitionVersion.objects.filter(id=version.id).update(state=VersionState.SUBMITTED)
    from nuanxin.kernel.clock import business_day
    from nuanxin.programmes.actions.definitions import release_definition

    release_definition(
        version_id=version.id,
        valid_from=business_day(cast.now),
        actor=colleague_of(cast, of="county_cadre"),
        now=cast.now,
    )
    shown = [
        "拱墅理发" in cast.client(who).get("/desk/programmes/new/").content.decode()
        for who in ("county_cadre", "officer_chen", "cadre_of_next_county")
    ]
    assert shown == [True, True, False]


def test_it_is_given_out_as_yaml_and_taken_in_again(cast, desk, version):
    released(cast, version, colleague_of(cast))
    given = desk.get("/desk/definitions/haircut/definition.yaml")
    assert given["Content-Disposition"] == 'attachment; filename="haircut.yaml"'
    text = given.content.decode().replace("haircut", "shave")
    union = cast.union("province").code
    saved = SimpleUploadedFile("shave.yaml", text.encode())
    answer = desk.post("/desk/definitions/new/", {"do": "take_in", "union": union, "saved": saved})
    taken = DefinitionVersion.objects.get(code="shave")
    assert answer["Location"] == at(taken)
    again = desk.post("/desk/definitions/new/", {"do": "take_in", "union": union, "text": text})
    assert again.status_code == 409
    nothing = desk.post("/desk/definitions/new/", {"do": "take_in", "union": union})
    assert "贴上定义，或者选一份存好的。" in nothing.content.decode()
    picture = SimpleUploadedFile("x.yaml", b"\xff\xfe\x00")
    told = desk.post("/desk/definitions/new/", {"do": "take_in", "union": union, "saved": picture})
    assert "存成 UTF-8 的文本再选" in told.content.decode()


def test_it_is_begun_from_a_copy_on_the_page(cast, desk):
    head = {
        "do": "begin",
        "code": "shave",
        "title": "刮脸",
        "source": "计划",
        "like": "health_exam",
    }
    answer = desk.post("/desk/definitions/new/", head | {"union": cast.union("province").code})
    made = DefinitionVersion.objects.get()
    assert answer["Location"] == at(made)
    assert entry_of(made.text)["rule"] == "health_exam"
    wrong = desk.post("/desk/definitions/new/", head | {"union": "nobody"})
    assert wrong.status_code == 422
    assert "没有找到这家工会" in wrong.content.decode()


def test_a_draft_is_nobodys_outside_its_scope(cast, version):
    assert cast.client("county_cadre").get(at(version)).status_code == 404
    assert cast.client("officer_chen").get(at(version)).status_code == 403
    assert cast.client("county_cadre").get("/desk/definitions/haircut/").status_code == 404
