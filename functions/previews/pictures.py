"""Pictures of cards as PNG, 1200 by 630 pixels. The time to draw a picture is bounded: texts are cut to fit."""

from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, cast

from functions.previews.cards import Card, Line
from functions.previews.fonts import Face, installed_faces, visual_runs

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

WIDTH, HEIGHT = 1200, 630
_MARGIN = 80
_EMOJI_SIZE = 109
"""Size, in pixels, of the pictures in NotoColorEmoji, which has no other size."""
_PAPER, _INK, _MUTED = "#f7f5f1", "#1f1b16", "#6b645a"
_MEDALS = ("#c99700", "#8c8f94", "#a8642a")
_ELLIPSIS = "…"
_LONGEST = 80
"""Maximum number of characters of a text to measure. It bounds the time of drawing. Names have at most 64."""


class Painter:
    """Painter of cards. Only one thread at a time may use it, because its fonts are not thread-safe."""

    def __init__(self) -> None:
        """Find the fonts. Raises `ImportError` if the packages of the extra `previews` are not installed."""
        import fontTools.ttLib
        import PIL.ImageFont  # noqa: F401 - a missing package must show at the start, not at the first picture

        del fontTools
        self._faces = installed_faces()

    def png(self, card: Card, accent: str) -> bytes:
        """Return the picture of a card. `accent` is a colour such as `#0a7d5a`."""
        from PIL import Image, ImageDraw

        image = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
        ImageDraw.Draw(image).rectangle((0, 0, 20, HEIGHT), fill=accent)
        text = _Text(image, self._faces)
        text.draw(card.subheading, (_MARGIN, 110), 40, _MUTED, WIDTH - 2 * _MARGIN)
        text.draw(card.heading, (_MARGIN, 220), 88, _INK, WIDTH - 2 * _MARGIN, smallest=48)
        if card.rank:
            _draw_player(text, card, accent)
        for i, line in enumerate(card.leaders):
            _draw_leader(text, line, 340 + 100 * i)
        file = BytesIO()
        # Use a palette, because the picture has few colours: the file has a third of the size.
        image.quantize(128).save(file, "PNG")
        return file.getvalue()


def _draw_player(text: "_Text", card: Card, accent: str) -> None:
    rank_end = text.draw(card.rank, (_MARGIN, 420), 160, accent, 560, smallest=80)
    text.draw(f"/ {card.total}", (rank_end + 24, 420), 56, _MUTED, WIDTH - _MARGIN - rank_end - 24, smallest=28)
    text.draw(card.score, (_MARGIN, 550), 80, _INK, WIDTH - 2 * _MARGIN, smallest=40)


def _draw_leader(text: "_Text", line: Line, baseline: int) -> None:
    colour = _MEDALS[min(int(line.rank), len(_MEDALS)) - 1]
    text.draw(line.rank, (_MARGIN, baseline), 52, colour, 90)
    width = text.width(line.score, 52)
    score_start = max(_MARGIN + 500, WIDTH - _MARGIN - width)
    text.draw(line.score, (score_start, baseline), 52, _INK, WIDTH - _MARGIN - score_start, smallest=30)
    text.draw(line.name, (_MARGIN + 100, baseline), 52, _INK, score_start - _MARGIN - 140, smallest=40)


class _Text:
    """Text on a picture, with a font for each script, shaped and in visual order."""

    def __init__(self, image: "Image", faces: Sequence[Face]) -> None:
        self._image, self._faces = image, faces

    def draw(
        self, text: str, at: tuple[int, int], size: int, colour: str, width: int, *, smallest: int | None = None
    ) -> int:
        """Draw a text from its left end on a baseline, and return the x-coordinate of its right end.

        A text wider than `width` gets a smaller size, down to `smallest`, and then an ellipsis.
        """
        fitting, size = self._fitted(text[:_LONGEST], size, smallest or size, width)
        x = at[0]
        for run in visual_runs(fitting, self._faces):
            font = _font(run.face, size)
            if run.face.is_emoji:
                x += self._draw_emoji(run.text, font, (x, at[1]), size)
            else:
                direction = _direction(font, run.is_right_to_left)
                self._drawer.text((x, at[1]), run.text, colour, font, "ls", direction=direction)
                x += _length(run.text, font, run.is_right_to_left)
        return x

    def width(self, text: str, size: int) -> int:
        """Return the width of a text in pixels."""
        return sum(
            _emoji_width(run.text, _font(run.face, size), size)
            if run.face.is_emoji
            else _length(run.text, _font(run.face, size), run.is_right_to_left)
            for run in visual_runs(text, self._faces)
        )

    @property
    def _drawer(self) -> "ImageDraw":
        from PIL import ImageDraw

        return ImageDraw.Draw(self._image)

    def _fitted(self, text: str, size: int, smallest: int, width: int) -> tuple[str, int]:
        for candidate in dict.fromkeys((size, (size + smallest) // 2, smallest)):
            if self.width(text, candidate) <= width:
                return text, candidate
        shortest, longest = 0, len(text)
        while shortest < longest:
            middle = (shortest + longest + 1) // 2
            if self.width(text[:middle] + _ELLIPSIS, smallest) <= width:
                shortest = middle
            else:
                longest = middle - 1
        return text[:shortest] + _ELLIPSIS, smallest

    def _draw_emoji(self, text: str, font: "FreeTypeFont", at: tuple[int, int], size: int) -> int:
        from PIL import Image, ImageDraw

        length = max(1, _length(text, font, False))
        picture = Image.new("RGBA", (length, _EMOJI_SIZE + 30))
        ImageDraw.Draw(picture).text((0, _EMOJI_SIZE), text, font=font, anchor="ls", embedded_color=True)
        width = _emoji_width(text, font, size)
        scaled = picture.resize((width, max(1, round(picture.height * width / length))))
        self._image.paste(scaled, (at[0], at[1] - round(_EMOJI_SIZE * width / length)), scaled)
        return width


def _emoji_width(text: str, font: "FreeTypeFont", size: int) -> int:
    return max(1, round(_length(text, font, False) * size / _EMOJI_SIZE))


def _length(text: str, font: "FreeTypeFont", is_right_to_left: bool) -> int:
    return round(font.getlength(text, direction=_direction(font, is_right_to_left)))


def _direction(font: "FreeTypeFont", is_right_to_left: bool) -> str | None:
    """Return the direction in which Pillow shapes a run. Return None for a font without raqm: such a font cannot shape.

    Pillow's own font has no raqm. Other fonts have raqm if FriBidi's library is installed on the machine.
    """
    from PIL.ImageFont import Layout

    return ("rtl" if is_right_to_left else "ltr") if font.layout_engine == Layout.RAQM else None


@lru_cache(maxsize=64)
def _font(face: Face, size: int) -> "FreeTypeFont":
    from PIL import ImageFont

    if face.path is None:
        return cast("FreeTypeFont", ImageFont.load_default(size))
    return ImageFont.truetype(face.path, _EMOJI_SIZE if face.is_emoji else size)
