"""Figures and pictures as PNG: ``{"$image": {"png": base64, "width": 640, "height": 480}}``.

Read back as :class:`IPython.display.Image`, which shows itself.
"""

from __future__ import annotations

import base64
import io
import struct
import sys
from typing import Any

from session_state_ext.errors import TooLarge

#: A picture in a session is for looking at; what is larger belongs into a file.
PNG_BYTES = 512 * 1024
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def encode(value: Any, path: str) -> dict[str, Any] | None:
    """The typed object of a matplotlib figure, a PIL image or a shown PNG; None for anything else."""
    png = _png(value)
    if png is None:
        return None
    if len(png) > PNG_BYTES:
        raise TooLarge(
            f"{path}: a picture can have {PNG_BYTES // 1024} KiB as PNG, this one has {len(png) // 1024} KiB. "
            "Make it smaller (figsize, dpi), or save it to a file and keep its path here."
        )
    width, height = size(png)
    return {"$image": {"png": base64.b64encode(png).decode("ascii"), "width": width, "height": height}}


def _png(value: Any) -> bytes | None:
    figures = sys.modules.get("matplotlib.figure")
    buffer = io.BytesIO()
    if figures is not None and isinstance(value, figures.FigureBase):
        value.figure.savefig(buffer, format="png", bbox_inches="tight")
        return buffer.getvalue()
    pictures = sys.modules.get("PIL.Image")
    if pictures is not None and isinstance(value, pictures.Image):
        value.save(buffer, format="PNG")
        return buffer.getvalue()
    shown = sys.modules.get("IPython.core.display") or sys.modules.get("IPython.display")
    if shown is not None and isinstance(value, shown.Image) and isinstance(value.data, bytes):
        return value.data if value.data.startswith(_SIGNATURE) else None
    return None


def size(png: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def decode(inner: Any) -> Any:
    """The picture, which a notebook shows. Raises ValueError where ``inner`` is no PNG."""
    png = base64.b64decode(inner["png"], validate=True)
    if not png.startswith(_SIGNATURE):
        raise ValueError("no PNG")
    from IPython.display import Image

    return Image(data=png, format="png")  # type: ignore[no-untyped-call]
