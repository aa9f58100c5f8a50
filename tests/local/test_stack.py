"""The stack as a whole: its parts, its outages, its end."""

from contextlib import closing
from typing import Any

import psycopg2
from azure.storage.blob import BlobServiceClient

from tests import emptied
from tests.stack import NewStack, Services


def _names(address: str) -> set[str]:
    connection = psycopg2.connect(address)
    with connection, connection.cursor() as cursor:
        cursor.execute("select table_name from information_schema.tables")
        names = {row[0] for row in cursor}
    connection.close()
    return names


def test_services_are_real(services: Services) -> None:
    with BlobServiceClient.from_connection_string(services.storage) as storage:
        container = storage.create_container("reality")
        container.upload_blob("name with ü", b"content")
        assert container.download_blob("name with ü").readall() == b"content"
        container.delete_container()


def test_databases_are_migrated_or_empty(
    database: str, fresh_database: str, empty_database: str
) -> None:
    assert "action_unit_report" in _names(database) & _names(fresh_database)
    assert "action_unit_report" not in _names(empty_database)


def _contents(address: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, and where the sequences are."""
    with closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        names = [name for (name,) in cursor]
        queries = {name: f'SELECT * FROM public."{name}"' for name in names}
        queries["sequences"] = "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1"
        found = {}
        for name, query in queries.items():
            cursor.execute(query)
            found[name] = cursor.fetchall()
        return found


def test_a_database_is_left_as_the_migrations_left_it(database: str, fresh_database: str) -> None:
    at_first = _contents(fresh_database)
    assert at_first["parameter_set"], "the migrations leave something"
    assert _contents(database) == at_first
    with closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO action_unit_report (url, avatar) VALUES ('u', 'a')")
        cursor.execute("DELETE FROM parameter_set_fallback")
        cursor.execute("UPDATE parameter_set SET name = 'another'")
        connection.commit()
        cursor.execute("LOCK action_unit_report")  # and is never given up
        emptied.empty(database)
    assert _contents(database) == at_first


def test_data_survives_a_restart(new_stack: NewStack) -> None:
    stack = new_stack()
    stack.start_services()
    with BlobServiceClient.from_connection_string(stack.storage) as storage:
        storage.create_container("kept").upload_blob("blob", b"content")
    connection = psycopg2.connect(stack.database)
    with connection, connection.cursor() as cursor:
        cursor.execute("create table kept (value text)")
    connection.close()

    stack.stop_storage()
    stack.stop_database()
    stack.start_services()

    with BlobServiceClient.from_connection_string(stack.storage) as storage:
        assert storage.get_blob_client("kept", "blob").download_blob().readall() == b"content"
    assert "kept" in _names(stack.database)
