"""Sizing: how many cards, which reorder point, how sure. Pure arithmetic on plain numbers.

Nothing here knows a database, a screen or a clock: numbers go in, numbers come out. Pieces are units of
an item, days are working days of the site, rates are per working day, shares lie between 0 and 1.
Floats are welcome here, and only here: every result is an estimate that a person decides about.
"""
