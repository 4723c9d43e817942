"""Candide's cache folder, where the engines keep models and sound (the lowest floor knows where it is)."""

from personalization.user_cache import cache_dir

__all__ = ["cache_dir"]
