"""The command line client of the Avatar Validation Pipeline. `avatar-validation --help`."""

__version__ = "0.1.0"
