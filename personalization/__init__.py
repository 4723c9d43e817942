"""The customer: catalogue, history, consent, recommendation, explanation, disclosure, hand-off.

The lowest floor: it imports nothing of `nlu` or `voice`, and a web shop could use it with no sound at all.
"""
