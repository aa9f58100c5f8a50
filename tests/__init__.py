"""The test suite. Run it with `python3 dev.py test`."""
