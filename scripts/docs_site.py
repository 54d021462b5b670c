"""Hook of MkDocs: the README becomes the first page, and links to files of the repository become text."""

import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).parents[1]))  # MkDocs imports this hook without the repository's modules
from scripts.csharp_reference import csharp_reference, csharp_types_reference
from scripts.godot_reference import godot_reference

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
_REFERENCE = """# Reference of the SDKs

From the comments of their sources:

- Python: [clients](python.md), [types of responses](python-types.md)
- <a href="typescript/index.html">TypeScript</a>
- C#: [clients](csharp.md), [types of responses](csharp-types.md)
- [Godot](godot.md)
"""
"""Contents page of the reference. `make docs` writes the folder of TypeScript beside this page."""
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)#:\s]+)(?:#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the README as the first page, and the reference of the SDKs.

    The README's links to docs/ become links between pages.
    """
    text = (ROOT / "README.md").read_text(encoding="utf-8").replace("](docs/", "](")
    pages = {
        "index.md": text,
        "reference/index.md": _REFERENCE,
        "reference/python.md": "# Python SDK: reference\n\n::: leaderforge_client\n",
        "reference/python-types.md": "# Python SDK: types of responses\n\n::: leaderforge_client.types\n",
        "reference/csharp.md": csharp_reference(),
        "reference/csharp-types.md": csharp_types_reference(),
        "reference/godot.md": godot_reference(),
    }
    for name, content in pages.items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Replace links to files outside docs/ by their text. Raises `PluginError` if there is no such file."""
    if page.file.src_uri.startswith("reference/"):
        return markdown  # generated pages link to each other only, and MkDocs checks that
    is_readme = page.file.src_uri == "index.md"
    pages = DOCS if is_readme else (DOCS / page.file.src_uri).parent
    folder = ROOT if is_readme else pages

    def replaced(match: re.Match[str]) -> str:
        text, path = match.groups()
        if (pages / path).resolve().is_relative_to(DOCS) and (pages / path).is_file():
            return match[0]  # MkDocs checks links between pages itself
        if not (folder / path).exists():
            raise PluginError(f"{page.file.src_uri} links to {path}, which does not exist")
        return text

    return _LINK.sub(replaced, markdown)
