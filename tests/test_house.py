"""The house rules that no linter knows: versions in step, links that lead somewhere, files with one noun each."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import session_state_ext

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("**/*.md"))]
# A thing lives with the noun it belongs to.
NO_NOUNS = {"utils", "util", "helpers", "helper", "common", "types", "constants", "misc"}
LINES = 450  # near 350 a file tells you that it holds two nouns; here it insists


def sources() -> list[Path]:
    """All code of ours, and nothing that was built from it."""
    python = [*(ROOT / "session_state_ext").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    typescript = (ROOT / "labextension" / "src").rglob("*.ts*")
    return sorted([*python, *typescript])


def test_one_version_everywhere() -> None:
    version = json.loads((ROOT / "package.json").read_text())["version"]
    assert session_state_ext.__version__ == version
    assert re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.M)[1] == version  # type: ignore[index]


def anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", page.read_text()):
        address, _, fragment = next(filter(None, target)).partition("#")
        if address.startswith(("http:", "https:", "mailto:")):
            continue
        there = (page.parent / address).resolve() if address else page
        assert there.exists(), f"{page.name} links to {address}"
        if fragment and there.suffix == ".md":
            assert fragment in {anchor(line) for line in re.findall(r"^#+ (.*)$", there.read_text(), re.M)}


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    for page in PAGES:
        named = set(re.findall(r"`make ([a-z]+)`|^ *make ([a-z]+)", page.read_text(), re.M))
        assert {first or second for first, second in named} <= targets, page.name


def test_no_file_is_named_after_nothing() -> None:
    assert [path for path in sources() if path.stem.lower() in NO_NOUNS] == []


def test_no_file_holds_two_nouns() -> None:
    shipped = [path for path in sources() if not {"tests", "__tests__"} & set(path.parts)]
    assert [f"{path.relative_to(ROOT)}: {n}" for path in shipped if (n := path.read_text().count("\n")) > LINES] == []
