"""The NAT tutorial's table, as the tests here know it."""

from lvs.canonical_form import make_table
from lvs.model import RealServer, Table, VirtualService

SERVERS = (RealServer("192.168.1.103", 80), RealServer("192.168.1.104", 80))
WEB = VirtualService("inet", "tcp", "192.168.49.134", 80, 0, scheduler="rr", real_servers=SERVERS)
TUTORIAL = make_table([WEB])


def table_of(*services: VirtualService) -> Table:
    return make_table(services)


def with_servers(*servers: RealServer, **settings) -> VirtualService:
    return WEB._replace(real_servers=servers, **settings)


def marked(mark: int, family: str = "inet", **settings) -> VirtualService:
    return VirtualService(family, "", "", 0, mark, **settings)
