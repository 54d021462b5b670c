"""Rules for the names of players, with the refused words of a file."""

from pathlib import Path

from leaderforge.config import VARIABLES, EnvironmentSettings, SettingsError
from leaderforge.domain.name_rules import NameRules, RefusedWords

_MAX_BYTES = 2**20
"""Maximum size of the file in bytes. It limits the time to compare a name with every `*word*` to milliseconds."""


def name_rules(settings: EnvironmentSettings) -> NameRules:
    """Return the rules for names. Raises `SettingsError` if the file of refused words cannot be used."""
    if settings.refused_names is None:
        return NameRules(settings.unique_names)
    return NameRules(settings.unique_names, RefusedWords(_lines(settings.refused_names)))


def _lines(path: Path) -> tuple[str, ...]:
    """Return the words of the file: one a line, without blank lines and comments."""
    name = "LEADERFORGE_REFUSED_NAMES"
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name} is wrong ({path} cannot be read: {error}): {VARIABLES[name]}") from None
    if len(content) > _MAX_BYTES:
        raise SettingsError(f"{name} is wrong ({path} is larger than 1 MiB): {VARIABLES[name]}")
    lines = (line.strip() for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))
