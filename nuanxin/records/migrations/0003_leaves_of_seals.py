"""A seal keeps a short mark of each event, so that a broken one can be named."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0002_append_only")]
    operations = [
        migrations.AddField(
            "seal", "leaves", models.BinaryField("逐条指纹", default=b""), preserve_default=False
        ),
        migrations.AddIndex(
            "idempotentrequest",
            models.Index(fields=["created_at"], name="idempotent_age"),
        ),
        migrations.AddIndex(
            "reading", models.Index(fields=["worker_id", "-id"], name="reading_worker")
        ),
        migrations.AlterField(
            "reading", "worker_id", models.BigIntegerField("被查看的劳动者")
        ),
    ]
