"""Free conversation about products, by a language model the shop runs itself; off unless shop.yaml names one.

The model only phrases facts it is handed, all of them from the catalogue. Its sentence is checked against them, and the
fixed wording is spoken where it fails the check, where the model fails, is slow or is off. It decides nothing: no
intent, action, consent or event ever comes from it.
"""
