"""What the tests share: a server under test, a stage on it, and real clients."""
