"""From sound to words: who speaks when, what was said, how it was said."""
