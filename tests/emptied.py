"""A database for one test after another: each finds in it what the migrations leave, and no more.

A new database is some hundred new files, for each test; to take rows away needs none.
"""

from psycopg2 import sql

from local.postgres import execute

_LEFT = "left_by_the_migrations"  # the schema that keeps what the tables have at first
_KEEP = f"""
DO $$ DECLARE each record; BEGIN
    CREATE SCHEMA {_LEFT};
    CREATE TABLE {_LEFT}.sequences AS
        SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public';
    FOR each IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('CREATE TABLE {_LEFT}.%1$I AS TABLE public.%1$I', each.tablename);
    END LOOP;
END $$
"""
_EMPTY = f"""
DO $$ DECLARE each record; BEGIN
    PERFORM pg_terminate_backend(pid, 60000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    PERFORM set_config('session_replication_role', 'replica', true);  -- rows in any order
    FOR each IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('DELETE FROM public.%I', each.tablename);
        EXECUTE format(
            'INSERT INTO public.%1$I OVERRIDING SYSTEM VALUE SELECT * FROM {_LEFT}.%1$I',
            each.tablename);
    END LOOP;
    PERFORM setval(format('public.%I', sequencename), coalesce(last_value, 1),
        last_value IS NOT NULL) FROM {_LEFT}.sequences;
END $$
"""


def keep(address: str) -> None:
    """Remember what is in a database that was just migrated."""
    execute(address, sql.SQL(_KEEP))


def empty(address: str) -> None:
    """Leave what was remembered. Fails where a test changed the schema: that needs its own."""
    execute(address, sql.SQL(_EMPTY))
