"""Looks into the server's database from outside, read-only, without knowing its schema."""

import pathlib
import sqlite3
import time


def rows_with(directory: pathlib.Path, *texts: str) -> list[str]:
    """Every row of every table, as text, in which each of ``texts`` stands in some column."""
    found = []
    for file in sorted(pathlib.Path(directory).rglob("*")):
        if not file.is_file() or file.read_bytes()[:15] != b"SQLite format 3":
            continue
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)
        connection.text_factory = lambda value: value.decode(errors="replace")
        try:
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (table,) in tables.fetchall():
                for row in connection.execute(f'SELECT * FROM "{table}"'):
                    text = " ".join(
                        value.decode(errors="replace") if isinstance(value, bytes) else str(value)
                        for value in row)
                    if all(wanted in text for wanted in texts):
                        found.append(text)
        finally:
            connection.close()
    return found


def eventually_rows_with(directory, *texts: str, timeout: float = 10) -> list[str]:
    """As ``rows_with``, waiting for the first: events are written beside the media path."""
    deadline = time.monotonic() + timeout
    while not (found := rows_with(directory, *texts)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found
