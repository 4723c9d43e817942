"""What customers buy together and again, learnt from baskets: a next-basket model."""
