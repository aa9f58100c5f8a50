"""Arrays that cannot be a face are refused."""

import pytest

from shared.analysis.series import FaceSeries
from tests.analysis.synthetic import clock, face


def test_arrays_that_do_not_belong_together_are_refused() -> None:
    good = face(clock(25, 1))
    with pytest.raises(ValueError, match="success"):
        FaceSeries(0, good.timestamps, good.success[:3], good.intensities, good.presences)
    with pytest.raises(ValueError, match="intensities"):
        FaceSeries(
            0, good.timestamps, good.success, {"AU01": good.intensities["AU01"]}, good.presences
        )


def test_time_does_not_go_back() -> None:
    good = face(clock(25, 1))
    with pytest.raises(ValueError, match="go back"):
        FaceSeries(0, good.timestamps[::-1], good.success, good.intensities, good.presences)
