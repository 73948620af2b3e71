"""Finds the Chromium that the browser tests drive, and gets one where it may. Run as a script by `make test`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

# Without windows first: the same browser at less cost.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MACOS = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
# Debian's name for it, and for the one with windows where there is no other.
PACKAGES = ("chromium-headless-shell", "chromium")
FONTS = "fonts-dejavu-core"
ADVICE = (
    "The browser tests need Chromium or Chrome: install one (on Debian or Ubuntu as root: "
    f"apt-get update && apt-get install --no-install-recommends {PACKAGES[1]} {FONTS}), "
    "or name its program in the environment variable CHROMIUM."
)


def find() -> str | None:
    """The path of a Chromium or Chrome on this machine, $CHROMIUM first."""
    if chosen := os.environ.get("CHROMIUM"):
        return chosen
    for name in NAMES:
        if path := shutil.which(name):
            return path
    return MACOS if os.path.exists(MACOS) else None


def install() -> None:
    """Takes Debian's Chromium. The lists come first: on a fresh machine there are none, or old ones."""
    apt = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=True, env=apt)
    get = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", FONTS]
    for package in PACKAGES:
        if subprocess.run([*get, package], check=False, env=apt, stdout=subprocess.DEVNULL).returncode == 0:
            return


def main() -> int:
    path = find()
    if path is None and shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        install()
        path = find()
    if path is None:
        print(ADVICE, file=sys.stderr)
        return 1
    print(f"Browser tests use {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
