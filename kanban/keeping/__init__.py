"""Keeping the shop's data: who owns the folder, backups and their restoration, checks of both."""
