"""扫码, 到场, 结业证, 评价.

What happened at the door is appended and never changed (triggers): a scan is kept once by the number
that the device gave it; attendance is corrected by a row with the opposite ``times``.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from nuanxin.programmes.models.seats import Application
from nuanxin.programmes.models.sessions import Booking, Gate, Session


class Scan(models.Model):
    """扫码: something that was shown at a door, and what became of it. Appended only."""

    id = models.BigAutoField(primary_key=True)
    client_id = models.UUIDField("设备给的编号", unique=True)
    gate = models.ForeignKey(Gate, models.PROTECT, db_index=False, verbose_name="签到口")
    session = models.ForeignKey(Session, models.PROTECT, db_index=False, verbose_name="场次")
    booking = models.ForeignKey(
        Booking, models.PROTECT, null=True, db_index=False, verbose_name="预约"
    )
    device = models.CharField("设备", max_length=40)
    is_card = models.BooleanField("扫的会员卡", default=False)
    scanned_at = models.DateTimeField("扫码时间")
    received_at = models.DateTimeField("送到时间")
    outcome = models.SmallIntegerField("结果")

    class Meta:
        verbose_name = "扫码"
        indexes = [models.Index(fields=["session", "-id"], name="scan_of_session")]


class Attendance(models.Model):
    """到场: that a booking was attended or not. Appended only; ``times`` is -1 for a reversal.

    The row in force is the one of the highest ``round`` that no row reverses.
    """

    id = models.BigAutoField(primary_key=True)
    booking = models.ForeignKey(Booking, models.PROTECT, db_index=False, verbose_name="预约")
    session = models.ForeignKey(Session, models.PROTECT, db_index=False, verbose_name="场次")
    round = models.SmallIntegerField("第几次记", default=0)
    kind = models.SmallIntegerField("到场情况")
    times = models.SmallIntegerField("次数", default=1)
    reverses = models.OneToOneField("self", models.PROTECT, null=True, verbose_name="更正的是")
    arrived_at = models.DateTimeField("到场时间", null=True)
    source = models.SmallIntegerField("怎么记的")
    reason = models.CharField("更正理由", max_length=200, blank=True)
    recorded_at = models.DateTimeField("记入时间")
    recorded_by = models.UUIDField("记入账号", null=True)
    recorded_by_name = models.CharField("记入人", max_length=60, blank=True)

    class Meta:
        verbose_name = "到场"
        constraints = [
            models.UniqueConstraint(
                fields=["booking", "round"],
                condition=Q(reverses__isnull=True),
                name="attendance_once_a_round",
            ),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True, times=1)
                | (Q(reverses__isnull=False, times=-1) & ~Q(reason="")),
                name="attendance_reversed_with_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["session", "kind"], name="attendance_of_session")]


class Certificate(models.Model):
    """结业证: that somebody attended enough of an offer. Issued once; taken back with a reason."""

    id = models.BigAutoField(primary_key=True)
    application = models.OneToOneField(
        Application, models.PROTECT, db_constraint=False, verbose_name="报名"
    )
    number = models.CharField("证书编号", max_length=12, unique=True)
    attended = models.SmallIntegerField("到了几场")
    sessions = models.SmallIntegerField("共几场")
    issued_at = models.DateTimeField("发证时间")
    issued_by = models.UUIDField("发证账号", null=True)
    issued_by_name = models.CharField("发证人", max_length=60, blank=True)
    revoked_at = models.DateTimeField("作废时间", null=True)
    revoked_by = models.UUIDField("作废账号", null=True)
    revoked_by_name = models.CharField("作废人", max_length=60, blank=True)
    revoked_reason = models.CharField("作废理由", max_length=200, blank=True)

    class Meta:
        verbose_name = "结业证"
        constraints = [
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_reason="")
                | (Q(revoked_at__isnull=False) & ~Q(revoked_reason="")),
                name="certificate_revoked_with_a_reason",
            )
        ]


class Feedback(models.Model):
    """评价: how somebody found a session, once; told without names."""

    id = models.BigAutoField(primary_key=True)
    booking = models.OneToOneField(Booking, models.PROTECT, verbose_name="预约")
    session = models.ForeignKey(Session, models.PROTECT, verbose_name="场次")
    face = models.SmallIntegerField("满意程度")
    reasons = ArrayField(models.SmallIntegerField(), default=list, verbose_name="原因")
    remark = models.CharField("一句话", max_length=140, blank=True)
    said_at = models.DateTimeField("评价时间")

    class Meta:
        verbose_name = "评价"
        constraints = [
            models.CheckConstraint(condition=Q(face__gte=1, face__lte=5), name="one_of_five_faces")
        ]
