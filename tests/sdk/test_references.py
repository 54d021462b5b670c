"""The generated reference of the C# and Godot SDKs has each public member."""

import re

from scripts.csharp_reference import RUNTIME, csharp_reference, csharp_types_reference
from scripts.godot_reference import ADDON, PUBLIC, godot_reference

_PUBLIC_TYPE = re.compile(r"^    public (?:sealed |static )?(?:class|enum) (\w+)", re.MULTILINE)
_PUBLIC_FUNCTION = re.compile(r"^(?:static )?func ([a-z]\w*)\(", re.MULTILINE)


def test_each_public_type_of_csharp_has_a_section() -> None:
    text = csharp_reference() + csharp_types_reference()
    sections = set(re.findall(r"^## (\w+)", text, re.MULTILINE))
    assert sections == {name for path in RUNTIME.glob("*.cs") for name in _PUBLIC_TYPE.findall(path.read_text())}
    assert "public Task<Flushed> FlushAsync(CancellationToken cancellation = default)\n" in text


def test_signatures_of_csharp_are_whole() -> None:
    for signature in re.findall(r"```csharp\n(.*)\n```", csharp_reference()):
        assert signature.count("(") == signature.count(")"), signature
        assert signature.count("{") == signature.count("}"), signature


def test_each_public_function_of_godot_has_a_comment() -> None:
    text = godot_reference()
    functions = {name for script in PUBLIC for name in _PUBLIC_FUNCTION.findall((ADDON / f"{script}.gd").read_text())}
    assert {name for name in functions if f"func {name}(" not in text} == set()
