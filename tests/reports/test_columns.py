"""Columns come back as they were put aside, from memory and from the disk."""

import numpy as np
import pytest

from shared.reports.columns import IN_MEMORY, Store, stored


@pytest.mark.parametrize("rows", [3, IN_MEMORY // 4])
def test_columns_of_two_faces_come_back(rows: int) -> None:
    store, names = Store(), ("a", "b", "c")
    values = np.arange(12 * rows, dtype=np.float32).reshape(4, 3, rows)
    portions = [store.put(list(each)) for each in values]  # of both in turn
    for face in (0, 1):
        of_face = values[face::2]
        for first in (0, 1):
            found = stored(store, portions[face::2], names[first:], first)
            assert list(found) == list(names[first:])
            assert "c" in found
            assert "d" not in found
            for place, name in enumerate(names[first:], first):
                assert np.array_equal(found[name], np.concatenate(of_face[:, place]))


def test_without_rows_a_column_is_empty() -> None:
    assert len(stored(Store(), [], ("a",), 0)["a"]) == 0
