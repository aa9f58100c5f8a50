"""The web pages: handlers on a database, and all of it in a browser."""
