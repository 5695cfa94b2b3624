"""Versions of a rule: one in force on any day, written by one and released by another, unchanged since."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from nuanxin.access.models import Account, Post
from nuanxin.access.queries.actors import actor_of_account
from nuanxin.eligibility.rules.faults import RuleFaulty
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.decision import Answer
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.notices.models import Notice
from nuanxin.people.models import Worker
from nuanxin.programmes.actions import rule_versions as act
from nuanxin.programmes.actions.claims import apply_for_place, withdraw_from_offer
from nuanxin.programmes.actions.stating import erase_stated
from nuanxin.programmes.models import AwardBasis, RulePreview, RuleVersion
from nuanxin.programmes.queries.qualifying import explain_person
from nuanxin.programmes.queries.rule_versions import text_in_force
from nuanxin.programmes.rules.conditions import rule_text
from nuanxin.programmes.states import PreviewState, VersionState, Way
from nuanxin.records.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

NEVER = 'at_least: "@programmes.recuperation_member_months"'


def colleague_of(cast, *, of="province_cadre"):
    """Return another official with the same post."""
    known = Account.objects.get(id=cast.account_id(of))
    post = Post.objects.filter(account=known).first()
    other = Account.objects.create(username="second.official", name="第二人", created_at=cast.now)
    post.pk, post.account = None, other
    post._state.adding = True
    post.save()
    return actor_of_account(other.id, cast.now)


@pytest.fixture
def second(cast):
    return colleague_of(cast)


def eased(text):
    """Return the rule of 疗休养 with one month of membership instead of what the parameter says."""
    text = text.replace(NEVER, "at_least: 1")
    return text.replace("membership.months: 11", "membership.months: 0").replace(
        "入会十一个月", "当月入会"
    )


def open_to_all(text):
    """Return it without any time of membership."""
    text = eased(text).replace("at_least: 1", "at_least: 0")
    return text.replace("answer: no\n    because: 入会满规定的月数", "answer: yes")


def drafted(cast, *, change=eased, code="recuperation"):
    version = act.draft_rule(code=code, actor=cast.province_cadre, now=cast.now)
    return act.save_rule_text(
        version_id=version.id, text=change(version.text), revision=version.revision,
        actor=cast.province_cadre, now=cast.now,
    )  # fmt: skip


def submitted(cast, **how):
    version = drafted(cast, **how)
    act.submit_rule(version_id=version.id, actor=cast.province_cadre, now=cast.now)
    RulePreview.objects.create(
        version=version, digest=version.digest, as_of=business_day(cast.now),
        state=PreviewState.DONE, asked_at=cast.now,
    )  # fmt: skip
    return version


def released(cast, second, *, days=0, **how):
    version = submitted(cast, **how)
    act.release_rule(
        version_id=version.id,
        valid_from=business_day(cast.now) + timedelta(days=days),
        actor=second,
        now=cast.now,
    )
    version.refresh_from_db()
    return version


def test_the_shipped_file_counts_until_a_version_is_released_and_on_days_before_it(cast, second):
    today = business_day(cast.now)
    version = released(cast, second, days=10)
    assert text_in_force("recuperation", today).text == rule_text("recuperation")
    assert text_in_force("recuperation", today + timedelta(days=9)).number == 0
    then = text_in_force("recuperation", today + timedelta(days=10))
    assert (then.number, then.text) == (1, version.text)


def test_a_past_day_is_answered_by_the_version_in_force_then(town, second):
    (rider,) = town.riders(1)
    today = business_day(town.cast.now)
    released(town.cast, second, days=10, change=open_to_all)
    before, now = (
        explain_person("recuperation", worker_id=rider.worker_id, on=day)
        for day in (today + timedelta(days=9), today + timedelta(days=10))
    )
    assert "入会满规定的月数" in [clause.text for clause in before.failing]
    assert now.answer is Answer.YES


def test_a_new_version_ends_the_one_before_the_day_before(cast, second):
    first = released(cast, second)
    today = business_day(cast.now)
    next_one = released(cast, second, days=5, change=lambda text: text.replace("at_least: 1", "at_least: 2").replace(": 0", ": 1", 1))  # fmt: skip
    first.refresh_from_db()
    assert (next_one.number, first.valid_to) == (2, today + timedelta(days=4))
    assert text_in_force("recuperation", today + timedelta(days=4)).number == 1


def test_who_wrote_it_may_not_release_it(cast, second):
    version = submitted(cast)
    with pytest.raises(Forbidden, match="另一位同事"):
        act.release_rule(version_id=version.id, valid_from=business_day(cast.now), actor=cast.province_cadre, now=cast.now)  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        RuleVersion.objects.filter(id=version.id).update(
            state=VersionState.RELEASED, valid_from=business_day(cast.now), released_at=cast.now,
            released_by=cast.province_cadre.account_id,
        )  # fmt: skip


def test_nor_may_who_changed_a_word_in_it(cast, second):
    version = drafted(cast)
    version = act.save_rule_text(version_id=version.id, text=version.text + "\n", revision=1, actor=second, now=cast.now)  # fmt: skip
    act.submit_rule(version_id=version.id, actor=cast.province_cadre, now=cast.now)
    with pytest.raises(Forbidden, match="另一位同事"):
        act.release_rule(version_id=version.id, valid_from=business_day(cast.now), actor=second, now=cast.now)  # fmt: skip


@pytest.mark.parametrize("who", ["county_cadre", "city_cadre"])
def test_a_rule_of_the_province_is_not_the_lower_levels_to_write(cast, who):
    with pytest.raises((Forbidden, NotFound)):
        act.draft_rule(code="recuperation", actor=cast.actor(who), now=cast.now)


def test_no_day_in_the_past(cast, second):
    version = submitted(cast)
    with pytest.raises(Malformed, match="过去的日子"):
        act.release_rule(version_id=version.id, valid_from=business_day(cast.now) - timedelta(days=1), actor=second, now=cast.now)  # fmt: skip


def test_a_version_may_not_begin_before_one_that_waits_for_its_day(cast, second):
    released(cast, second, days=10)
    version = submitted(cast)
    with pytest.raises(Conflict, match="从那以后起"):
        act.release_rule(version_id=version.id, valid_from=business_day(cast.now), actor=second, now=cast.now)  # fmt: skip


def test_the_database_itself_refuses_two_texts_on_one_day(cast, second):
    first = released(cast, second)
    first.pk, first.number = None, 9
    first._state.adding = True
    with pytest.raises(IntegrityError, match="one_rule_in_force_at_a_time"), transaction.atomic():
        first.save()


@pytest.mark.parametrize(
    "change", [{"text": "x"}, {"released_by_name": "别人"}, {"valid_from": "2020-01-01"}]
)
def test_a_released_text_stands(cast, second, change):
    version = released(cast, second)
    rows = RuleVersion.objects.filter(id=version.id)
    with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
        rows.update(**change)
    with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
        rows.delete()


def test_nothing_is_sent_for_review_while_a_case_fails_or_a_line_is_faulty(cast):
    version = drafted(cast, change=lambda text: eased(text).replace("answer: no", "answer: yes", 1))
    with pytest.raises(Conflict, match="对不上"):
        act.submit_rule(version_id=version.id, actor=cast.province_cadre, now=cast.now)
    act.save_rule_text(version_id=version.id, text=version.text.replace("is: true", "is: 3", 1), revision=1, actor=cast.province_cadre, now=cast.now)  # fmt: skip
    with pytest.raises(RuleFaulty, match="第 12 行第 11 列"):
        act.submit_rule(version_id=version.id, actor=cast.province_cadre, now=cast.now)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text, "一字不差"),
        (lambda text: eased(text).replace("code: recuperation", "code: health_exam"), "code 要写"),
        (lambda text: eased(text).replace('"000000"', '"330100"'), "不能改"),
        (lambda text: eased(text).split("cases:")[0], "写几个例子"),
    ],
)
def test_what_a_version_may_not_be(cast, change, said):
    version = drafted(cast, change=change)
    with pytest.raises(Conflict, match=said):
        act.submit_rule(version_id=version.id, actor=cast.province_cadre, now=cast.now)


def test_it_is_not_released_untried(cast, second):
    version = submitted(cast)
    RulePreview.objects.all().delete()
    with pytest.raises(Conflict, match="先试算"):
        act.release_rule(version_id=version.id, valid_from=business_day(cast.now), actor=second, now=cast.now)  # fmt: skip


def test_it_goes_back_with_a_reason_and_the_drafter_is_told(cast, second):
    version = submitted(cast)
    with pytest.raises(Malformed, match="为什么退回"):
        act.send_back_rule(version_id=version.id, reason=" ", actor=second, now=cast.now)
    act.send_back_rule(version_id=version.id, reason="文件号不对", actor=second, now=cast.now)
    version.refresh_from_db()
    assert (version.state, version.reason) == (VersionState.DRAFT, "文件号不对")
    told = Notice.objects.get(account_id=cast.province_cadre.account_id)
    assert "文件号不对" in told.body
    kinds = Event.objects.filter(subject_type="programme_rule").values_list("kind", flat=True)
    assert {"programmes.rule_drafted", "programmes.rule_submitted", "programmes.rule_sent_back"} <= {*kinds}  # fmt: skip


def test_a_draft_is_taken_back_and_given_up(cast):
    version = submitted(cast)
    actor = cast.province_cadre
    act.take_back_rule(version_id=version.id, actor=actor, now=cast.now)
    act.discard_rule(version_id=version.id, actor=actor, now=cast.now)
    with pytest.raises(Conflict, match="不要了"):
        act.submit_rule(version_id=version.id, actor=actor, now=cast.now)
    assert act.draft_rule(code="recuperation", actor=actor, now=cast.now).number == 2


def test_beginning_twice_is_one_draft(cast, second):
    one = act.draft_rule(code="recuperation", actor=cast.province_cadre, now=cast.now)
    assert act.draft_rule(code="recuperation", actor=second, now=cast.now).id == one.id


def test_of_two_who_write_at_once_the_later_is_told_and_loses_nothing_of_the_earlier(cast, second):
    version = drafted(cast)
    with pytest.raises(Conflict, match="在别处改过"):
        act.save_rule_text(version_id=version.id, text="另一个人写的", revision=0, actor=second, now=cast.now)  # fmt: skip
    version.refresh_from_db()
    assert "at_least: 1" in version.text


# ---- what was concluded when a place was asked for ---------------------------------------------


def test_what_the_rule_said_is_kept_with_the_application(town):
    offer = town.offer()
    (rider,) = town.riders(1)
    claimed = apply_for_place(code=offer.code, actor=rider, now=town.cast.now)
    kept = AwardBasis.objects.get(application_id=claimed.id)
    assert (kept.code, kept.version_id, kept.answer) == ("health_exam", None, "yes")
    assert kept.digest == text_in_force("health_exam", kept.as_of).digest
    facts = {fact["name"]: fact for clause in kept.clauses for fact in clause["facts"]}
    assert facts["membership.is_member"]["value"] is True


def test_a_later_rule_or_fact_does_not_change_why_somebody_got_it(town, second):
    offer = town.offer()
    (rider,) = town.riders(1)
    claimed = apply_for_place(code=offer.code, actor=rider, now=town.cast.now)
    before = AwardBasis.objects.filter(application_id=claimed.id).values().get()
    released(town.cast, second, code="health_exam", change=lambda text: text + "\n# 改过\n")
    withdraw_from_offer(code=offer.code, actor=rider, now=town.cast.now)
    again = apply_for_place(code=offer.code, actor=rider, now=town.cast.now)
    assert AwardBasis.objects.filter(application_id=claimed.id).values().get() == before
    assert AwardBasis.objects.get(application_id=again.id).version.number == 1


def test_the_list_of_applicants_keeps_it_too(town):
    offer = town.offer(Way.DRAW, definition="degree_and_skill")
    (rider,) = town.riders(1)
    claimed = apply_for_place(code=offer.code, actor=rider, now=town.cast.now)
    kept = AwardBasis.objects.get(application_id=claimed.id)
    told = [fact for clause in kept.clauses for fact in clause["facts"]]
    assert told
    assert all("value" not in fact for fact in told if fact.get("is_sensitive"))


@pytest.mark.parametrize("statement", ["UPDATE programmes_awardbasis SET answer = 'no'", "UPDATE programmes_awardbasis SET clauses = '[1]', erased_at = now()", "DELETE FROM programmes_awardbasis"])  # fmt: skip
def test_it_does_not_change_whoever_writes(town, statement):
    (rider,) = town.riders(1)
    apply_for_place(code=town.offer().code, actor=rider, now=town.cast.now)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_who_is_erased_leaves_the_answer_and_no_fact(town):
    (rider,) = town.riders(1)
    claimed = apply_for_place(code=town.offer().code, actor=rider, now=town.cast.now)
    erase_stated([rider.worker_id], town.cast.now)
    kept = AwardBasis.objects.get(application_id=claimed.id)
    assert (kept.answer, kept.clauses) == ("yes", [])
    assert Worker.objects.filter(id=rider.worker_id).exists()
