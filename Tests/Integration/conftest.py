"""Fixtures: a server for each module, and a stage for each test."""

import asyncio

import pytest

from harness.server import binary, serving
from harness.stage import Stage, client


def pytest_sessionstart(session):
    if session.config.option.collectonly:
        return
    try:
        path = binary()
    except FileNotFoundError as missing:
        pytest.exit(str(missing), returncode=3)
    if not path.exists():
        pytest.exit(f"ROSTRUM_BINARY={path} does not exist", returncode=3)


@pytest.fixture(scope="module")
def server(request, tmp_path_factory):
    """A development server on free ports with its data on disk, shared by a module's tests. At the
    end it must still run, and must end well on SIGTERM."""
    name = request.module.__name__.rpartition(".")[2]
    with serving(tmp_path_factory.mktemp("data"), name=name) as server:
        yield server


@pytest.fixture
def stage(server):
    """A stage of the test's own, deleted at the end."""
    stage = Stage(server)
    yield stage
    try:
        stage.delete()
    except stage.api.exceptions.ResourceNotFoundException:
        pass


@pytest.fixture
def api(server):
    """A boto3 client for the server."""
    return client(server.http)


@pytest.fixture
def run_async():
    """Runs a coroutine to its end."""
    return asyncio.run
