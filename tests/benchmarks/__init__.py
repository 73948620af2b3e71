"""Numbers against peers and limits, side by side in one run: ``make bench``."""
