"""Who the customer is: PIN, one-time code, lockout, and how much proof which data asks for.

Proofs are kept sealed with the customer's other data; it takes the `store` extra.
"""
