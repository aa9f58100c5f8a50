"""The database: connection, schema, tables, and frames by COPY."""
