"""How far chance moves a share that was counted."""

from collections.abc import Callable
from math import comb
from typing import Final

CONFIDENCE: Final = 0.95
_STEPS: Final = 40  # of bisection: to 1e-12


def exact(hits: int, count: int) -> tuple[float, float]:
    """The interval of Clopper & Pearson (1934, Biometrika 26:404); 0..1 where nothing was counted.

    Its ends are the shares at which as many hits or more, or as many or fewer, are as rare as half
    of what the interval leaves out.
    """
    tail = (1 - CONFIDENCE) / 2
    low = 0.0 if hits == 0 else _share(lambda p: 1 - _at_most(hits - 1, count, p), tail)
    high = 1.0 if hits == count else _share(lambda p: -_at_most(hits, count, p), -tail)
    return low, high


def _at_most(hits: int, count: int, share: float) -> float:
    """The binomial distribution's probability of at most `hits`."""
    return sum(comb(count, k) * share**k * (1 - share) ** (count - k) for k in range(hits + 1))


def _share(rising: Callable[[float], float], wanted: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if rising(middle) < wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2
