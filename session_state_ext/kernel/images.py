"""Figures and pictures as PNG: ``{"$image": {"png": base64, "width": 640, "height": 480}}``.

Read back as :class:`IPython.display.Image`, which shows itself.
"""

from __future__ import annotations

import base64
import io
import struct
import sys
from typing import Any

from session_state_ext.errors import InvalidValue, TooLarge

from .columns import Plain, Revive, Walk
from .descriptions import article, in_bytes

#: A picture in a session is for looking at; what is larger belongs into a file.
PNG_BYTES = 512 * 1024
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = 24


def encode(value: Any, path: str, plain: Plain, walk: Walk) -> dict[str, Any] | None:
    """The typed object of a matplotlib figure, a PIL image or a shown PNG; None for anything else."""
    png = _png(value, path)
    if png is None:
        return None
    if len(png) > PNG_BYTES:
        raise TooLarge(
            f"{path}: a picture can have {in_bytes(PNG_BYTES)} as PNG, this one has {in_bytes(len(png))}. "
            "Make it smaller (figsize, dpi), or save it to a file and keep its path here."
        )
    if type(value).__module__.partition(".")[0] != "IPython":
        walk.note(f"{path}: {article(type(value).__name__)} comes back as a picture")
    width, height = size(png)
    return {"$image": {"png": base64.b64encode(png).decode("ascii"), "width": width, "height": height}}


def _png(value: Any, path: str) -> bytes | None:
    figures = sys.modules.get("matplotlib.figure")
    buffer = io.BytesIO()
    if figures is not None and isinstance(value, figures.FigureBase):
        value.figure.savefig(buffer, format="png", bbox_inches="tight")
        return buffer.getvalue()
    pictures = sys.modules.get("PIL.Image")
    if pictures is not None and isinstance(value, pictures.Image):
        try:
            value.save(buffer, format="PNG")
        except (OSError, ValueError):
            raise InvalidValue(
                f"{path}: a picture of mode {value.mode} cannot be PNG. Store value.convert('RGB')."
            ) from None
        return buffer.getvalue()
    shown = sys.modules.get("IPython.core.display")
    if shown is not None and isinstance(value, shown.Image):
        data = value.data
        if isinstance(data, bytes) and data.startswith(_SIGNATURE) and len(data) >= _HEADER:
            return data
        raise InvalidValue(f"{path}: an Image that is no PNG has no JSON form. Store its file's path.")
    return None


def size(png: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header."""
    width, height = struct.unpack(">II", png[16:_HEADER])
    return width, height


def decode(key: str, inner: Any, revive: Revive) -> Any:
    """The picture, which a notebook shows. Raises ValueError where ``inner`` is no PNG."""
    png = base64.b64decode(inner["png"], validate=True)
    if not png.startswith(_SIGNATURE) or len(png) < _HEADER:
        raise ValueError("no PNG")
    from IPython.display import Image

    return Image(data=png, format="png")  # type: ignore[no-untyped-call]
