"""Tables of 组织: the union tree dated in both times, and three separate dated relations.

``valid_*`` is when something was so in the world (days), ``recorded_at``/``superseded_at`` when we
knew it (instants). A correction supersedes rows and adds new ones; nothing is rewritten. The
columns ``parent`` and ``path`` of ``Union`` hold the tree of today, kept by the tree's actions and
checked against ``Ancestry`` by the doctor; past days are answered from ``Ancestry``.
"""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class Union(models.Model):
    """A union body of any kind. ``path`` is "/1/20/311/": ids from the root to itself."""

    id = models.BigAutoField(primary_key=True)
    code = models.CharField("工会编码", max_length=24, unique=True)
    name = models.CharField("名称", max_length=120)
    short_name = models.CharField("简称", max_length=60, blank=True)
    kind = models.CharField("类型", max_length=24)
    state = models.CharField("状态", max_length=16, default="active")
    level = models.SmallIntegerField("层级", help_text="1 省 2 市 3 县 4 乡镇街道 5 基层")
    parent = models.ForeignKey("self", models.PROTECT, null=True, verbose_name="上级工会")
    path = models.CharField("路径", max_length=200, db_collation="C")
    credit_code = models.CharField("统一社会信用代码", max_length=18, null=True, unique=True)
    adcode = models.IntegerField("所在地区", help_text="六位行政区划代码")
    town_code = models.IntegerField("所在乡镇街道", null=True, help_text="九位代码")
    industry_code = models.CharField("行业代码", max_length=6, blank=True)
    is_new_form = models.BooleanField("新就业形态工会", default=False)
    accepts_members = models.BooleanField("可直接吸收会员", default=True)
    route = models.CharField("建会路径", max_length=16, blank=True)
    founded_on = models.DateField("成立日期")
    ended_on = models.DateField("终止日期", null=True)
    term_ends_on = models.DateField("届满日期", null=True)
    address = models.CharField("地址", max_length=120, blank=True)
    contact_name = models.CharField("联系人", max_length=60, blank=True)
    contact_phone = models.CharField("公开电话", max_length=20, blank=True)
    lng = models.FloatField("经度", null=True)
    lat = models.FloatField("纬度", null=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="+", verbose_name="并入"
    )

    class Meta:
        verbose_name = "工会"
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("founded_on")),
                name="union_ends_after_founding",
            ),
            models.CheckConstraint(
                condition=Q(
                    ended_on__isnull=True, state__in=["preparing", "active", "term_expired"]
                )
                | Q(ended_on__isnull=False, state__in=["merged", "dissolved"]),
                name="union_ended_with_day_and_state",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(state="merged"),
                name="union_merged_into_another",
            ),
        ]
        indexes = [
            models.Index(fields=["path"], name="union_path"),
            models.Index(fields=["adcode", "kind"], name="union_region"),
            models.Index(
                fields=["parent", "id"], condition=Q(ended_on__isnull=True), name="union_children"
            ),
            models.Index(fields=["founded_on", "adcode"], name="union_founded"),
            models.Index(
                fields=["term_ends_on"], condition=Q(state="active"), name="union_term_end"
            ),
        ]
        # By SQL in a migration: one root; the trigger that keeps ``path``; an ended union has no
        # children after its last day.


class Placement(models.Model):
    """隶属关系: who stood under whom, from when to when, as known from when to when."""

    id = models.BigAutoField(primary_key=True)
    union = models.ForeignKey(Union, models.PROTECT, related_name="placements", verbose_name="工会")
    parent = models.ForeignKey(Union, models.PROTECT, related_name="+", verbose_name="上级工会")
    kind = models.SmallIntegerField("隶属种类", default=1)
    valid_from = models.DateField("生效")
    valid_to = models.DateField("失效", null=True, help_text="不含这一天")
    recorded_at = models.DateTimeField("记入时间")
    superseded_at = models.DateTimeField("被更正时间", null=True)

    class Meta:
        verbose_name = "隶属关系"
        constraints = [
            models.CheckConstraint(condition=~Q(union=F("parent")), name="not_its_own_parent"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="placement_has_a_day",
            ),
            models.CheckConstraint(
                condition=Q(superseded_at__isnull=True) | Q(superseded_at__gte=F("recorded_at")),
                name="placement_known_before_corrected",
            ),
        ]
        indexes = [
            models.Index(
                fields=["parent", "union"],
                condition=Q(superseded_at__isnull=True),
                name="placement_children",
            ),
        ]
        # By SQL in a migration: placements of one union and kind never overlap in both times; no
        # cycle on any day; a parent exists on every day of a placement.


class Ancestry(models.Model):
    """上下级闭包: every (ancestor, union) pair with its distance, in both times; derived."""

    id = models.BigAutoField(primary_key=True)
    ancestor_id = models.BigIntegerField("上级")
    union_id = models.BigIntegerField("工会编号")
    depth = models.SmallIntegerField("距离")
    valid_from = models.DateField("生效")
    valid_to = models.DateField("失效", null=True)
    recorded_at = models.DateTimeField("记入时间")
    superseded_at = models.DateTimeField("被更正时间", null=True)

    class Meta:
        verbose_name = "上下级闭包"
        indexes = [
            models.Index(
                fields=["ancestor_id", "valid_from"],
                include=["valid_to", "union_id", "depth"],
                condition=Q(superseded_at__isnull=True),
                name="ancestry_live_down",
            ),
            models.Index(
                fields=["union_id", "depth"],
                condition=Q(superseded_at__isnull=True),
                name="ancestry_live_up",
            ),
            models.Index(fields=["ancestor_id", "recorded_at"], name="ancestry_known_down"),
            models.Index(fields=["union_id", "recorded_at"], name="ancestry_known_up"),
        ]


class UnionChange(models.Model):
    """组织变动: founding, move, merge, split, dissolution, renaming, correction."""

    id = models.BigAutoField(primary_key=True)
    union = models.ForeignKey(Union, models.PROTECT, related_name="changes", verbose_name="工会")
    other = models.ForeignKey(
        Union, models.PROTECT, null=True, related_name="+", verbose_name="对方工会"
    )
    kind = models.CharField("变动种类", max_length=16)
    effective_on = models.DateField("生效日期")
    recorded_at = models.DateTimeField("记入时间", db_default=Now())
    reason = models.CharField("原因", max_length=200, blank=True)
    document = models.CharField("批复文号", max_length=80, blank=True)
    data = models.JSONField("内容", default=dict)

    class Meta:
        verbose_name = "组织变动"
        indexes = [
            models.Index(fields=["effective_on", "kind"], name="change_day"),
            models.Index(
                fields=["kind", "id"],
                include=["union"],
                condition=Q(kind__in=["dissolved", "reported"]),
                name="change_dissolved",
            ),
        ]


class Territory(models.Model):
    """管辖地域: the region a union works in (county, or town), dated in both times.

    One of them is its seat, and only one on any day: figures by region count a union there, in the
    region that was its seat on that day. ``Union.adcode`` and ``town_code`` are the seat of today.
    """

    id = models.BigAutoField(primary_key=True)
    union = models.ForeignKey(
        Union, models.PROTECT, related_name="territories", verbose_name="工会"
    )
    adcode = models.IntegerField("地区")
    town_code = models.IntegerField("乡镇街道", null=True)
    is_seat = models.BooleanField("驻地", default=False)
    valid_from = models.DateField("生效")
    valid_to = models.DateField("失效", null=True)
    recorded_at = models.DateTimeField("记入时间")
    superseded_at = models.DateTimeField("被更正时间", null=True)

    class Meta:
        verbose_name = "管辖地域"
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="territory_has_a_day",
            ),
        ]
        indexes = [
            models.Index(
                fields=["adcode", "valid_from"],
                include=["valid_to", "union", "is_seat"],
                condition=Q(superseded_at__isnull=True),
                name="territory_live_region",
            ),
            models.Index(
                fields=["town_code"],
                condition=Q(superseded_at__isnull=True, town_code__isnull=False),
                name="territory_live_town",
            ),
        ]
        # By SQL in a migration: one seat on any day; the same place not twice on a day.


class Employer(models.Model):
    """用人单位, with its checked social-credit code; a platform is an employer with the flag."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField("名称", max_length=120)
    credit_code = models.CharField("统一社会信用代码", max_length=18, null=True, unique=True)
    adcode = models.IntegerField("注册地区", null=True)
    industry_code = models.CharField("行业代码", max_length=6, blank=True)
    is_platform = models.BooleanField("平台企业", default=False)
    is_key_enterprise = models.BooleanField("头部(重点)企业", default=False)
    recorded_at = models.DateTimeField("登记时间", db_default=Now())
    closed_on = models.DateField("终止日期", null=True)

    class Meta:
        verbose_name = "用人单位"
        indexes = [models.Index(fields=["name"], name="employer_name")]


class Outlet(models.Model):
    """网点: a place of an employer where people work; may lie in another city than its union."""

    id = models.BigAutoField(primary_key=True)
    employer = models.ForeignKey(Employer, models.PROTECT, verbose_name="用人单位")
    name = models.CharField("名称", max_length=120)
    adcode = models.IntegerField("地区")
    town_code = models.IntegerField("乡镇街道", null=True)
    address = models.CharField("地址", max_length=120, blank=True, db_default="")
    kind = models.CharField("网点类型", max_length=20, blank=True, db_default="")
    lng = models.FloatField("经度", null=True)
    lat = models.FloatField("纬度", null=True)
    opened_on = models.DateField("启用日期", null=True)
    closed_on = models.DateField("停用日期", null=True)

    class Meta:
        verbose_name = "网点"
        constraints = [
            models.UniqueConstraint(fields=["employer", "name"], name="one_outlet_per_name")
        ]
        indexes = [models.Index(fields=["adcode"], name="outlet_region")]


class Coverage(models.Model):
    """覆盖单位: the employers (and single outlets) that a union covers, dated."""

    id = models.BigAutoField(primary_key=True)
    union = models.ForeignKey(Union, models.PROTECT, related_name="coverages", verbose_name="工会")
    employer = models.ForeignKey(Employer, models.PROTECT, verbose_name="用人单位")
    outlet = models.ForeignKey(Outlet, models.PROTECT, null=True, verbose_name="网点")
    industry_code = models.CharField("行业代码", max_length=6, blank=True)
    valid_from = models.DateField("生效")
    valid_to = models.DateField("失效", null=True)
    recorded_at = models.DateTimeField("记入时间", db_default=Now())
    superseded_at = models.DateTimeField("被更正时间", null=True)

    class Meta:
        verbose_name = "覆盖单位"
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="coverage_has_a_day",
            ),
        ]
        indexes = [
            models.Index(
                fields=["employer", "outlet"],
                condition=Q(superseded_at__isnull=True),
                name="coverage_live_employer",
            ),
            models.Index(
                fields=["union", "id"],
                condition=Q(superseded_at__isnull=True),
                name="coverage_live_union",
            ),
        ]
        # By SQL in a migration: the same employer (outlet, industry) not twice on a day.
