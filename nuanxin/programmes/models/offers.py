"""服务项目, 一期服务, 名额份."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from nuanxin.programmes.states import OfferState


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
    definition = models.ForeignKey(
        "programmes.DefinitionVersion", models.PROTECT, null=True, db_index=False,
        verbose_name="按哪一版定义",
    )  # fmt: skip
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
