"""What decides: one authority orders all changes of a session, commits them, and only then tells everybody.

``hub`` is who may be asked, ``connection`` one client's side of the live channel; the rest is what they are made of.
"""

from .hub import LOCAL, Check, Hub

__all__ = ["LOCAL", "Check", "Hub"]
