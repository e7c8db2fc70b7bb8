"""The patient's own hour and zone for a reminder stand with the phone that asked for it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("storage", "0004_worklist")]
    operations = [
        migrations.AddField("device", "reminder_at", models.CharField(max_length=5, blank=True, default="")),
        migrations.AddField("device", "zone", models.CharField(max_length=64, blank=True, default="")),
        migrations.AddField("device", "reminded_on", models.CharField(max_length=10, blank=True, default="")),
    ]
