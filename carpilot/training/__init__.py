"""Building the embedded model from the phrase book. Needs the `train` extra; nothing here is loaded at run time."""
