"""The drawing itself, run in the child: decode within a limit of pixels, set upright, make smaller, save anew."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable

from PIL import Image, ImageDraw, ImageOps

from app.rules.maintenance.masking import Box, pixels_of
from app.services.pictures.framing import DRAWN, HEAVY, MOVING, TOO_MANY_PIXELS, UNREADABLE, Drawn, Job

MAX_PIXELS = 40_000_000
LONGEST_SIDE = 2560
# Sharp on a phone where a list shows a picture the breadth of a thumb.
SMALL_SIDE = 480
FORMATS = ("JPEG", "PNG", "WEBP")

# Checked by Pillow on the header, before anything is decoded; its warning must not let one through.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


def draw(job: Job) -> Drawn:
    """The picture drawn anew, or the word for why not; never raises."""
    try:
        with Image.open(io.BytesIO(job.content), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                return Drawn(TOO_MANY_PIXELS)
            # A phone's MPO is a photo with a preview behind it: the first picture is the photo.
            if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
                return Drawn(MOVING)
            return _redraw(image, [Box(*box) for box in job.boxes])
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        return Drawn(TOO_MANY_PIXELS)
    except MemoryError:
        return Drawn(HEAVY)
    except Exception:  # a decoder fed with hostile bytes may fail in any way
        return Drawn(UNREADABLE)


def _redraw(image: Image.Image, boxes: Iterable[Box]) -> Drawn:
    """The pixels, upright and no more than needed, on a fresh canvas: nothing else comes along."""
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    # Smaller first: to turn forty million pixels takes twice their memory.
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    layer = ImageOps.exif_transpose(image).convert("RGBA")
    canvas = Image.new("RGB", layer.size, "white")
    canvas.paste(layer, mask=layer.getchannel("A"))
    pen = ImageDraw.Draw(canvas)
    for box in boxes:
        pen.rectangle(pixels_of(box, canvas.width, canvas.height), fill="black")
    return Drawn(DRAWN, _jpeg(canvas, quality=85), _thumbnail(canvas))


def _thumbnail(canvas: Image.Image) -> bytes:
    if max(canvas.size) <= SMALL_SIDE:
        return b""
    small = canvas.copy()
    small.thumbnail((SMALL_SIDE, SMALL_SIDE))
    return _jpeg(small, quality=78)


def _jpeg(canvas: Image.Image, *, quality: int) -> bytes:
    written = io.BytesIO()
    canvas.save(written, "JPEG", quality=quality, optimize=True)
    return written.getvalue()
