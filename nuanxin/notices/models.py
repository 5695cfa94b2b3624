"""Tables of 通知: what is to be told to whom, written in the transaction, sent after commit."""

from django.db import models
from django.db.models import Q


class Notice(models.Model):
    """站内通知: shown to a worker or an account until it is read."""

    id = models.BigAutoField(primary_key=True)
    worker_id = models.BigIntegerField("劳动者", null=True)
    account_id = models.UUIDField("账号", null=True)
    kind = models.CharField("事由", max_length=64)
    title = models.CharField("标题", max_length=80)
    body = models.CharField("内容", max_length=400)
    url = models.CharField("链接", max_length=200, blank=True)
    created_at = models.DateTimeField("时间")
    read_at = models.DateTimeField("读过时间", null=True)

    class Meta:
        verbose_name = "通知"
        indexes = [
            models.Index(
                fields=["worker_id", "id"],
                condition=Q(worker_id__isnull=False),
                name="notice_worker",
            ),
            models.Index(
                fields=["account_id", "id"],
                condition=Q(account_id__isnull=False),
                name="notice_account",
            ),
        ]


class Message(models.Model):
    """短信: an outgoing message; the phone is sealed; the default gateway is the outbox page."""

    id = models.BigAutoField(primary_key=True)
    worker_id = models.BigIntegerField("劳动者", null=True)
    phone_hash = models.UUIDField("手机号查找值")
    phone_sealed = models.BinaryField("手机号密文")
    phone_hint = models.CharField("手机号提示", max_length=7)
    template = models.CharField("模板", max_length=64)
    body = models.CharField("内容", max_length=400)
    queued_at = models.DateTimeField("排队时间")
    not_before = models.DateTimeField("不早于", null=True)
    sent_at = models.DateTimeField("发出时间", null=True)
    failed_at = models.DateTimeField("失败时间", null=True)
    failure = models.CharField("失败原因", max_length=120, blank=True)
    tries = models.SmallIntegerField("尝试次数", default=0)

    class Meta:
        verbose_name = "短信"
        indexes = [
            models.Index(
                fields=["queued_at"],
                condition=Q(sent_at__isnull=True, failed_at__isnull=True),
                name="message_waiting",
            ),
            models.Index(fields=["worker_id", "id"], name="message_worker"),
            models.Index(fields=["phone_hash", "queued_at"], name="message_number"),
        ]


class WebhookSubscription(models.Model):
    """回调订阅: an address that wants to be told; the secret is sealed."""

    id = models.BigAutoField(primary_key=True)
    token_id = models.BigIntegerField("接口令牌")
    union_id = models.BigIntegerField("范围工会")
    url = models.CharField("地址", max_length=400)
    kinds = models.JSONField("订阅的事由")
    secret_sealed = models.BinaryField("密钥密文")
    secret_bound_to = models.UUIDField("密钥绑定值")
    created_at = models.DateTimeField("建立时间")
    failing_since = models.DateTimeField("从何时起送不到", null=True)
    disabled_at = models.DateTimeField("停用时间", null=True)
    disabled_why = models.CharField("停用原因", max_length=120, blank=True)

    class Meta:
        verbose_name = "回调订阅"


class WebhookDelivery(models.Model):
    """回调投递: one message to one address, tried until it is taken or given up."""

    id = models.BigAutoField(primary_key=True)
    subscription = models.ForeignKey(WebhookSubscription, models.PROTECT, verbose_name="回调订阅")
    message_id = models.CharField("消息编号", max_length=40)
    kind = models.CharField("事由", max_length=64)
    payload = models.JSONField("内容")
    queued_at = models.DateTimeField("排队时间")
    tries = models.SmallIntegerField("尝试次数", default=0)
    next_try_at = models.DateTimeField("下次尝试", null=True)
    delivered_at = models.DateTimeField("送达时间", null=True)
    given_up_at = models.DateTimeField("放弃时间", null=True)
    last_answer = models.CharField("最近答复", max_length=120, blank=True)

    class Meta:
        verbose_name = "回调投递"
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "message_id"], name="one_delivery_per_message"
            )
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(delivered_at__isnull=True, given_up_at__isnull=True),
                name="delivery_waiting",
            )
        ]
