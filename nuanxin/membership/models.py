"""Tables of 会籍: applications, memberships, transfers, roster batches, ceremonies, flows, stocks.

One person has one open application and one membership that has not ended; periods of one person
never overlap (exclusion constraint, in the migration). ``MemberFlow`` is the append-only source of
every figure; ``MemberStock`` and ``UnionStock`` are folded from it and can be recounted.

The two tables that a bulk joining fills (applications, memberships) carry no foreign-key triggers:
those cost half as much again as all their indexes. Statement triggers with transition tables check
the same references as a set (migration 0002), and the tables pointed at refuse deletion.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from nuanxin.membership.states import FlowKind


class RosterBatch(models.Model):
    """花名册批次: one dropped file, its recognised columns, the verdicts and the effect."""

    id = models.BigAutoField(primary_key=True)
    union = models.ForeignKey("orgs.Union", models.PROTECT, verbose_name="工会")
    state = models.SmallIntegerField("状态", default=1)
    file_id = models.UUIDField("原件")
    file_name = models.CharField("文件名", max_length=200)
    file_sha256 = models.BinaryField("原件指纹", max_length=32)
    mapping = models.JSONField("列对应", null=True)
    options = models.JSONField("选项", default=dict)
    rows_count = models.IntegerField("行数", default=0)
    totals = models.JSONField("各类行数", default=dict)
    done_rows = models.IntegerField("已办行数", default=0)
    created_by = models.UUIDField("上传账号", null=True)
    created_by_name = models.CharField("上传人", max_length=60, blank=True)
    created_at = models.DateTimeField("上传时间")
    started_at = models.DateTimeField("开始办理时间", null=True)
    finished_at = models.DateTimeField("办完时间", null=True)
    undo_until = models.DateTimeField("可撤销到", null=True)
    undone_at = models.DateTimeField("撤销时间", null=True)
    failure = models.CharField("没办成的原因", max_length=400, blank=True)
    ceremony = models.ForeignKey(
        "membership.Ceremony", models.PROTECT, null=True, verbose_name="仪式"
    )

    class Meta:
        verbose_name = "花名册批次"
        indexes = [models.Index(fields=["union", "-id"], name="batch_union")]


class Listing(models.Model):
    """登记表: a dropped table of outlets or unions, its verdicts and how far it has taken effect."""

    id = models.BigAutoField(primary_key=True)
    union = models.ForeignKey("orgs.Union", models.PROTECT, verbose_name="工会")
    kind = models.CharField("登记什么", max_length=8)
    state = models.SmallIntegerField("状态", default=1)
    file_id = models.UUIDField("原件")
    file_name = models.CharField("文件名", max_length=200)
    mapping = models.JSONField("列对应", null=True)
    options = models.JSONField("选项", default=dict)
    rows_count = models.IntegerField("行数", default=0)
    totals = models.JSONField("各类行数", default=dict)
    done_rows = models.IntegerField("已办行数", default=0)
    created_by = models.UUIDField("上传账号", null=True)
    created_by_name = models.CharField("上传人", max_length=60, blank=True)
    created_at = models.DateTimeField("上传时间")
    confirmed_by = models.UUIDField("办理账号", null=True)
    started_at = models.DateTimeField("开始办理时间", null=True)
    finished_at = models.DateTimeField("办完时间", null=True)
    failure = models.CharField("没办成的原因", max_length=400, blank=True)

    class Meta:
        verbose_name = "登记表"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(started_at__isnull=True) | models.Q(confirmed_by__isnull=False),
                name="listing_started_by_somebody",
            )
        ]
        indexes = [models.Index(fields=["union", "-id"], name="listing_union")]


class RosterChunk(models.Model):
    """花名册分段: a run of rows that took effect in one transaction, with its verdicts."""

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(RosterBatch, models.CASCADE, verbose_name="花名册批次")
    number = models.IntegerField("段号")
    row_numbers = models.BinaryField("表格行号", help_text="int32, little endian")
    outcomes = models.BinaryField("结论", help_text="uint8, RowOutcome")
    took_effect_at = models.DateTimeField("生效时间", null=True)

    class Meta:
        verbose_name = "花名册分段"
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="each_chunk_once")]


class Ceremony(models.Model):
    """集体入会仪式: people confirm on site with a code that works on the day."""

    id = models.BigAutoField(primary_key=True)
    union = models.ForeignKey("orgs.Union", models.PROTECT, verbose_name="工会")
    code = models.CharField("现场口令", max_length=8)
    title = models.CharField("名称", max_length=80)
    place = models.CharField("地点", max_length=120, blank=True)
    held_on = models.DateField("日期")
    created_by = models.UUIDField("建立账号", null=True)
    created_at = models.DateTimeField("建立时间")
    closed_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        verbose_name = "仪式"
        constraints = [
            models.UniqueConstraint(
                fields=["code", "held_on"], name="one_ceremony_per_code_and_day"
            )
        ]


class JoinApplication(models.Model):
    """入会申请: from an invitation or the person's own request to the committee's decision."""

    id = models.BigAutoField(primary_key=True)
    worker = models.ForeignKey(
        "people.Worker", models.PROTECT, db_constraint=False, verbose_name="劳动者"
    )
    union = models.ForeignKey(
        "orgs.Union", models.PROTECT, db_constraint=False, db_index=False, verbose_name="工会"
    )
    channel = models.SmallIntegerField("入会渠道")
    state = models.SmallIntegerField("状态")
    occupation = models.SmallIntegerField("职业")
    work_adcode = models.IntegerField("工作地区", null=True)
    place_stated = models.CharField("所报单位或网点", max_length=120, blank=True)
    outlet = models.ForeignKey(
        "orgs.Outlet",
        models.PROTECT,
        db_constraint=False,
        null=True,
        db_index=False,
        verbose_name="网点",
    )
    batch = models.ForeignKey(
        RosterBatch,
        models.PROTECT,
        db_constraint=False,
        null=True,
        db_index=False,
        verbose_name="花名册批次",
    )
    row_number = models.IntegerField("表格行号", null=True)
    doubts = models.SmallIntegerField("疑点", default=0, help_text="位标志，见 rules.Doubt")
    created_at = models.DateTimeField("建立时间")
    confirmed_at = models.DateTimeField("本人确认时间", null=True)
    confirmed_via = models.CharField("确认方式", max_length=16, blank=True)
    due_on = models.DateField("审核期限", null=True)
    expires_on = models.DateField("邀请有效期", null=True)
    reminders_sent = models.SmallIntegerField("已提醒次数", default=0)
    decided_at = models.DateTimeField("决定时间", null=True)
    decided_by = models.UUIDField("决定账号", null=True)
    decided_by_name = models.CharField("决定人", max_length=60, blank=True)
    decision_note = models.CharField("决定说明", max_length=200, blank=True)
    escalated_at = models.DateTimeField("上报时间", null=True)

    class Meta:
        verbose_name = "入会申请"
        constraints = [
            models.UniqueConstraint(
                fields=["worker"],
                condition=Q(state__in=[1, 2, 3]),
                name="one_open_application_per_person",
            ),
            models.UniqueConstraint(
                fields=["batch", "row_number"],
                condition=Q(batch__isnull=False),
                name="each_roster_row_once",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True) | Q(state__in=[3, 4, 5, 8]),
                name="decision_has_a_state",
            ),
        ]
        indexes = [
            models.Index(
                fields=["union", "state", "id"],
                condition=Q(state__in=[1, 2, 3]),
                name="application_queue",
            ),
        ]


class Membership(models.Model):
    """会籍: one period of belonging to one union. It starts on the day of approval (M-11)."""

    id = models.BigAutoField(primary_key=True)
    worker = models.ForeignKey(
        "people.Worker", models.PROTECT, db_constraint=False, db_index=False, verbose_name="劳动者"
    )
    union = models.ForeignKey(
        "orgs.Union", models.PROTECT, db_constraint=False, db_index=False, verbose_name="工会"
    )
    state = models.SmallIntegerField("状态", default=1)
    channel = models.SmallIntegerField("入会渠道")
    occupation = models.SmallIntegerField("职业")
    work_adcode = models.IntegerField("工作地区", null=True)
    outlet_id = models.BigIntegerField("网点", null=True)
    started_on = models.DateField("起")
    ended_on = models.DateField("止", null=True, help_text="不含这一天")
    end_reason = models.SmallIntegerField("终止原因", null=True)
    joined_on = models.DateField("首次入会日期", help_text="随转会带走")
    retained_on = models.DateField("保留会籍起", null=True)
    application = models.ForeignKey(
        JoinApplication,
        models.PROTECT,
        db_constraint=False,
        null=True,
        db_index=False,
        verbose_name="入会申请",
    )
    previous = models.ForeignKey(
        "self",
        models.PROTECT,
        db_constraint=False,
        null=True,
        db_index=False,
        verbose_name="转出自",
    )
    recorded_at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = "会籍"
        constraints = [
            models.UniqueConstraint(
                fields=["worker"],
                condition=Q(ended_on__isnull=True),
                name="one_live_membership_per_person",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True, end_reason__isnull=True, state__in=[1, 2])
                | Q(ended_on__isnull=False, end_reason__isnull=False, state=3),
                name="ended_with_day_and_reason",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="membership_ends_after_start",
            ),
        ]
        indexes = [
            # Two halves: a list of live members never steps over those who have gone.
            models.Index(
                fields=["union", "id"],
                condition=Q(ended_on__isnull=True),
                name="membership_union",
            ),
            models.Index(
                fields=["union", "id"],
                condition=Q(ended_on__isnull=False),
                name="membership_union_ended",
            ),
        ]
        # The exclusion constraint over (worker, period) is made in the migration.


class DecisionRun(models.Model):
    """审核批次: the applications that one person decided in one go; taken back as a whole or in part.

    ``application_ids`` are exactly those that were decided, in ascending order, at most 5,000.
    """

    id = models.BigAutoField(primary_key=True)
    verdict = models.SmallIntegerField("决定", help_text="JoinState 的通过、退回、未通过")
    application_ids = ArrayField(models.BigIntegerField(), verbose_name="申请编号")
    persons = models.IntegerField("人数")
    decided_at = models.DateTimeField("决定时间")
    decided_by = models.UUIDField("决定账号", null=True)
    decided_by_name = models.CharField("决定人", max_length=60, blank=True)
    undo_until = models.DateTimeField("可撤销到")
    undone_at = models.DateTimeField("撤销时间", null=True)
    undone_by = models.UUIDField("撤销账号", null=True)

    class Meta:
        verbose_name = "审核批次"
        constraints = [
            models.CheckConstraint(
                condition=Q(undone_by__isnull=True) | Q(undone_at__isnull=False),
                name="undone_who_and_when",
            ),
        ]
        indexes = [
            models.Index(
                fields=["decided_by", "-id"],
                condition=Q(undone_at__isnull=True),
                name="run_to_undo",
            ),
        ]


class Transfer(models.Model):
    """转会: proposed by a join elsewhere, by an officer or by the person; closes and opens at once."""

    id = models.BigAutoField(primary_key=True)
    worker = models.ForeignKey("people.Worker", models.PROTECT, verbose_name="劳动者")
    from_membership = models.ForeignKey(
        Membership, models.PROTECT, related_name="+", verbose_name="转出会籍"
    )
    to_union = models.ForeignKey("orgs.Union", models.PROTECT, verbose_name="转入工会")
    to_membership = models.ForeignKey(
        Membership, models.PROTECT, null=True, related_name="+", verbose_name="转入会籍"
    )
    state = models.SmallIntegerField("状态", default=1)
    channel = models.SmallIntegerField("提出渠道")
    batch = models.ForeignKey(RosterBatch, models.PROTECT, null=True, verbose_name="花名册批次")
    row_number = models.IntegerField("表格行号", null=True)
    proposed_at = models.DateTimeField("提出时间")
    proposed_by = models.UUIDField("提出账号", null=True)
    decided_at = models.DateTimeField("决定时间", null=True)
    expires_on = models.DateField("有效期", null=True)

    class Meta:
        verbose_name = "转会"
        constraints = [
            models.UniqueConstraint(
                fields=["worker"], condition=Q(state=1), name="one_open_transfer_per_person"
            )
        ]


class MemberFlow(models.Model):
    """会籍变动: appended with the write that causes it; every figure is a sum over these rows.

    ``county`` is the county the union stood in on ``day``; a later merge adds rows, never edits.
    """

    id = models.BigAutoField(primary_key=True)
    day = models.DateField("日期")
    union_id = models.BigIntegerField("工会编号")
    county = models.IntegerField("县（市、区）")
    occupation = models.SmallIntegerField("职业")
    channel = models.SmallIntegerField("入会渠道")
    kind = models.SmallIntegerField("变动种类")
    persons = models.IntegerField("人数")
    recorded_at = models.DateTimeField("记入时间")
    fold_id = models.IntegerField("折叠批次", null=True)

    class Meta:
        verbose_name = "会籍变动"
        indexes = [
            # Many unfolded flows are of days to come: what came late is read from the index alone.
            models.Index(
                fields=["day", "county"],
                include=["occupation", "channel", "kind", "persons"],
                condition=Q(fold_id__isnull=True),
                name="flow_unfolded",
            ),
            models.Index(fields=["union_id", "day"], name="flow_union_day"),
            # Covers what a figure of an open month reads: the heap is not touched.
            models.Index(
                fields=["day", "county"],
                include=["occupation", "channel", "kind", "persons", "fold_id"],
                name="flow_day_county",
            ),
        ]


class MemberSpan(models.Model):
    """会籍区间: days on which a member could be reached, had been served, or was on hold.

    Kept by ``actions.spans`` from contacts and memberships, so that what a new contact changes is
    known; each edge stands among the flows. Of ``SERVICES`` only the first day counts.
    """

    id = models.BigAutoField(primary_key=True)
    worker_id = models.BigIntegerField("劳动者")
    kind = models.SmallIntegerField("种类", help_text="SPAN_KINDS 之一")
    union_id = models.BigIntegerField("工会编号")
    county = models.IntegerField("县（市、区）")
    occupation = models.SmallIntegerField("职业")
    channel = models.SmallIntegerField("入会渠道")
    first_on = models.DateField("起")
    until_on = models.DateField("止", null=True, help_text="不含这一天；空着是没有止")
    persons = models.SmallIntegerField("人数或人次", default=1)

    class Meta:
        verbose_name = "会籍区间"
        constraints = [
            models.UniqueConstraint(
                fields=["worker_id", "kind", "first_on"], name="one_span_begins_a_day"
            )
        ]


class SpanDue(models.Model):
    """待重算: a person whose contacts or memberships have changed; written by triggers."""

    id = models.BigAutoField(primary_key=True)
    worker_id = models.BigIntegerField("劳动者")

    class Meta:
        verbose_name = "待重算"


class Pause(models.Model):
    """会籍间断: past days on which a membership did not run although it went on afterwards."""

    id = models.BigAutoField(primary_key=True)
    membership = models.ForeignKey(Membership, models.PROTECT, verbose_name="会籍")
    from_on = models.DateField("从")
    until_on = models.DateField("到", help_text="不含这一天")
    is_hold = models.BooleanField("保留会籍")
    recorded_at = models.DateTimeField("记入时间")

    class Meta:
        verbose_name = "会籍间断"


class RunningTotals(models.Model):
    """Columns that the two stocks share: one running total for each ``FlowKind``."""

    joined = models.BigIntegerField("新入会累计", default=0)
    joined_again = models.BigIntegerField("再次入会累计", default=0)
    transferred_in = models.BigIntegerField("转入累计", default=0)
    restored = models.BigIntegerField("恢复会籍累计", default=0)
    merged_in = models.BigIntegerField("合并转入累计", default=0)
    transferred_out = models.BigIntegerField("转出累计", default=0)
    left_union = models.BigIntegerField("退会累计", default=0)
    retained = models.BigIntegerField("转保留会籍累计", default=0)
    approval_undone = models.BigIntegerField("审批撤回累计", default=0)
    merged_out = models.BigIntegerField("合并转出累计", default=0)
    duplicate_closed = models.BigIntegerField("重复记录合并累计", default=0)
    invited = models.BigIntegerField("邀请累计", default=0)
    applied = models.BigIntegerField("申请累计", default=0)
    reached = models.BigIntegerField("联系得到", default=0)
    served = models.BigIntegerField("服务过", default=0)
    service_times = models.BigIntegerField("服务人次累计", default=0)
    on_hold = models.BigIntegerField("保留着会籍", default=0)

    class Meta:
        abstract = True


class MemberStock(RunningTotals):
    """会籍存量: running totals at each month's end, by region (county, city, province).

    Dense: a cell that has once appeared stands in every later month up to the last closed one.
    """

    id = models.BigAutoField(primary_key=True)
    month = models.DateField("月", help_text="该月第一天")
    region = models.IntegerField("地区")
    occupation = models.SmallIntegerField("职业")
    channel = models.SmallIntegerField("入会渠道")

    class Meta:
        verbose_name = "会籍存量"
        constraints = [
            models.UniqueConstraint(
                fields=["region", "month", "occupation", "channel"], name="one_stock_a_cell"
            )
        ]
        # A page of figures reads a month of all counties from the index alone.
        indexes = [
            models.Index(
                fields=["month", "region"],
                include=[
                    "occupation",
                    "channel",
                    *(k.column for k in FlowKind if k.sign),
                    "reached",
                    "served",
                ],
                name="stock_month_region",
            )
        ]


class MemberSpot(models.Model):
    """月内累计: what happened in a month up to its 5th, 10th, 15th, 20th and 25th day, by county.

    A day's figures are a month's end, the spot before the day, and at most five days of flows.
    """

    id = models.BigAutoField(primary_key=True)
    day = models.DateField("截至", help_text="5、10、15、20、25 日")
    county = models.IntegerField("县")
    occupation = models.SmallIntegerField("职业")
    channel = models.SmallIntegerField("入会渠道")
    new_members = models.IntegerField("新会员")
    left_union = models.IntegerField("退会")
    live_members = models.IntegerField("在籍增减")
    reached = models.IntegerField("联系得到增减", default=0)
    served = models.IntegerField("服务过增减", default=0)

    class Meta:
        verbose_name = "月内累计"
        # A page of figures reads a day of all counties from the index alone.
        constraints = [
            models.UniqueConstraint(
                fields=["day", "county", "occupation", "channel"],
                include=["new_members", "left_union", "live_members", "reached", "served"],
                name="one_spot_a_cell",
            )
        ]


class UnionStock(RunningTotals):
    """工会存量: running totals at each month's end, by union."""

    id = models.BigAutoField(primary_key=True)
    month = models.DateField("月")
    union_id = models.BigIntegerField("工会编号")

    class Meta:
        verbose_name = "工会存量"
        constraints = [
            models.UniqueConstraint(fields=["union_id", "month"], name="one_union_stock")
        ]


class CardRevocation(models.Model):
    """吊销: a card that a keeper's phone must refuse although its signature holds."""

    id = models.BigAutoField(primary_key=True)
    membership = models.ForeignKey(Membership, models.PROTECT, verbose_name="会籍")
    revoked_on = models.DateField("吊销日期", db_index=True)
    reason = models.CharField("原因", max_length=40)

    class Meta:
        verbose_name = "吊销"


class Task(models.Model):
    """待办: something that a union is asked to do, e.g. found a union for 25 of one employer."""

    id = models.BigAutoField(primary_key=True)
    union = models.ForeignKey("orgs.Union", models.PROTECT, verbose_name="工会")
    kind = models.CharField("事由", max_length=32)
    title = models.CharField("标题", max_length=120)
    subject_type = models.CharField("对象种类", max_length=32, blank=True)
    subject_id = models.BigIntegerField("对象编号", null=True)
    subject_key = models.CharField("对象键", max_length=80, blank=True)
    due_on = models.DateField("期限", null=True)
    created_at = models.DateTimeField("建立时间")
    done_at = models.DateTimeField("办结时间", null=True)
    done_by = models.UUIDField("办结账号", null=True)

    class Meta:
        verbose_name = "待办"
        constraints = [
            models.UniqueConstraint(
                fields=["union", "kind", "subject_key"],
                condition=Q(done_at__isnull=True),
                name="one_open_task_per_subject",
            )
        ]
