"""Names of the product. Few bindings have vague names, and no two public types share a name.

The definitions are these:

- A binding is an assigned name, a parameter or a function name, without the leading underscores of a function name.
  Attributes, imports and class names are not bindings. A vague binding has a name in `VAGUE`.
- A public type is a top-level class, an alias such as `EventKey = tuple[int, UUID]`, or a type variable. Names in
  capitals are no types: they are constants, or type variables of one letter, such as `T`.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("functions", "shared")

PRONOUNS = "one some own such those others rest more both who again"
PARTICIPLES = "found held told asked made given done known wanted shown seen mark kept left named listed lent mains"
VAGUE = frozenset(f"{PRONOUNS} {PARTICIPLES}".split())
MAX_VAGUE = 0.003
"""Upper bound of the share of vague bindings among all bindings."""


class Module(NamedTuple):
    path: str
    tree: ast.Module


class Name(NamedTuple):
    path: str
    line: int
    name: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.name}"


@pytest.fixture(scope="module")
def product() -> Sequence[Module]:
    """Modules of the product."""
    paths = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return [module(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in paths]


def module(path: str, source: str) -> Module:
    return Module(path, ast.parse(source, path))


def bindings(modules: Iterable[Module]) -> Iterator[Name]:
    """Yield every binding of the modules."""
    for path, tree in modules:
        for node in ast.walk(tree):
            match node:
                case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                    yield Name(path, node.lineno, name)
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    yield Name(path, node.lineno, name.lstrip("_"))


def public_types(modules: Iterable[Module]) -> Iterator[Name]:
    """Yield every public type of the modules."""
    for path, tree in modules:
        for node in tree.body:
            match node:
                case ast.ClassDef(name=name) if name[0].isupper():
                    yield Name(path, node.lineno, name)
                case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                    if name[0].isupper() and not name.isupper():
                        yield Name(path, node.lineno, name)


def require_clear_names(modules: Sequence[Module]) -> None:
    """Fail if more than `MAX_VAGUE` of the bindings are vague, and list the vague ones."""
    names = list(bindings(modules))
    vague = [name for name in names if name.name in VAGUE]
    if len(vague) > MAX_VAGUE * len(names):
        pytest.fail(
            f"{len(vague)} of {len(names)} bindings are vague, more than {MAX_VAGUE:.1%}: name the thing instead.\n"
            + "\n".join(map(str, vague)),
            pytrace=False,
        )


def require_unique_types(modules: Sequence[Module]) -> None:
    """Fail if two modules define a public type with the same name, and list the definitions."""
    homes: defaultdict[str, list[Name]] = defaultdict(list)
    for definition in public_types(modules):
        homes[definition.name].append(definition)
    doubled = [home for places in homes.values() if len({home.path for home in places}) > 1 for home in places]
    if doubled:
        pytest.fail(
            "modules define public types of one name: rename one, or share one definition.\n"
            + "\n".join(map(str, doubled)),
            pytrace=False,
        )


def test_names_of_the_product_are_clear(product: Sequence[Module]) -> None:
    assert len(product) > 200
    require_clear_names(product)


def test_public_types_of_the_product_are_unique(product: Sequence[Module]) -> None:
    require_unique_types(product)


def test_bindings_are_assigned_names_parameters_and_functions() -> None:
    source = """
import found
class Kept:
    seen: int = 1
    def _held(self, given, *more, told=None, **rest): self.asked = {known: 1 for known in given}
async def again(): (both := 1)
for one, (some, _) in found: named += 1
with found as made: print(lambda own: own)
"""
    names = ["seen", "held", "self", "given", "more", "told", "rest", "known", "again", "both"]
    names += ["one", "some", "_", "named", "made", "own"]
    assert sorted(binding.name for binding in bindings([module("m.py", source)])) == sorted(names)


def test_a_vague_name_is_reported_with_its_place() -> None:
    with pytest.raises(pytest.fail.Exception) as failure:
        require_clear_names([module("a.py", "entry = 1\n"), module("b.py", "\ndef rank(wanted): pass\n")])
    assert str(failure.value) == ("1 of 3 bindings are vague, more than 0.3%: name the thing instead.\nb.py:2: wanted")


@pytest.mark.parametrize(("clear", "passes"), [(331, False), (333, True)])
def test_the_bound_of_vague_names(clear: int, passes: bool) -> None:
    modules = [module("a.py", "found = 1\n" + "entry = 1\n" * clear)]
    if passes:
        require_clear_names(modules)
    else:
        with pytest.raises(pytest.fail.Exception):
            require_clear_names(modules)


def test_a_type_of_two_modules_is_reported_with_both_places() -> None:
    modules = [
        module("a.py", "class Row: pass\nclass Row: pass\nKey = tuple[int, int]\nclass Entry: pass\n"),
        module("b.py", "\nKey: TypeAlias = tuple[int]\nclass Player:\n    class Entry: pass\n"),
    ]
    with pytest.raises(pytest.fail.Exception) as failure:
        require_unique_types(modules)
    assert str(failure.value) == (
        "modules define public types of one name: rename one, or share one definition.\na.py:3: Key\nb.py:2: Key"
    )


def test_a_type_variable_of_two_modules_is_reported() -> None:
    source = "ItemT = TypeVar('ItemT')\n"
    with pytest.raises(pytest.fail.Exception, match=r"a\.py:1: ItemT\nb\.py:1: ItemT"):
        require_unique_types([module("a.py", source), module("b.py", source)])


def test_type_variables_of_one_letter_constants_and_private_types_may_be_doubled() -> None:
    source = "T = TypeVar('T')\nP = typing.ParamSpec('P')\nLIMIT = 1\nclass _Known: pass\n"
    require_unique_types([module("a.py", source), module("b.py", source)])
