"""What an appeal says is sealed, as objections are; what was written before is sealed here."""

from django.db import migrations, models

from nuanxin.kernel import sealing
from nuanxin.kernel.uuid7 import uuid7


def seal_what_was_written(apps, schema_editor):
    appeals = apps.get_model("programmes", "ContestAppeal")
    for appeal in appeals.objects.all().iterator():
        appeal.bound = uuid7()
        appeal.text_sealed = sealing.seal("contest_appeal", appeal.text, appeal.bound)
        appeal.save(update_fields=["bound", "text_sealed"])


class Migration(migrations.Migration):

    dependencies = [("programmes", "0021_feedback_asked")]

    operations = [
        migrations.AddField("contestappeal", "bound", models.UUIDField(null=True, verbose_name="密文归属")),
        migrations.AddField("contestappeal", "text_sealed", models.BinaryField(null=True, verbose_name="内容")),
        migrations.RunPython(seal_what_was_written, migrations.RunPython.noop),
        migrations.RemoveField("contestappeal", "text"),
        migrations.AlterField("contestappeal", "bound", models.UUIDField(verbose_name="密文归属")),
        migrations.AlterField("contestappeal", "text_sealed", models.BinaryField(verbose_name="内容")),
    ]
