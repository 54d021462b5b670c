"""Connections of the programs that write and load backups."""

import pytest

from leaderforge.production.backup import _connection


@pytest.mark.parametrize(
    ("dsn", "address", "password"),
    [
        ("postgresql://u:p%40@h:1/lf", "postgresql://u@h:1/lf", "p@"),
        ("postgresql://u:p@[::1]:5/lf?sslmode=require", "postgresql://u@[::1]:5/lf?sslmode=require", "p"),
        ("postgresql://u:p@h1:1,h2:2/lf", "postgresql://u@h1:1,h2:2/lf", "p"),
        ("postgresql://h/lf", "postgresql://h/lf", None),
        ("postgresql:///lf", "postgresql:///lf", None),
        ("postgresql:///lf?host=/run/postgresql", "postgresql:///lf?host=/run/postgresql", None),
        ("postgresql://u:p@/lf?host=/run/postgresql", "postgresql://u@/lf?host=/run/postgresql", "p"),
        ("postgresql://%2Frun%2Fpostgresql/lf", "postgresql://%2Frun%2Fpostgresql/lf", None),
    ],
)
def test_only_the_password_is_taken_out_of_an_address(dsn: str, address: str, password: str | None) -> None:
    variables = {} if password is None else {"PGPASSWORD": password}
    assert _connection(dsn) == ([f"--dbname={address}"], variables)
