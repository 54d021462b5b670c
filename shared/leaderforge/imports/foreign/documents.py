"""JSON documents that a service's API returned, saved in files."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from leaderforge.domain.errors import Refused
from leaderforge.imports.json_numbers import NumberText

_SUFFIXES = frozenset({".json", ".ndjson", ".jsonl"})
_DECODER = json.JSONDecoder(parse_float=NumberText, parse_int=NumberText)
"""Decoder that keeps numbers as texts, because a float would round them."""


def saved_documents(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the JSON objects in a file, or in all JSON files of a folder by name, each with the name of its file.

    A file may have several objects, one after another. Raises `Refused` if a file is unusable.
    """
    if not path.exists():
        raise Refused(f"there is no file or folder {path}")
    files = sorted(file for file in path.iterdir() if file.suffix in _SUFFIXES) if path.is_dir() else [path]
    if not files:
        raise Refused(f"the folder {path} has no .json, .ndjson or .jsonl file: save each page of the API there")
    for file in files:
        for document in _documents(file):
            yield file.name, document


def _document(file: Path, text: str, position: int) -> tuple[Mapping[str, Any], int]:
    """Return the JSON object at a position in the text of a file, and the position behind it. Raises `Refused`."""
    try:
        value, end = _DECODER.raw_decode(text, position)
    except (ValueError, RecursionError) as error:
        raise Refused(f"{file} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Refused(f"{file} has a JSON value that is no object: save the API's responses unchanged")
    return value, end


def _documents(file: Path) -> Iterator[Mapping[str, Any]]:
    try:
        text = file.read_text(encoding="utf-8-sig").strip()
    except UnicodeDecodeError:
        raise Refused(f"{file} is not UTF-8 text") from None
    position = 0
    while position < len(text):
        document, position = _document(file, text, position)
        yield document
        while position < len(text) and text[position].isspace():
            position += 1


def objects_in(document: Mapping[str, Any], member: str, file: str) -> list[Mapping[str, Any]]:
    """Return the objects of the list in a JSON member of a document. Raises `Refused`."""
    values = document.get(member)
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise Refused(f"{file}: {member} is not a list of objects")
    return values


def text_in(entry: Mapping[str, Any], member: str, file: str) -> str:
    """Return the text or the number in a JSON member of an entry. Raises `Refused`."""
    value = entry.get(member)
    if not isinstance(value, str) or not value:
        raise Refused(f"{file}: an entry has no {member}")
    return value


def rank_in(entry: Mapping[str, Any], member: str, file: str) -> int:
    """Return the rank or the position in a JSON member of an entry. Raises `Refused`."""
    text = text_in(entry, member, file)
    try:
        return int(text)
    except ValueError:
        raise Refused(f"{file}: {member} of an entry is {text[:40]!r}, not a whole number") from None
