"""The models: where they are found, and the small protocols behind which they work.

Nothing is loaded at import; `synthesizer.load_synthesizer` and `models.Models` are the ways in.
"""
