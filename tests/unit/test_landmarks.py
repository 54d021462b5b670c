"""Landmarks: their order and their number. Wrong positions do no harm, because reads verify positions."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.landmarks import Landmarks
from leaderforge.domain.order import FIRST

observations = st.lists(st.tuples(st.binary(max_size=2), st.integers(0, 5000)), max_size=80)


def test_a_new_ladder_has_the_first_position_only():
    assert Landmarks().nearest(7) == (FIRST, 0)


@given(observations)
def test_landmarks_ascend_whatever_moved_between_observations(observations):
    landmarks = Landmarks()
    for key, above in observations:
        landmarks.observe(key, above, total=5000)
        assert landmarks.nearest(above) == (key, above)
    nearest = [landmarks.nearest(position) for position in range(0, 5001, 7)]
    assert all(first[0] <= second[0] and first[1] <= second[1] for first, second in pairwise(nearest))


def test_a_key_has_one_landmark_after_entries_above_it_have_left():
    landmarks = Landmarks()
    landmarks.observe(b"key", 20, total=40)
    landmarks.observe(b"key", 15, total=35)
    assert landmarks.nearest(20) == (b"key", 15)


def test_close_landmarks_replace_each_other():
    landmarks = Landmarks()
    for position in range(100_000):
        landmarks.observe(position.to_bytes(3, "big"), position, total=100_000)
    assert len({landmarks.nearest(position) for position in range(0, 100_000, 10)}) <= 513
