"""Spreadsheets in: a flat sheet with one row for each loop."""
