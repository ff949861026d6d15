"""Persons and the cards that stand for them."""
