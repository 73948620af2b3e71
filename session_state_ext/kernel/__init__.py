"""The kernel's side: a live replica of the notebook's session, and what people hold of it."""
