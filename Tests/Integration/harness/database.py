"""The server's database from outside: what stands in it, and rows by the thousand. Knows no schema.

Only the standard library, and nothing of the harness: benchmarks use it as well."""

import contextlib
import pathlib
import sqlite3
import time


@contextlib.contextmanager
def opened(data):
    """The database of a data directory, for writing, also beside the server that runs on it. One
    transaction: what it holds is stored at the end."""
    file = pathlib.Path(data) / "rostrum.sqlite"
    with contextlib.closing(sqlite3.connect(file, timeout=30)) as connection:
        connection.row_factory = sqlite3.Row
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection


def copies(connection: sqlite3.Connection, table: str, rows, where: str = "true"):
    """Stores the first row that ``where`` selects again, for each of ``rows`` with these changes."""
    found = connection.execute(f"SELECT * FROM {table} WHERE {where} LIMIT 1").fetchone()
    first = {name: found[name] for name in found.keys() if name != "position"}
    places = ", ".join("?" * len(first))
    connection.executemany(
        f"INSERT INTO {table} ({', '.join(first)}) VALUES ({places})",
        ([*(first | row).values()] for row in rows))


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
