"""The database: connection, schema, tables, what a measurement is in them, frames by COPY."""
