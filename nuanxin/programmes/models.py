"""Tables of 服务: programmes, offers, pools, seats, applications, draws.

A seat is a row: whoever holds it holds a place, and there are as many rows as places. An application
that is granted or confirmed has exactly one seat and no other has one (triggers, migration 0001);
one person has one live application an offer (unique index). So overselling, a place lost to somebody
who asked twice, and two places for one person are refused by the database, whoever writes.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from nuanxin.programmes.states import LIVE, ClaimState, OfferState


class Programme(models.Model):
    """服务项目: what a definition describes (programmes/parameters/definitions), year after year."""

    id = models.BigAutoField(primary_key=True)
    code = models.SlugField("代码", max_length=60, unique=True, db_index=False)
    title = models.CharField("名称", max_length=60)
    kind = models.CharField("种类", max_length=16)
    created_at = models.DateTimeField("建立时间")

    class Meta:
        verbose_name = "服务项目"


class Offer(models.Model):
    """一期服务: so many places, from whom, for whom, until when, shared how."""

    id = models.BigAutoField(primary_key=True)
    code = models.SlugField("编号", max_length=20, unique=True, db_index=False)
    programme = models.ForeignKey(Programme, models.PROTECT, verbose_name="服务项目")
    union = models.ForeignKey("orgs.Union", models.PROTECT, db_index=False, verbose_name="主办工会")
    title = models.CharField("名称", max_length=60)
    about = models.CharField("说明", max_length=400, blank=True)
    state = models.SmallIntegerField("状态", default=int(OfferState.DRAFT))
    way = models.SmallIntegerField("名额怎么给")
    opens_at = models.DateTimeField("报名开始")
    closes_at = models.DateTimeField("报名截止")
    starts_on = models.DateField("服务开始", null=True)
    ends_on = models.DateField("服务结束", null=True)
    places = models.IntegerField("名额")
    money_fen = models.BigIntegerField("每人多少钱", default=0)
    rule_code = models.SlugField("条件代码", max_length=60, blank=True, db_index=False)
    conditions = models.JSONField("条件", default=list)
    evidence = models.JSONField("要带什么", default=list)
    provider = models.CharField("谁来办", max_length=80, blank=True)
    cost_bearer = models.CharField("谁出钱", max_length=80, blank=True)
    publicity_days = models.SmallIntegerField("公示工作日", default=0)
    directed_permille = models.SmallIntegerField("定向千分数", default=0)
    directed_occupations = ArrayField(models.SmallIntegerField(), default=list)
    released_at = models.DateTimeField("定向名额放开时间", null=True)
    confirm_hours = models.SmallIntegerField("候补确认小时", default=24)
    overflows = models.BooleanField("各份之间调剂", default=True)
    proof = models.JSONField("名额分配过程", default=list)
    created_by = models.UUIDField("建立账号", null=True)
    created_by_name = models.CharField("建立人", max_length=60, blank=True)
    created_at = models.DateTimeField("建立时间")
    published_at = models.DateTimeField("发布时间", null=True)
    awarded_at = models.DateTimeField("定名额时间", null=True)

    class Meta:
        verbose_name = "一期服务"
        constraints = [
            models.CheckConstraint(
                condition=Q(places__gte=1, places__lte=1_000_000), name="offer_has_places"
            ),
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")), name="offer_closes_after_it_opens"
            ),
            models.CheckConstraint(
                condition=Q(directed_permille__gte=0, directed_permille__lte=1000),
                name="offer_directed_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(state=int(OfferState.DRAFT))
                | Q(state=int(OfferState.CANCELLED))
                | Q(published_at__isnull=False),
                name="offer_open_was_published",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "closes_at", "id"], name="offer_open_by_end"),
            models.Index(fields=["union", "-id"], name="offer_union"),
        ]


class Pool(models.Model):
    """名额份: a part of an offer's places, for a region, a trade or a union (or for everybody)."""

    id = models.BigAutoField(primary_key=True)
    offer = models.ForeignKey(Offer, models.CASCADE, db_index=False, verbose_name="一期服务")
    ordinal = models.SmallIntegerField("次序")
    label = models.CharField("名称", max_length=60)
    region = models.IntegerField("地区", null=True)
    occupation = models.SmallIntegerField("职业", null=True)
    union_path = models.CharField("工会路径", max_length=200, blank=True)
    weight = models.DecimalField("权数", max_digits=14, decimal_places=3)
    directed_weight = models.DecimalField("定向权数", max_digits=14, decimal_places=3, null=True)
    places = models.IntegerField("名额")
    directed = models.IntegerField("其中定向", default=0)

    class Meta:
        verbose_name = "名额份"
        constraints = [
            models.UniqueConstraint(fields=["offer", "ordinal"], name="each_pool_once"),
            models.CheckConstraint(
                condition=Q(directed__gte=0, places__gte=F("directed")), name="directed_within_pool"
            ),
        ]


class Application(models.Model):
    """报名: one person asks for one place of an offer; with a seat when it is granted."""

    id = models.BigAutoField(primary_key=True)
    offer = models.ForeignKey(
        Offer, models.PROTECT, db_constraint=False, db_index=False, verbose_name="一期服务"
    )
    pool = models.ForeignKey(Pool, models.PROTECT, db_index=False, verbose_name="名额份")
    worker = models.ForeignKey("people.Worker", models.PROTECT, verbose_name="劳动者")
    is_directed = models.BooleanField("定向人群", default=False)
    state = models.SmallIntegerField("状态")
    points = models.IntegerField("分数", null=True)
    rank = models.IntegerField("候补次序", default=0)
    applied_at = models.DateTimeField("报名时间")
    keep_until = models.DateTimeField("留到", null=True)
    ended_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        verbose_name = "报名"
        constraints = [
            models.UniqueConstraint(
                fields=["offer", "worker"],
                condition=Q(state__in=[int(s) for s in LIVE]),
                name="one_live_application_per_offer",
            ),
        ]
        indexes = [
            models.Index(
                fields=["pool", "rank", "id"],
                condition=Q(state=int(ClaimState.WAITING)),
                name="application_waiting",
            ),
            models.Index(
                fields=["keep_until"],
                condition=Q(state=int(ClaimState.GRANTED)),
                name="application_to_expire",
            ),
        ]


class Seat(models.Model):
    """名额: one place. Free without an application; taken by one, and by one only."""

    id = models.BigAutoField(primary_key=True)
    offer = models.ForeignKey(Offer, models.PROTECT, db_index=False, verbose_name="一期服务")
    pool = models.ForeignKey(Pool, models.PROTECT, db_index=False, verbose_name="名额份")
    ordinal = models.IntegerField("序号")
    is_directed = models.BooleanField("定向", default=False)
    slot_at = models.DateTimeField("时段", null=True)
    application = models.OneToOneField(
        Application, models.PROTECT, null=True, db_constraint=False, verbose_name="报名"
    )
    holder_directed = models.BooleanField("持有人属定向人群", default=False)
    taken_at = models.DateTimeField("给出时间", null=True)

    class Meta:
        verbose_name = "名额"
        constraints = [
            models.UniqueConstraint(fields=["offer", "ordinal"], name="each_seat_once"),
            models.CheckConstraint(
                condition=Q(application__isnull=True, taken_at__isnull=True)
                | Q(application__isnull=False, taken_at__isnull=False),
                name="seat_taken_with_its_time",
            ),
            models.CheckConstraint(
                condition=Q(is_directed=False)
                | Q(application__isnull=True)
                | Q(holder_directed=True),
                name="directed_seat_for_the_directed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["pool", "is_directed", "ordinal"],
                condition=Q(application__isnull=True),
                name="seat_free",
            ),
        ]


class Draw(models.Model):
    """抽签: the file that is committed, and the same file with its value and result."""

    id = models.BigAutoField(primary_key=True)
    offer = models.OneToOneField(Offer, models.PROTECT, verbose_name="一期服务")
    committed = models.JSONField("封存的文件")
    commitment = models.CharField("指纹", max_length=64)
    committed_at = models.DateTimeField("封存时间")
    committed_by = models.UUIDField("封存账号", null=True)
    committed_by_name = models.CharField("封存人", max_length=60, blank=True)
    done = models.JSONField("抽签的文件", null=True)
    drawn_at = models.DateTimeField("抽签时间", null=True)
    drawn_by = models.UUIDField("抽签账号", null=True)
    drawn_by_name = models.CharField("抽签人", max_length=60, blank=True)

    class Meta:
        verbose_name = "抽签"
        constraints = [
            models.CheckConstraint(
                condition=Q(done__isnull=True, drawn_at__isnull=True)
                | Q(done__isnull=False, drawn_at__isnull=False),
                name="drawn_with_its_time",
            )
        ]


class StatedFact(models.Model):
    """填报的情况: what somebody states for programmes; never a sensitive fact (those are not kept)."""

    id = models.BigAutoField(primary_key=True)
    worker = models.ForeignKey(
        "people.Worker", models.PROTECT, db_index=False, verbose_name="劳动者"
    )
    name = models.CharField("情况", max_length=60)
    whole = models.BigIntegerField("数值", null=True)
    day = models.DateField("日期", null=True)
    stated_on = models.DateField("填报日期")
    source = models.CharField("来源", max_length=60)
    recorded_at = models.DateTimeField("登记时间")
    recorded_by = models.UUIDField("登记账号", null=True)
    taken_back_at = models.DateTimeField("撤回时间", null=True)

    class Meta:
        verbose_name = "填报的情况"
        constraints = [
            models.CheckConstraint(
                condition=Q(whole__isnull=False, day__isnull=True)
                | Q(whole__isnull=True, day__isnull=False),
                name="stated_fact_has_one_value",
            )
        ]
        indexes = [
            models.Index(fields=["worker", "name", "-stated_on", "-id"], name="stated_fact_latest")
        ]


class KeptRule(models.Model):
    """条件: a rule as it was last applied to the whole register, with what came out."""

    id = models.AutoField(primary_key=True)
    code = models.SlugField("代码", max_length=60, unique=True, db_index=False)
    title = models.CharField("名称", max_length=80)
    text = models.TextField("全文")
    digest = models.CharField("指纹", max_length=64)
    as_of = models.DateField("按哪天")
    applied_at = models.DateTimeField("比对时间")
    counts = models.JSONField("结果")

    class Meta:
        verbose_name = "条件"


class Ruling(models.Model):
    """条件的结论: bits of the conditions that fail and of those not known; none of either is yes."""

    id = models.BigAutoField(primary_key=True)
    rule = models.ForeignKey(KeptRule, models.CASCADE, db_index=False, verbose_name="条件")
    worker = models.ForeignKey(
        "people.Worker",
        models.CASCADE,
        db_constraint=False,
        db_index=False,
        verbose_name="劳动者",
    )
    failing = models.IntegerField("没满足的")
    missing = models.IntegerField("还不知道的")
    since = models.DateField("从哪天起")

    class Meta:
        verbose_name = "条件的结论"
        constraints = [
            models.UniqueConstraint(fields=["worker", "rule"], name="one_ruling_a_person_and_rule"),
            models.CheckConstraint(
                condition=Q(failing__gte=0, missing__gte=0), name="ruling_masks_are_bits"
            ),
        ]
        indexes = [
            models.Index(
                fields=["rule", "worker"],
                condition=Q(failing=0, missing=0),
                name="ruling_of_who_fits",
            )
        ]
