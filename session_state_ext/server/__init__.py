"""The Jupyter Server extension: sessions over REST and over the live channel."""
