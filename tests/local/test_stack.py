"""The stack as a whole: its parts, its outages, its end."""

import psycopg2
from azure.storage.blob import BlobServiceClient

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


def test_each_database_is_fresh_and_migrated(database: str, empty_database: str) -> None:
    assert "action_unit_report" in _names(database)
    assert "action_unit_report" not in _names(empty_database)


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
