"""Figures and pictures go in as PNG and come back as what a notebook shows."""

from __future__ import annotations

import io
from typing import Any

import pytest
from IPython.display import Image
from matplotlib.figure import Figure
from PIL import Image as Pictures

from session_state_ext.errors import InvalidValue, TooLarge
from session_state_ext.kernel import preview, values


def figure(inches: float = 2) -> Any:
    drawn = Figure(figsize=(inches, inches), dpi=50)
    drawn.subplots().plot([1, 2, 3])
    return drawn


@pytest.mark.parametrize(
    ("value", "note"),
    [
        (figure(), "fig: a Figure comes back as a picture"),
        (Pictures.new("RGB", (3, 2), "red"), "fig: an Image comes back as a picture"),
        (Pictures.new("1", (3, 2)), "fig: an Image comes back as a picture"),
    ],
)
def test_a_picture_comes_back_as_it_looks(value: Any, note: str) -> None:
    said: list[str] = []
    text = values.encode(value, "fig", note=said.append)
    read = values.decode(text)
    assert type(read) is Image
    assert said == [note]
    looked = Pictures.open(io.BytesIO(read.data))
    assert preview.kind(text) == f"Image {looked.width}x{looked.height}"
    if isinstance(value, Pictures.Image):
        assert looked.convert("RGB").tobytes() == value.convert("RGB").tobytes()
    # What came back goes in again, and is the same.
    assert values.encode(read, "fig", note=said.append) == text
    assert said == [note]


def test_what_is_too_large_or_no_png_is_refused_with_what_to_do() -> None:
    noise = Pictures.effect_noise((1200, 1200), 100)
    with pytest.raises(TooLarge) as large:
        values.encode({"a": noise}, "fig")
    assert large.value.message.startswith('fig["a"]: a picture can have 524 kB as PNG, this one has 1.')
    assert large.value.message.endswith("Make it smaller (figsize, dpi), or save it to a file and keep its path here.")
    for value, sentence in [
        (Pictures.new("CMYK", (3, 2)), "fig: a picture of mode CMYK cannot be PNG. Store value.convert('RGB')."),
        (
            Image(url="https://example.org/x.png"),  # type: ignore[no-untyped-call]
            "fig: an Image that is no PNG has no JSON form. Store its file's path.",
        ),
        (figure().axes[0], "fig: an Axes has no JSON form. Store its figure."),
    ]:
        with pytest.raises(InvalidValue) as caught:
            values.encode(value, "fig")
        assert caught.value.message == sentence
