"""Rights of callers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.api_keys import digest_of, key_name, new_key
from leaderforge.domain.boards import Board
from leaderforge.domain.callers import ANONYMOUS, COMMAND, LOOPBACK, Caller, CallerKind, player
from leaderforge.domain.errors import Forbidden, Refused, Unauthenticated
from leaderforge.domain.permissions import KeyScope, Permission

boards = st.builds(Board, st.just(1), st.just("b"), st.just("B"), private=st.booleans(), open_to_players=st.booleans())
keys = st.builds(Caller, st.just(CallerKind.KEY), st.just("k"), st.frozensets(st.sampled_from(KeyScope)))
players = st.builds(player, st.integers(-2, 2), reads=st.booleans())
callers = st.one_of(st.just(ANONYMOUS), keys, players)


@given(caller=callers, board=boards)
def test_private_boards_are_read_with_any_scope(caller: Caller, board: Board) -> None:
    assert caller.may_read(board) == (not board.private or len(caller.scopes) > 0)


@given(caller=callers, board=boards, user_id=st.integers(-2, 2))
def test_keys_submit_for_anyone_and_players_for_themselves(caller: Caller, board: Board, user_id: int) -> None:
    by_key = caller.kind is CallerKind.KEY and bool({KeyScope.SUBMIT, KeyScope.ADMIN} & caller.scopes)
    by_itself = caller.kind is CallerKind.PLAYER and caller.user_id == user_id and board.open_to_players
    assert caller.may_submit(board, user_id) == (by_key or by_itself)


@given(caller=callers, user_id=st.integers(-2, 2))
def test_hidden_standings_show_to_admins_and_to_their_player(caller: Caller, user_id: int) -> None:
    by_itself = caller.kind is CallerKind.PLAYER and caller.user_id == user_id
    assert caller.sees_hidden(user_id) == (by_itself or KeyScope.ADMIN in caller.scopes)


@given(caller=callers, board=boards, user_id=st.integers(-2, 2))
def test_refusals_tell_the_unknown_from_those_who_may_not(caller: Caller, board: Board, user_id: int) -> None:
    refusal = Unauthenticated if caller is ANONYMOUS else Forbidden
    for may, require in (
        (caller.may_read(board), lambda: caller.require_read(board)),
        (caller.may_submit(board, user_id), lambda: caller.require_submit(board, user_id)),
        (caller.may(Permission.MANAGE_KEYS), lambda: caller.require(Permission.MANAGE_KEYS)),
    ):
        if may:
            require()
        else:
            with pytest.raises(refusal):
                require()


@pytest.mark.parametrize(
    ("caller", "actor"),
    [
        (ANONYMOUS, "anonymous"),
        (LOOPBACK, "loopback"),
        (COMMAND, "cli"),
        (player(-7), "player:-7"),
        (Caller(CallerKind.KEY, "ops"), "key:ops"),
        (Caller(CallerKind.ENVIRONMENT, "admin", fingerprint="abc"), "env:admin"),
    ],
)
def test_actors_as_the_audit_log_names_them(caller: Caller, actor: str) -> None:
    assert caller.actor == actor


def test_keys_are_long_and_differ() -> None:
    made = {new_key() for _ in range(100)}
    assert len(made) == len({digest_of(key) for key in made}) == 100
    assert all(key.startswith("lf_") and len(key) == 51 for key in made)


@pytest.mark.parametrize("name", ["", "A", "-a", "a b", "a" * 65, "a/b", "a\n"])
def test_bad_names_of_keys(name: str) -> None:
    with pytest.raises(Refused):
        key_name(name)
