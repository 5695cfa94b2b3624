"""Tables of 数读: what was published, word by word and number by number, who approved it, and locks.

What the database itself refuses (migration 0004): to change or delete anything of a published
version but that it was replaced; a move of state that is not in ``states.MOVES``; a published
version without two approvers who are two persons and neither of them the author, without a line,
or out of the chain; a lock before those below, an unlocking below a lock.
"""

from django.db import models
from django.db.models import F, Q

from nuanxin.figures.rules.sealing import FORMAT
from nuanxin.figures.states import EVERYBODY_READS, UNDER_WAY
from nuanxin.kernel.figure import RATIO_DECIMALS


class PublicationSeries(models.Model):
    """发布系列: versions of one publication; its number is what people quote."""

    id = models.BigAutoField(primary_key=True)
    union = models.ForeignKey("orgs.Union", models.PROTECT, verbose_name="发布的工会")
    created_at = models.DateTimeField("建立时间")

    class Meta:
        verbose_name = "发布系列"


class Publication(models.Model):
    """发布: one version. ``number`` is its place in the chain of all publications, from 1.

    ``content_hash`` is the SHA-256 of the canonical text that ``rules.sealing`` makes of the row
    and its lines; ``signature`` (Ed25519) is over it, ``previous_hash`` is the one before.
    ``format`` is how that text is written (``rules.sealing.FORMATS``); ``salt`` binds the seals of
    its lines, and is handed out with the evidence only.
    """

    id = models.BigAutoField(primary_key=True)
    series = models.ForeignKey(
        PublicationSeries, models.PROTECT, related_name="versions", verbose_name="系列"
    )
    version = models.SmallIntegerField("第几版", default=1)
    is_withdrawal = models.BooleanField("撤下原版", default=False)
    title = models.CharField("标题", max_length=80)
    union = models.ForeignKey("orgs.Union", models.PROTECT, verbose_name="发布的工会")
    region = models.IntegerField("地区")
    period_start = models.DateField("起始日", null=True, help_text="空着是从有记录起")
    as_of = models.DateField("截至日")
    known_at = models.DateTimeField("按哪一刻所知")
    measured_at = models.DateTimeField("测算时间")
    least_persons = models.SmallIntegerField("一格最少人数")
    format = models.SmallIntegerField("文本格式", default=FORMAT)
    salt = models.BinaryField("封条的盐", max_length=32, null=True)
    state = models.SmallIntegerField("状态", default=1)
    round = models.SmallIntegerField("第几轮审签", default=1)
    reason = models.CharField("更正原因", max_length=300, blank=True)
    sent_back = models.CharField("退回原因", max_length=300, blank=True)
    author_key = models.CharField("起草人", max_length=40)
    author_account = models.UUIDField("起草账号", null=True)
    author_name = models.CharField("起草人姓名", max_length=80, blank=True)
    drafted_at = models.DateTimeField("起草时间")
    checked_at = models.DateTimeField("核对时间", null=True)
    published_at = models.DateTimeField("发布时间", null=True)
    number = models.IntegerField("发布序号", null=True, unique=True)
    previous_hash = models.CharField("上一次发布的指纹", max_length=64, blank=True)
    content_hash = models.CharField("指纹", max_length=64, blank=True)
    signature = models.BinaryField("签名", max_length=64, null=True)

    class Meta:
        verbose_name = "发布"
        constraints = [
            models.UniqueConstraint(fields=["series", "version"], name="publication_version_once"),
            models.UniqueConstraint(
                fields=["series"],
                condition=Q(state__in=[int(s) for s in UNDER_WAY]),
                name="publication_one_version_under_way",
            ),
            models.UniqueConstraint(
                fields=["series"], condition=Q(state=4), name="publication_one_version_stands"
            ),
            models.CheckConstraint(
                condition=Q(version=1) | ~Q(reason=""), name="publication_corrected_with_reason"
            ),
            models.CheckConstraint(
                condition=Q(period_start__isnull=True) | Q(period_start__lte=F("as_of")),
                name="publication_period_begins_first",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[int(s) for s in UNDER_WAY],
                    published_at__isnull=True,
                    number__isnull=True,
                    signature__isnull=True,
                    content_hash="",
                )
                | Q(
                    state__in=[int(s) for s in EVERYBODY_READS],
                    published_at__isnull=False,
                    number__isnull=False,
                    signature__isnull=False,
                    published_at__gte=F("measured_at"),
                ),
                name="publication_published_and_signed",
            ),
        ]
        indexes = [
            models.Index(fields=["union", "-id"], name="publication_union"),
            models.Index(
                fields=["-number"], condition=Q(number__isnull=False), name="publication_chain"
            ),
        ]


class PublicationLine(models.Model):
    """发布的数: one figure of one place and cut, with definition and lineage as they were then.

    ``value`` is what everybody reads: to the ten where it counts persons (``rounded_to``), empty
    where it is withheld. Of a rate it is in hundredths of a percent, made of ``numerator`` and ``denominator`` as
    everybody reads them. ``measured``, the row-set's hash and count are for those with the right and
    for auditors; ``rows_seal`` binds them in the public text. A line of format 1 has no seal: there
    value, hash and count were public, and all empty where withheld.
    """

    id = models.BigAutoField(primary_key=True)
    publication = models.ForeignKey(
        Publication, models.PROTECT, related_name="lines", verbose_name="发布"
    )
    position = models.IntegerField("次序")
    code = models.CharField("指标代码", max_length=80)
    label = models.CharField("指标", max_length=60)
    unit = models.CharField("单位", max_length=16)
    definition = models.TextField("口径")
    definition_version = models.SmallIntegerField("口径版本")
    region = models.IntegerField("地区")
    occupation = models.CharField("职业", max_length=32, blank=True)
    channel = models.CharField("入会渠道", max_length=32, blank=True)
    period_start = models.DateField("起始日", null=True)
    as_of = models.DateField("截至日")
    value = models.BigIntegerField("数值", null=True)
    rounded_to = models.SmallIntegerField("写到几的整倍数", default=1)
    is_withheld = models.BooleanField("不公布", default=False)
    measured = models.BigIntegerField("实测", null=True)
    digest = models.CharField("测算指纹", max_length=16)
    rows_hash = models.CharField("明细指纹", max_length=64, blank=True)
    rows_count = models.BigIntegerField("明细行数", null=True)
    rows_seal = models.CharField("明细封条", max_length=64, blank=True)
    note = models.CharField("变动说明", max_length=200, blank=True)
    numerator = models.BigIntegerField("分子", null=True)
    denominator = models.BigIntegerField("分母", null=True)
    measured_numerator = models.BigIntegerField("实测分子", null=True)
    measured_denominator = models.BigIntegerField("实测分母", null=True)
    denominator_label = models.CharField("分母是什么", max_length=60, blank=True)
    denominator_source = models.CharField("分母来源", max_length=600, blank=True)
    denominator_as_of = models.DateField("分母的日子", null=True)

    class Meta:
        verbose_name = "发布的数"
        constraints = [
            models.UniqueConstraint(fields=["publication", "position"], name="line_position_once"),
            models.UniqueConstraint(
                fields=["publication", "code", "region", "occupation", "channel"],
                name="line_once_a_place_and_cut",
            ),
            models.CheckConstraint(
                condition=Q(
                    ~Q(rows_seal=""),
                    ~Q(rows_hash=""),
                    Q(is_withheld=True, value__isnull=True)
                    | Q(is_withheld=False, value__isnull=False),
                    measured__isnull=False,
                    rows_count__isnull=False,
                )
                | Q(
                    Q(is_withheld=False, value__isnull=False, rows_count__isnull=False)
                    | Q(
                        is_withheld=True, value__isnull=True, rows_count__isnull=True, rows_hash=""
                    ),
                    rows_seal="",
                    measured__isnull=True,
                ),
                name="line_withheld_tells_nothing",
            ),
            models.CheckConstraint(
                condition=Q(
                    measured_numerator__isnull=True,
                    measured_denominator__isnull=True,
                    numerator__isnull=True,
                    denominator__isnull=True,
                    denominator_label="",
                )
                | Q(
                    Q(is_withheld=True) | Q(numerator__isnull=False, denominator__isnull=False),
                    ~Q(denominator_label=""),
                    measured_numerator__isnull=False,
                    measured_denominator__gt=0,
                ),
                name="rate_tells_both_its_parts",
            ),
        ]

    @property
    def is_rate(self) -> bool:
        """Return whether the line is a rate, which tells its parts too."""
        return self.measured_denominator is not None

    @property
    def decimals(self) -> int:
        """Return how many of the value's digits stand behind the point."""
        return RATIO_DECIMALS if self.is_rate else 0

    @property
    def counted(self) -> int | None:
        """Return the number to the one, for those with the right; None where format 1 withheld it."""
        return self.value if self.measured is None else self.measured


class Approval(models.Model):
    """审签: one person's name under one version; appended, and never by its author."""

    id = models.BigAutoField(primary_key=True)
    publication = models.ForeignKey(
        Publication, models.PROTECT, related_name="approvals", verbose_name="发布"
    )
    round = models.SmallIntegerField("第几轮审签")
    person_key = models.CharField("审签人", max_length=40)
    account = models.UUIDField("审签账号", null=True)
    name = models.CharField("审签人姓名", max_length=80, blank=True)
    approved_at = models.DateTimeField("审签时间")

    class Meta:
        verbose_name = "审签"
        constraints = [
            models.UniqueConstraint(
                fields=["publication", "round", "person_key"], name="approval_once_a_person"
            )
        ]


class PeriodLock(models.Model):
    """锁定: a month of a federation, from below upwards; its figures are read as known at the lock."""

    id = models.BigAutoField(primary_key=True)
    month = models.DateField("月份", help_text="该月第一天")
    union = models.ForeignKey("orgs.Union", models.PROTECT, verbose_name="工会")
    region = models.IntegerField("地区")
    locked_at = models.DateTimeField("锁定时间")
    locked_by = models.UUIDField("锁定账号", null=True)
    locked_by_name = models.CharField("锁定人", max_length=80, blank=True)
    unlocked_at = models.DateTimeField("解锁时间", null=True)
    unlocked_by = models.UUIDField("解锁账号", null=True)
    unlocked_by_name = models.CharField("解锁人", max_length=80, blank=True)
    unlock_reason = models.CharField("解锁原因", max_length=300, blank=True)

    class Meta:
        verbose_name = "锁定"
        constraints = [
            models.UniqueConstraint(
                fields=["month", "union"],
                condition=Q(unlocked_at__isnull=True),
                name="lock_once_a_month",
            ),
            models.CheckConstraint(
                condition=Q(unlocked_at__isnull=True, unlock_reason="")
                | (Q(unlocked_at__isnull=False) & ~Q(unlock_reason="")),
                name="unlocked_when_and_why",
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="lock_of_a_whole_month"),
        ]
        indexes = [
            models.Index(
                fields=["region", "month"],
                condition=Q(unlocked_at__isnull=True),
                name="lock_of_region",
            )
        ]
