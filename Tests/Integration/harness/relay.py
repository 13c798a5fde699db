"""A NAT in miniature: what a client sends to its port goes on to the server from another port, which
changes when the client's network does."""

import asyncio
import contextlib
import re


class _Side(asyncio.DatagramProtocol):
    """A socket that hands what it gets to a function."""

    def __init__(self, deliver):
        self.deliver = deliver
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.deliver(data, address)


class Relay:
    def __init__(self):
        self.server: tuple[str, int] | None = None
        self.client: tuple[str, int] | None = None
        self.inside: _Side | None = None
        self.outside: _Side | None = None
        self.former: list[_Side] = []
        self.forgotten = 0

    async def open(self):
        self.inside = await self._socket(self._to_server)
        self.outside = await self._socket(self._to_client)

    async def _socket(self, deliver) -> _Side:
        _, side = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Side(deliver), local_addr=("127.0.0.1", 0))
        return side

    @property
    def port(self) -> int:
        return self.inside.transport.get_extra_info("sockname")[1]

    def _to_server(self, data: bytes, address):
        self.client = address
        self.outside.transport.sendto(data, self.server)

    def _to_client(self, data: bytes, _address):
        if self.client:
            self.inside.transport.sendto(data, self.client)

    def _forget(self, _data: bytes, _address):
        """What comes to the port that the NAT has given away is lost."""
        self.forgotten += 1

    async def move(self):
        """The client has another address from now on, and nothing reaches the one that it had."""
        self.outside.deliver = self._forget
        self.former.append(self.outside)
        self.outside = await self._socket(self._to_client)

    def reroute(self, answer: str) -> str:
        """The answer with this relay in the place of the server's candidates."""
        candidate = re.search(r"^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host", answer, re.M)
        assert candidate, answer
        self.server = (candidate[1], int(candidate[2]))
        return re.sub(
            r"^(a=candidate:\S+ 1 udp \d+) \S+ \d+ typ host",
            rf"\1 127.0.0.1 {self.port} typ host", answer, flags=re.M)

    def close(self):
        for side in [self.inside, self.outside, *self.former]:
            side.transport.close()


@contextlib.asynccontextmanager
async def relay():
    """An open relay that is closed at the end."""
    made = Relay()
    await made.open()
    try:
        yield made
    finally:
        made.close()
