"""What is counted a number, what waits to be delivered, since when an address does not answer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_initial")]
    operations = [
        migrations.AddIndex(
            "message", models.Index(fields=["phone_hash", "queued_at"], name="message_number")
        ),
        migrations.AddField(
            "webhooksubscription",
            "failing_since",
            models.DateTimeField("从何时起送不到", null=True),
        ),
        migrations.AddIndex(
            "webhookdelivery",
            models.Index(
                fields=["next_try_at"],
                condition=models.Q(delivered_at__isnull=True, given_up_at__isnull=True),
                name="delivery_waiting",
            ),
        ),
    ]
