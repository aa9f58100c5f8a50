"""How numbers are put into words."""


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
