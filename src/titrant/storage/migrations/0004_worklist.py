"""A column to search by and one narrow index, so that a worklist never reads what it does not show."""

from typing import Any

from django.db import migrations, models

_INDEXED = [
    "grade", "since", "case", "state", "protocol", "overdue", "silent", "failed", "contact_on", "undelivered", "draft",
    "unread", "refill_on", "words",
]  # fmt: skip


def _fill(apps: Any, _schema: Any) -> None:
    rows = apps.get_model("storage", "CaseRow")
    for row in rows.objects.only("case", "name", "number").iterator():
        rows.objects.filter(case=row.case).update(words=f"{row.name} {row.number}".casefold()[:260])


class Migration(migrations.Migration):
    dependencies = [("storage", "0003_people")]
    operations = [
        migrations.AddField("CaseRow", "words", models.CharField(blank=True, default="", max_length=260)),
        migrations.RunPython(_fill, migrations.RunPython.noop),
        migrations.AddIndex("CaseRow", models.Index(fields=_INDEXED, name="by_risk_narrow")),
        migrations.RemoveIndex("CaseRow", "by_risk"),
    ]
