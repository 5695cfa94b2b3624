"""Every write of 通知."""

from nuanxin.notices.actions.delivery import deliver_waiting
from nuanxin.notices.actions.forgetting import erase_messages_of, forget_old
from nuanxin.notices.actions.many import send_sms_to_many
from nuanxin.notices.actions.messages import mark_read, notices_insert_sql, notify, send_sms
from nuanxin.notices.actions.webhook_delivery import deliver_webhooks
from nuanxin.notices.actions.webhooks import (
    NewSecret,
    drop_webhook,
    enable_webhook,
    ping_webhook,
    publish_webhook,
    rotate_webhook_secret,
    subscribe_webhook,
)

__all__ = [
    "NewSecret",
    "deliver_waiting",
    "deliver_webhooks",
    "drop_webhook",
    "enable_webhook",
    "erase_messages_of",
    "forget_old",
    "mark_read",
    "notices_insert_sql",
    "notify",
    "ping_webhook",
    "publish_webhook",
    "rotate_webhook_secret",
    "send_sms",
    "send_sms_to_many",
    "subscribe_webhook",
]
