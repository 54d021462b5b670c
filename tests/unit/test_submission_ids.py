"""Generated ids of submissions that clients sent without an id."""

import os
from uuid import RFC_4122, UUID

from leaderforge.adapters.postgres.submission_ids import new_submission_id


def test_an_id_is_a_random_uuid() -> None:
    ids = [new_submission_id() for _ in range(1000)]
    assert {(i.version, i.variant) for i in ids} == {(4, RFC_4122)}
    assert len(set(ids)) == 1000
    # Each bit must vary, except the six bits that the format fixes.
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


def test_a_forked_process_gives_other_ids() -> None:
    new_submission_id()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, new_submission_id().bytes)
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 16) != new_submission_id().bytes
    os.close(reader)
    os.close(writer)
