"""Read-only questions: what lists, the board and the histories show."""
