"""Write the reference of the C# SDK from the documentation comments of its sources, as Markdown.

Each public member has a comment, because Mono's compiler demands it. Debian has no package of Mono's own generator of
reference pages, therefore this script replaces the generator.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

RUNTIME = Path(__file__).parents[1] / "sdk" / "csharp" / "Runtime"


def csharp_reference() -> str:
    """Return the page of all public types except the types of responses. The client comes first."""
    files = sorted(RUNTIME.glob("*.cs"), key=lambda path: (path.name != "Client.cs", path.name))
    return "# C# SDK: reference\n\n" + _page(path for path in files if path.name != "Types.cs")


def csharp_types_reference() -> str:
    """Return the page of the types of responses."""
    return "# C# SDK: types of responses\n\n" + _page([RUNTIME / "Types.cs"])


def _page(files: Iterable[Path]) -> str:
    return "\n".join(part for path in files for part in _documented(path.read_text(encoding="utf-8")))


def _documented(source: str) -> Iterator[str]:
    """Yield the types and members of a file that are public and have a comment, in their order."""
    is_public = False
    lines = source.splitlines()
    comment: list[str] = []
    for number, line in enumerate(lines):
        text = line.strip()
        if text.startswith("///"):
            comment.append(text.removeprefix("///").strip())
            continue
        if text.startswith("["):
            continue
        if declared := re.search(r"\b(?:class|enum|struct) \w+", text):
            is_public = text.startswith("public")
            if is_public and comment:
                yield f"## {declared[0].split(' ')[1]}\n\n{_text(comment)}\n"
        elif comment and is_public and (text.startswith("public") or re.fullmatch(r"\w+,", text)):
            yield f"```csharp\n{_signature(lines[number:])}\n```\n\n{_text(comment)}\n"
        comment = []


def _signature(lines: list[str]) -> str:
    """Return a declaration without its body, in one line."""
    words: list[str] = []
    for line in lines:
        words.append(line.strip())
        if line.rstrip().endswith((")", ";", "}", ",")) and " ".join(words).count("(") == " ".join(words).count(")"):
            break
    text = re.sub(r"\s+", " ", " ".join(words)).replace("( ", "(").rstrip(",;")
    text = re.sub(r" (?:=>|: base|: this).*", "", text)
    return text.replace("default(CancellationToken)", "default")


def _text(comment: list[str]) -> str:
    """Return a comment as Markdown."""
    text = " ".join(comment)
    text = re.sub(r'<exception cref="(\w+)">(.*?)</exception>', r"\n\nThrows `\1`: \2", text)
    text = re.sub(r'<(?:see|paramref|typeparam) (?:cref|name)="([^"]+)"\s*/>', r"`\1`", text)
    text = re.sub(r"<typeparam.*?</typeparam>", "", text)
    text = re.sub(r"<c>(.*?)</c>", r"`\1`", text)
    text = re.sub(r"</?summary>", "", text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


if __name__ == "__main__":
    print(csharp_reference())
