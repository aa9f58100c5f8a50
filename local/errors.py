"""The one error that a person sees: a sentence that says what to do, and never a traceback."""

from __future__ import annotations


class StackError(Exception):
    """Something on this machine is not as it must be; the text says what to do about it."""
