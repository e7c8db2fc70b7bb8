"""Roles in PostgreSQL: one that owns the tables and makes them, one that the program uses and that owns nothing.

The program's role cannot change or remove a fact even if the program wanted to (safety.md, rule 8, T15). One clinic is
one database; the roles of another clinic cannot connect to it.
"""

import re

from titrant.terms.errors import NotNow

APPENDED = ("storage_fact", "storage_readentry", "storage_entryreceipt")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


def making(database: str) -> str:
    """For a superuser, once, by psql: the database and its two roles. Passwords are set with \\password."""
    owner, program = names(database)
    return "\n".join((
        f"CREATE ROLE {owner} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;",
        f"CREATE ROLE {program} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT;",
        f"CREATE DATABASE {database} OWNER {owner} ENCODING 'UTF8' TEMPLATE template0;",
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC;",
        f"GRANT CONNECT ON DATABASE {database} TO {owner}, {program};",
        f"\\connect {database}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC;",
        f"ALTER SCHEMA public OWNER TO {owner};",
        f"GRANT USAGE ON SCHEMA public TO {program};",
        "",
    ))  # fmt: skip


def granting(database: str) -> str:
    """For the owner, after each `titrant upgrade`: what the program may do, and that facts are only ever added."""
    program = names(database)[1]
    facts = ", ".join(APPENDED)
    return "\n".join((
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {program};",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {program};",
        f"REVOKE UPDATE, DELETE, TRUNCATE ON {facts} FROM {program};",
        f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {program};",
        "",
    ))  # fmt: skip


def names(database: str) -> tuple[str, str]:
    """The owner and the role of the program. Raises NotNow for a name that would need quoting."""
    if not _NAME.fullmatch(database):
        raise NotNow(
            "database", "Its name is not lower-case letters, digits and underscores.", "It stands in SQL as it is.",
            "Give a name such as titrant.",
        )  # fmt: skip
    return f"{database}_owner", f"{database}_program"


RIGHTS = """
SELECT 'owns ' || tablename FROM pg_tables WHERE tableowner = current_user
UNION ALL SELECT 'is superuser' FROM pg_roles WHERE rolname = current_user AND rolsuper
UNION ALL SELECT 'may ' || lower(act) || ' ' || name
FROM unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) act, unnest(%s::text[]) name
WHERE has_table_privilege(current_user, name, act)
"""
