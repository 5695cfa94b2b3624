"""Every write of 通知."""

from nuanxin.notices.actions.delivery import deliver_waiting
from nuanxin.notices.actions.many import send_sms_to_many
from nuanxin.notices.actions.messages import notify, send_sms

__all__ = ["deliver_waiting", "notify", "send_sms", "send_sms_to_many"]
