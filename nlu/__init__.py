"""Meaning: language, intent, entities, cues, context and dialogue, from text alone."""
