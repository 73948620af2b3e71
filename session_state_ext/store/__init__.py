"""Where sessions are kept: the promises in :mod:`.base`, the one implementation in :mod:`.sql`."""
