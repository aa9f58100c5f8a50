"""Student's t distribution, as much of it as prediction intervals need."""

import math


def two_sided(coverage: float, freedom: int) -> float:
    """The t for which -t..t holds `coverage` (0 < coverage < 1) with `freedom` degrees, 1 or more.

    By bisection of the closed form for whole degrees of freedom: Abramowitz & Stegun 1964,
    Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
    """
    low, high = 0.0, math.pi / 2
    for _ in range(60):  # the angle, to the last bit
        middle = (low + high) / 2
        if _held(middle, freedom) < coverage:
            low = middle
        else:
            high = middle
    return math.sqrt(freedom) * math.tan((low + high) / 2)


def _held(angle: float, freedom: int) -> float:
    """What lies within -t..t, where the angle is atan(t / sqrt(freedom))."""
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term = cosine if odd else 1.0
    total = term if freedom > 1 else 0.0
    for step in range(3 if odd else 2, freedom - 1, 2):
        term *= cosine**2 * (step - 1) / step
        total += term
    return 2 / math.pi * (angle + sine * total) if odd else sine * total
