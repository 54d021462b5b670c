"""Generated ids of submissions that clients sent without an id."""

from uuid import RFC_4122, UUID

from leaderforge.adapters.postgres.submission_ids import new_submission_id


def test_an_id_is_a_random_uuid() -> None:
    ids = [new_submission_id() for _ in range(1000)]
    assert {(i.version, i.variant) for i in ids} == {(4, RFC_4122)}
    assert len(set(ids)) == 1000
    # All bits except the six fixed ones must vary.
    fixed = UUID("00000000-0000-f000-c000-000000000000").int
    ones, zeros = 0, 0
    for i in ids:
        ones, zeros = ones | i.int, zeros | ~i.int
    assert ones & zeros & ~fixed == (1 << 128) - 1 & ~fixed


def test_an_id_equals_the_standard_type() -> None:
    submission_id = new_submission_id()
    standard = UUID(str(submission_id))
    assert submission_id == standard
    assert hash(submission_id) == hash(standard)
    assert sorted([standard, UUID(int=0)]) == sorted([submission_id, UUID(int=0)])
