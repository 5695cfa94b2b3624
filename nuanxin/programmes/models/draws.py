"""抽签."""

from django.db import models
from django.db.models import Q

from nuanxin.programmes.models.offers import Offer


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
