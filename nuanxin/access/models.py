"""Tables of 权限: accounts, sessions, posts, codes, limits, bindings to host apps, tokens."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q

from nuanxin.kernel.uuid7 import uuid7


class AccountManager(BaseUserManager["Account"]):
    """Django's hook for finding an account by its user name."""

    def get_by_natural_key(self, username: str | None) -> "Account":
        """Return the account with this user name (exact, already normalised)."""
        return self.get(username=username)


class Account(AbstractBaseUser):
    """A sign-in. Workers have a record behind it, cadres a user name, password and TOTP."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField("用户名", max_length=40, unique=True, null=True)
    name = models.CharField("姓名", max_length=60)
    worker = models.OneToOneField(
        "people.Worker", models.PROTECT, null=True, related_name="+", verbose_name="劳动者"
    )
    phone_hash = models.UUIDField("手机号查找值", null=True, unique=True)
    totp_sealed = models.BinaryField("动态口令密文", null=True)
    totp_last_step = models.BigIntegerField("最近用过的动态口令步", default=0)
    is_active = models.BooleanField("可登录", default=True)
    session_epoch = models.IntegerField("会话批次", default=0)
    created_at = models.DateTimeField("建立时间")
    trained_until = models.DateField("保密培训有效期", null=True)

    USERNAME_FIELD = "username"
    objects = AccountManager()

    class Meta:
        verbose_name = "账号"

    def __str__(self) -> str:
        """Return the name; a worker's account has no user name."""
        return self.name


class Session(models.Model):
    """会话: one browser. Kept under a keyed hash of its cookie: who reads the table signs in as nobody.

    ``epoch`` is the account's at sign-in: raising the account's ends every session at once.
    """

    key_hash = models.UUIDField("会话查找值", primary_key=True)
    data = models.TextField("内容")
    kind = models.CharField("登录方式", max_length=12, default="anonymous")
    account = models.ForeignKey(
        Account, models.CASCADE, null=True, related_name="+", verbose_name="账号"
    )
    epoch = models.IntegerField("会话批次", default=0)
    started_at = models.DateTimeField("开始时间")
    seen_at = models.DateTimeField("最近使用")
    ends_at = models.DateTimeField("最晚结束")

    class Meta:
        verbose_name = "会话"
        indexes = [models.Index(fields=["ends_at"], name="session_end")]


class Post(models.Model):
    """职务: a role over the subtree of a union, for a time; a strong one needs a second person."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, models.PROTECT, related_name="posts", verbose_name="账号")
    role = models.CharField("角色", max_length=24)
    union = models.ForeignKey(
        "orgs.Union", models.PROTECT, null=True, related_name="+", verbose_name="范围工会"
    )
    title = models.CharField("职务名称", max_length=60, blank=True)
    valid_from = models.DateField("起")
    valid_to = models.DateField("止", help_text="不含这一天，最长十二个月")
    granted_by = models.ForeignKey(
        Account, models.PROTECT, null=True, related_name="+", verbose_name="授予人"
    )
    granted_at = models.DateTimeField("授予时间")
    approved_by = models.ForeignKey(
        Account, models.PROTECT, null=True, related_name="+", verbose_name="复核人"
    )
    approved_at = models.DateTimeField("复核时间", null=True)
    needs_second_person = models.BooleanField("需要第二人复核", default=False)
    revoked_by = models.ForeignKey(
        Account, models.PROTECT, null=True, related_name="+", verbose_name="收回人"
    )
    revoked_at = models.DateTimeField("收回时间", null=True)

    class Meta:
        verbose_name = "职务"
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__gt=F("valid_from")), name="post_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(granted_by__isnull=True) | ~Q(granted_by=F("account")),
                name="nobody_grants_himself",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("granted_by")),
                name="second_person_is_another",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("account")),
                name="nobody_approves_himself",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="approval_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(revoked_by__isnull=True) | Q(revoked_at__isnull=False),
                name="revocation_who_and_when",
            ),
        ]
        indexes = [models.Index(fields=["account"], name="post_account")]
        # By SQL in a migration: the same post not twice at a time, an administrator nothing but
        # that, twelve months at most.


class SignInCode(models.Model):
    """验证码: a code sent to a phone; kept as a keyed hash, dead after use or a few wrong tries."""

    id = models.BigAutoField(primary_key=True)
    phone_hash = models.UUIDField("手机号查找值")
    code_hash = models.BinaryField("验证码查找值", max_length=32)
    purpose = models.CharField("用途", max_length=24)
    sent_at = models.DateTimeField("发出时间")
    expires_at = models.DateTimeField("失效时间")
    wrong_tries = models.SmallIntegerField("错误次数", default=0)
    used_at = models.DateTimeField("使用时间", null=True)

    class Meta:
        verbose_name = "验证码"
        indexes = [models.Index(fields=["phone_hash", "sent_at"], name="code_phone")]


class CodeBudget(models.Model):
    """验证码预算: how many codes were sent on a day, in sixteen parts so that no row is hot."""

    id = models.BigAutoField(primary_key=True)
    day = models.DateField("日期")
    part = models.SmallIntegerField("分片")
    sent = models.IntegerField("已发", default=0)
    alarmed_at = models.DateTimeField("告警时间", null=True)

    class Meta:
        verbose_name = "验证码预算"
        constraints = [models.UniqueConstraint(fields=["day", "part"], name="one_part_a_day")]


class Attempt(models.Model):
    """尝试: one row a try, counted over a window; what is counted is a keyed hash, never a number."""

    id = models.BigAutoField(primary_key=True)
    action = models.CharField("动作", max_length=32)
    key_hash = models.UUIDField("对象查找值")
    at = models.DateTimeField("时间")
    succeeded = models.BooleanField("成功", default=False)

    class Meta:
        verbose_name = "尝试"
        indexes = [models.Index(fields=["key_hash", "action", "at"], name="attempt_window")]


class HostBinding(models.Model):
    """宿主绑定: a subject of a host app's identity provider, bound to one account."""

    id = models.BigAutoField(primary_key=True)
    provider = models.CharField("宿主平台", max_length=40)
    subject = models.CharField("宿主用户标识", max_length=128)
    account = models.ForeignKey(Account, models.PROTECT, verbose_name="账号")
    bound_at = models.DateTimeField("绑定时间")

    class Meta:
        verbose_name = "宿主绑定"
        constraints = [
            models.UniqueConstraint(fields=["provider", "subject"], name="one_account_per_subject")
        ]


class UsedTicket(models.Model):
    """用过的票: a host app's one-time ticket, kept as a keyed hash so that it works once only."""

    ticket_hash = models.UUIDField("票查找值", primary_key=True)
    used_at = models.DateTimeField("使用时间")

    class Meta:
        verbose_name = "用过的票"


class ApiToken(models.Model):
    """接口令牌: kept as a hash, scoped to one union's subtree, expiring."""

    id = models.BigAutoField(primary_key=True)
    label = models.CharField("名称", max_length=80)
    token_hash = models.BinaryField("令牌查找值", max_length=32, unique=True)
    token_hint = models.CharField("令牌提示", max_length=8)
    union = models.ForeignKey("orgs.Union", models.PROTECT, verbose_name="范围工会")
    scopes = models.JSONField("可做的事")
    created_by = models.ForeignKey(Account, models.PROTECT, null=True, verbose_name="建立人")
    created_at = models.DateTimeField("建立时间")
    expires_at = models.DateTimeField("失效时间")
    revoked_at = models.DateTimeField("收回时间", null=True)
    last_used_on = models.DateField("最近使用", null=True)

    class Meta:
        verbose_name = "接口令牌"
