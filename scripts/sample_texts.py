"""Print a random sample of the repository's texts, so that readers can judge the language.

A text is a docstring, a comment, or a paragraph or list item of the documentation. Adjacent comment lines are one text.
Tables, headings, code blocks, the change log, generated files and comments of one word are left out.
"""

import argparse
import ast
import io
import random
import re
import subprocess
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from textwrap import dedent, indent
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
SOURCES = re.compile(r".*\.(py|sql|lua|tsx?)|(docs/|frontend/)(.*/)?[^/]*\.md|(README|CONTRIBUTING|SECURITY)\.md")
PRAGMA = re.compile(r"!|@vitest|\w+$|(noqa|type: ignore|fmt:|eslint|@ts-)[^ ]*( [A-Z0-9, ]+| skip)?$")
"""Pattern of comments to leave out: a single word, or an instruction to a tool without a reason."""
CODE_BLOCK = re.compile(r"^( *)(`{3,}).*?^\1\2$", re.DOTALL | re.MULTILINE)
BLOCK = re.compile(r"(?:^.*\S.*\n?)+", re.MULTILINE)
ITEM = re.compile(r"^ *(?:[-*]|\d+\.) +", re.MULTILINE)
NOT_PROSE = re.compile(r"\s*([#|<]|!\[|\[!)")


@dataclass(frozen=True, slots=True)
class Text:
    """Text with its place. For a docstring or comment, `signature` is the first line of the code that it describes."""

    path: str
    line: int
    kind: str
    text: str
    signature: str = ""

    def __str__(self) -> str:
        heading = f"{self.path}:{self.line} ({self.kind})\n"
        return heading + (indent(self.signature, "    ") + "\n" if self.signature else "") + indent(self.text, "    ")


class Comment(NamedTuple):
    """One comment of a source. `subject` is the code before the comment on the same line, or else the code after it."""

    line: int
    has_own_line: bool
    text: str
    subject: str = ""


def texts_of(path: str, source: str) -> Iterator[Text]:
    """Yield the texts of a file. The suffix of the path says how to read the file."""
    suffix = Path(path).suffix
    if suffix == ".md":
        yield from paragraphs(path, source)
    elif suffix == ".py":
        yield from docstrings(path, source)
        yield from joined(path, python_comments(source))
    else:
        yield from joined(path, marked_comments(source, *MARKS[suffix]))


def docstrings(path: str, source: str) -> Iterator[Text]:
    """Yield the docstrings of a module, its classes, functions, constants and attributes."""
    for parent in ast.walk(ast.parse(source)):
        body = getattr(parent, "body", None)
        if not isinstance(body, list):
            continue
        for subject, statement in pairwise([parent, *body]):
            match statement:
                case ast.Expr(value=ast.Constant(value=str(text))) if subject is parent or is_assignment(subject):
                    yield Text(path, statement.lineno, "docstring", unindented(text), signature(subject))


def is_assignment(node: ast.AST) -> bool:
    """Return whether a string after the node describes a constant or an attribute."""
    return isinstance(node, ast.Assign | ast.AnnAssign)


def signature(subject: ast.AST) -> str:
    """Return the head of a function or class, or the first line of an assignment. A module has none."""
    match subject:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            returns = f" -> {ast.unparse(subject.returns)}" if subject.returns else ""
            return f"def {subject.name}({ast.unparse(subject.args)}){returns}"
        case ast.ClassDef():
            return f"class {subject.name}({', '.join(map(ast.unparse, subject.bases))})"
        case ast.Module():
            return ""
    return ast.unparse(subject).partition("\n")[0]


def unindented(text: str) -> str:
    """Return a text without the indentation of its later lines."""
    first, _, rest = text.strip().partition("\n")
    return f"{first}\n{dedent(rest)}".rstrip()


def python_comments(source: str) -> Iterator[Comment]:
    """Yield the comments of a Python module."""
    lines = [*source.splitlines(), ""]
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            line, before = token.start[0], token.line[: token.start[1]].strip()
            yield Comment(line, not before, token.string.removeprefix("#").strip(), before or lines[line].strip())


MARKS = {
    ".sql": ("--", r"'[^']*'"),
    ".lua": ("--", r"\"[^\"\n]*\"|'[^'\n]*'"),
    ".ts": ("//", r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`"),
}
MARKS[".tsx"] = MARKS[".ts"]
"""Syntax by suffix: the mark of a comment, and the pattern of strings, which may contain the mark."""


def marked_comments(source: str, mark: str, strings: str) -> Iterator[Comment]:
    """Yield the comments from a mark to the end of a line, and comments between /* and */."""
    for match in re.finditer(rf"{strings}|{mark}[^\n]*|/\*.*?\*/", source, re.DOTALL):
        line = line_of(source, match.start())
        before = source[: match.start()].rpartition("\n")[2].strip()
        subject = before or source[match.end() :].strip().partition("\n")[0]
        if match[0].startswith(mark):
            yield Comment(line, not before, match[0].removeprefix(mark).strip(), subject)
        elif match[0].startswith("/*"):
            yield Comment(line, False, re.sub(r"^ *\* ?", "", match[0].strip("/* \n"), flags=re.MULTILINE), subject)


def joined(path: str, comments: Iterable[Comment]) -> Iterator[Text]:
    """Join comments on adjacent lines, and omit comments for tools."""
    block: list[Comment] = []
    for comment in [*comments, None]:
        if comment and block and continues(block[-1], comment):
            block.append(comment)
            continue
        text = "\n".join(line.text for line in block)
        if text and not PRAGMA.match(text):
            yield Text(path, block[0].line, "comment", text, block[-1].subject)
        block = [comment] if comment else []


def continues(previous: Comment, comment: Comment) -> bool:
    """Return whether two comments are adjacent lines of one text."""
    return previous.has_own_line and comment.has_own_line and comment.line == previous.line + 1


def paragraphs(path: str, source: str) -> Iterator[Text]:
    """Yield the paragraphs and list items of a Markdown file."""
    prose = CODE_BLOCK.sub(lambda code: "\n" * code[0].count("\n"), source)
    for block in BLOCK.finditer(prose):
        starts = sorted({block.start(), *(item.start() for item in ITEM.finditer(prose, block.start(), block.end()))})
        for begin, end in pairwise([*starts, block.end()]):
            text = prose[begin:end]
            if not NOT_PROSE.match(text):
                yield Text(path, line_of(prose, begin), "paragraph", unindented(text))


def line_of(source: str, position: int) -> int:
    """Return the number of the line, from 1, that contains a position of the source."""
    return source.count("\n", 0, position) + 1


def git(*arguments: str, stdin: str = "") -> list[str]:
    """Return the output lines of a git command in the repository."""
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=True).stdout.splitlines()  # noqa: S603 - fixed commands


def sources(folders: Sequence[str]) -> list[str]:
    """Return the paths of the committed sources in the folders, except those of generated files."""
    paths = [path for path in git("ls-files", "--", *folders) if SOURCES.fullmatch(path)]
    attributes = git("check-attr", "--stdin", "linguist-generated", stdin="\n".join(paths))
    return [path for path, line in zip(paths, attributes, strict=True) if line.endswith(": unspecified")]


def main() -> None:
    """Print a sample, or all texts, as the arguments request."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", default=["."], help="files or folders to read; default: all")
    parser.add_argument("--count", type=int, default=60, help="number of texts; each is equally likely")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="seed that repeats a sample")  # noqa: S311 - no secret
    parser.add_argument("--all", action="store_true", help="print every text, in the order of the files")
    options = parser.parse_args()
    texts = [text for path in sources(options.folders) for text in texts_of(path, (ROOT / path).read_text())]
    if not options.all:
        print(f"seed {options.seed}: {options.count} of {len(texts)} texts\n")
        texts = random.Random(options.seed).sample(texts, min(options.count, len(texts)))  # noqa: S311 - no secret
    for number, text in enumerate(texts, 1):
        print(f"{number}. {text}\n")


if __name__ == "__main__":
    main()
