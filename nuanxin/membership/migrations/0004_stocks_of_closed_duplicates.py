"""A running total for memberships that ended because two records were one person."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("membership", "0003_decision_runs_and_guards")]
    operations = [
        migrations.AddField(
            model_name=model,
            name="duplicate_closed",
            field=models.BigIntegerField(default=0, verbose_name="重复记录合并累计"),
        )
        for model in ("memberstock", "unionstock")
    ]
