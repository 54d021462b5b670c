"""Hook of MkDocs: the README becomes the first page, and links to files of the repository become text."""

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)#:\s]+)(?:#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the README as the first page. Its links to docs/ become links between pages."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").replace("](docs/", "](")
    files.append(File.generated(config, "index.md", content=text))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Replace links to files outside docs/ by their text. Raises `PluginError` if there is no such file."""
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
