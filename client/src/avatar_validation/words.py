"""How numbers and times are put into words."""

from datetime import datetime


def number(value: float) -> str:
    return f"{value:.6g}"


def band(lower: float | None, upper: float | None) -> str:
    """Bounds as a person says them; None is open."""
    if lower is None and upper is None:
        return "anything"
    if lower is None:
        return f"at most {upper:.6g}"
    if upper is None:
        return f"at least {lower:.6g}"
    return f"{lower:.6g} to {upper:.6g}"


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def day(moment: str) -> str:
    """3 March 2026, of the service's times, where the client runs."""
    at = _local(moment)
    return f"{at.day} {at:%B %Y}"


def minute(moment: str) -> str:
    """2026-03-03 14:05, likewise."""
    return f"{_local(moment):%Y-%m-%d %H:%M}"


def _local(moment: str) -> datetime:
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone()
