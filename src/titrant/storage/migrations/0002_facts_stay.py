"""Facts and reads stay as they were written: the database refuses to change or delete them, whoever asks."""

from django.db import migrations

_TABLES = ("storage_fact", "storage_readentry", "storage_entryreceipt")
_BEGINNING = "0" * 64

_SQLITE = """
CREATE TRIGGER {table}_{act}_refused BEFORE {ACT} ON {table}
BEGIN SELECT RAISE(ABORT, 'facts are appended, never edited'); END;
"""
_POSTGRESQL_FUNCTION = """
CREATE FUNCTION titrant_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'facts are appended, never edited'; END $$;
"""
_POSTGRESQL = """
CREATE TRIGGER {table}_{act}_refused BEFORE {ACT} ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION titrant_refuse();
"""
# SQLite takes text for a number: what is not a whole number of micrograms is no dose.
_WHOLE = """
CREATE TRIGGER storage_plan_{act}_whole BEFORE {ACT} ON storage_plan
WHEN typeof(NEW.dose_ug) <> 'integer' OR typeof(NEW.daily_ug) <> 'integer' OR typeof(NEW.weekly_ug) <> 'integer'
  OR typeof(NEW.times_per_day) <> 'integer' OR typeof(NEW.days_per_week) <> 'integer'
  OR typeof(NEW.supply_days) <> 'integer'
BEGIN SELECT RAISE(ABORT, 'a dose is a whole number of micrograms'); END;
"""


def refuse(apps, schema_editor):
    sqlite = schema_editor.connection.vendor == "sqlite"
    if not sqlite:
        schema_editor.execute(_POSTGRESQL_FUNCTION)
    for table in _TABLES:
        for act in ("UPDATE", "DELETE", *(() if sqlite else ("TRUNCATE",))):
            form = _SQLITE if sqlite else _POSTGRESQL
            schema_editor.execute(form.format(table=table, act=act.lower(), ACT=act))
    if sqlite:
        for act in ("INSERT", "UPDATE"):
            schema_editor.execute(_WHOLE.format(act=act.lower(), ACT=act))


def begin_chains(apps, schema_editor):
    heads = apps.get_model("storage", "ChainHead")
    for name in ("facts", "reads"):
        heads.objects.create(name=name, seq=0, hash=_BEGINNING)


class Migration(migrations.Migration):
    dependencies = [("storage", "0001_tables")]
    operations = [
        migrations.RunPython(refuse, migrations.RunPython.noop),
        migrations.RunPython(begin_chains, migrations.RunPython.noop),
    ]
