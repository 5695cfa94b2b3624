"""Photos lose what a phone put into them; keepers are sealed and masked."""

import struct
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from nuanxin.kernel import sealing
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.stations.actions.keepers import KeeperDraft, appoint_keeper, end_keeper
from nuanxin.stations.actions.photos import MOST_PHOTOS, add_photo, remove_photo
from nuanxin.stations.models import StationKeeper, StationPhoto
from nuanxin.stations.queries.photos import list_photos
from nuanxin.stations.rules.pictures import clean_picture
from nuanxin.stations.states import KeeperRole
from tests.stations.pictures import VP8, a_jpeg, a_png, a_webp, chunk, segment


def test_a_jpeg_keeps_its_picture_and_how_it_was_held_and_loses_the_rest():
    picture = clean_picture(a_jpeg(orientation=6, tail=b"<script>alert(1)</script>"))
    assert (picture.media_type, picture.width, picture.height) == ("image/jpeg", 640, 480)
    for lost in (b"GPS", b"Huawei", b"script"):
        assert lost not in picture.content
    assert b"\x12\xff\x00\x34\xff\xd0\x56" in picture.content
    assert picture.content.endswith(b"\xff\xd9")
    assert b"Exif\x00\x00MM" in picture.content
    assert struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0) in picture.content
    assert b"Exif" not in clean_picture(a_jpeg()).content
    assert clean_picture(picture.content).content == picture.content


def test_a_png_keeps_what_it_looks_like_alone():
    told = chunk(b"tEXt", b"Author\x00somebody") + chunk(b"gAMA", struct.pack(">I", 45_455))
    picture = clean_picture(a_png(3, 2, extra=told) + b"PK\x03\x04")
    assert (picture.width, picture.height) == (3, 2)
    assert b"somebody" not in picture.content
    assert b"PK" not in picture.content
    assert b"gAMA" in picture.content


def test_a_webp_loses_exif_and_says_so_in_its_head():
    head = bytes([0b00101100, 0, 0, 0]) + (799).to_bytes(3, "little") + (599).to_bytes(3, "little")
    given = a_webp((b"VP8X", head), (b"VP8 ", VP8), (b"EXIF", b"GPS 30"), (b"XMP ", b"who"))
    picture = clean_picture(given)
    assert (picture.media_type, picture.width, picture.height) == ("image/webp", 800, 600)
    assert b"GPS" not in picture.content
    assert picture.content[20] == 0b00100000
    assert clean_picture(a_webp((b"VP8 ", VP8))).width == 320


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', "photo.svg"),
        (b'\xef\xbb\xbf  <?xml version="1.0"?><svg/>', "photo.svg"),
        (b"GIF89a....", "photo.kind"),
        (b"%PDF-1.7", "photo.kind"),
        (b"", "photo.kind"),
        (a_jpeg()[:-20], "photo.broken"),
        (b"\xff\xd8\xff\xd9", "photo.broken"),
        (b"\xff\xd8\xff\xe0\xff", "photo.broken"),
        (a_png()[:-14], "photo.broken"),
        (a_png().replace(b"\x08\x00\x00\x00\x00", b"\x08\x02\x00\x00\x00"), "photo.broken"),
        (a_webp((b"EXIF", b"GPS")), "photo.broken"),
        (a_webp((b"VP8 ", VP8), (b"ANIM", b"\x00" * 6)), "photo.moving"),
        (a_png(20_000, 1), "photo.size"),
        (a_png(11_000, 11_000)[:0] + b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 11_000, 11_000, 8, 0, 0, 0, 0)) + chunk(b"IDAT", b"x") + chunk(b"IEND", b""), "photo.size"),
        (a_png() + b"\x00" * 9_000_000, "photo.too_large"),
    ],
)  # fmt: skip
def test_what_is_no_photo_is_refused_with_what_to_send_instead(content, code):
    with pytest.raises(Malformed) as refused:
        clean_picture(content)
    assert refused.value.code == code


@pytest.mark.parametrize("cut", range(4, 120, 7))
def test_a_file_cut_off_anywhere_is_broken_and_nothing_worse(cut):
    for whole in (
        a_jpeg(extra=segment(0xE2, b"ICC_PROFILE\x00x")),
        a_png(),
        a_webp((b"VP8 ", VP8)),
    ):
        with pytest.raises(Malformed):
            clean_picture(whole[: min(cut, len(whole) - 1)])


@pytest.mark.django_db
def test_a_photo_is_stored_once_shown_to_everybody_and_taken_down(street):
    station, actor, now = street.station(), street.cast.county_cadre, street.cast.now
    told = {"station_id": station.id, "actor": actor, "now": now}
    with pytest.raises(Malformed, match="caption"):
        add_photo(content=a_jpeg(), caption=" ", **told)
    photo = add_photo(content=a_jpeg(), caption="门口", **told)
    with pytest.raises(Conflict, match="there"):
        add_photo(content=a_jpeg(), caption="又是门口", **told)
    url = f"/stations/{station.code}/photos/{photo.id}"
    answer = Client().get(url)
    assert answer["Content-Type"] == "image/jpeg"
    assert answer.getvalue() == clean_picture(a_jpeg()).content
    assert "sandbox" in answer["Content-Security-Policy"]
    for at in range(MOST_PHOTOS - 1):
        add_photo(content=a_png(at + 1), caption="里面", **told)
    with pytest.raises(Conflict, match="full"):
        add_photo(content=a_png(90), caption="里面", **told)
    remove_photo(photo_id=photo.id, **told)
    assert Client().get(url).status_code == 404
    assert len(list_photos(station.id)) == MOST_PHOTOS - 1
    with pytest.raises(NotFound):
        remove_photo(photo_id=photo.id, **told)


@pytest.mark.django_db
def test_the_page_refuses_an_svg_beside_the_field(street):
    station = street.station()
    browser = street.cast.client("county_cadre")
    url = f"/desk/stations/{station.code}/photos"
    svg = SimpleUploadedFile("门口.jpg", b"<svg onload='alert(1)'/>")
    answer = browser.post(url, {"do": "add", "file": svg, "caption": "门口"})
    assert answer.status_code == 422
    assert "SVG 是图形文件，不是照片" in answer.content.decode()
    assert not StationPhoto.objects.exists()
    sent = {"do": "add", "file": SimpleUploadedFile("a.png", a_png()), "caption": "门口"}
    assert browser.post(url, sent).status_code == 302
    assert 'alt="门口"' in browser.get(url).content.decode()


def keeper_draft(street, **more):
    given = {"role": KeeperRole.CHIEF, "name": "欧阳立夏", "phone": "13812345678",
             "from_on": business_day(street.cast.now)} | more  # fmt: skip
    return KeeperDraft(**given)


@pytest.mark.django_db
def test_a_keeper_is_sealed_and_only_hints_are_shown(street):
    station, actor, now = street.station(), street.cast.county_cadre, street.cast.now
    made = appoint_keeper(station_id=station.id, draft=keeper_draft(street), actor=actor, now=now)
    assert sealing.unseal("keeper_name", bytes(made.name_sealed), made.bound_to) == "欧阳立夏"
    assert b"13812345678" not in bytes(made.phone_sealed)
    page = street.cast.client("county_cadre").get(f"/desk/stations/{station.code}/keepers")
    assert "欧阳站长" in page.content.decode()
    assert "138****5678" in page.content.decode()
    for text in ("立夏", "13812345678"):
        assert text not in page.content.decode()


@pytest.mark.django_db
def test_a_new_chief_follows_the_one_before(street):
    station, actor, now = street.station(), street.cast.county_cadre, street.cast.now
    first = street.keeper(station)
    told = {"station_id": station.id, "actor": actor, "now": now}
    second = appoint_keeper(draft=keeper_draft(street), **told)
    first.refresh_from_db()
    assert first.until_on == second.from_on - timedelta(days=1)
    with pytest.raises(Malformed, match=r"keeper\.day"):
        appoint_keeper(draft=keeper_draft(street, from_on=first.from_on), **told)
    end_keeper(keeper_id=second.id, until_on=second.from_on, **told)
    assert not StationKeeper.objects.filter(station=station, until_on=None).exists()
    with pytest.raises(NotFound):
        end_keeper(keeper_id=second.id, until_on=second.from_on, **told)


@pytest.mark.django_db
def test_an_account_must_hold_a_keepers_post_above_the_station(street):
    town, county = street.station(union="town"), street.station(union="county")
    actor, now = street.cast.county_cadre, street.cast.now
    draft = keeper_draft(street, username="station.keeper")
    made = appoint_keeper(station_id=town.id, draft=draft, actor=actor, now=now)
    assert made.account_id == street.cast.accounts["station_keeper"].id
    for station, name in ((county, "station.keeper"), (town, "nobody"), (town, "finance")):
        with pytest.raises(Malformed, match=r"keeper\.account"):
            appoint_keeper(
                station_id=station.id,
                draft=keeper_draft(street, username=name),
                actor=actor,
                now=now,
            )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("who", "kind"), [("cadre_of_next_county", NotFound), ("city_cadre", Forbidden)]
)
def test_only_who_manages_the_station_appoints_and_adds(street, who, kind):
    station, now = street.station(), street.cast.now
    told = {"station_id": station.id, "actor": street.cast.actor(who), "now": now}
    with pytest.raises(kind):
        appoint_keeper(draft=keeper_draft(street), **told)
    with pytest.raises(kind):
        add_photo(content=a_png(), caption="门口", **told)
