"""Tables as JSON, for the OpenAPI document: what is wrong in one, `lvs.formats` and `lvs.rules` say."""

from drf_spectacular.utils import extend_schema_field
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    IntegerField,
    JSONField,
    ListField,
    Serializer,
)


class Tunnel(Serializer):
    """How packets are wrapped, with `forwarding: tunnel` only."""

    type = ChoiceField(["ipip", "gue", "gre"], required=False)
    port = IntegerField(required=False)
    checksum = ChoiceField(["none", "csum", "remcsum"], required=False)


class RealServer(Serializer):
    """A real server of a virtual service."""

    address = CharField()
    port = IntegerField(required=False, help_text="The service's own when left out.")
    forwarding = ChoiceField(
        ["masquerade", "direct", "tunnel"], required=False, help_text="masquerade when left out."
    )
    weight = IntegerField(required=False, help_text="1 when left out; 0 drains it.")
    upper_threshold = IntegerField(required=False, help_text="Connections; 0: no limit.")
    lower_threshold = IntegerField(required=False)
    tunnel = Tunnel(required=False, allow_null=True)


class Persistence(Serializer):
    """How long a client stays with its real server."""

    timeout = IntegerField(help_text="Seconds.")
    netmask = CharField(required=False)
    engine = CharField(required=False, allow_blank=True)


class Service(Serializer):
    """A virtual service: with protocol, address and port, or with fwmark and family."""

    protocol = ChoiceField(["tcp", "udp", "sctp"], required=False)
    address = CharField(required=False)
    port = IntegerField(required=False)
    fwmark = IntegerField(required=False)
    family = ChoiceField(["inet", "inet6"], required=False)
    scheduler = CharField(required=False, help_text="wlc when left out.")
    flags = ListField(child=CharField(), required=False)
    one_packet = BooleanField(required=False)
    persistence = Persistence(required=False, allow_null=True)
    real_servers = RealServer(many=True, required=False)


class Timeouts(Serializer):
    """Seconds that idle connections are kept."""

    tcp = IntegerField(required=False)
    tcp_fin = IntegerField(required=False)
    udp = IntegerField(required=False)


class SyncDaemon(Serializer):
    """A daemon that sends or takes copies of connections."""

    role = ChoiceField(["master", "backup"])
    interface = CharField()
    syncid = IntegerField(required=False)
    maxlen = IntegerField(required=False)
    group = CharField(required=False)
    port = IntegerField(required=False)
    ttl = IntegerField(required=False)


@extend_schema_field({"type": "object", "additionalProperties": {"type": ["integer", "string"]}})
class Sysctls(JSONField):
    """Values by name, below net.ipv4.vs."""


class Table(Serializer):
    """All that a director should hold. What timeouts, sync and sysctls leave out stays as it is there."""

    services = Service(many=True)
    timeouts = Timeouts(required=False)
    sync = SyncDaemon(many=True, required=False, allow_null=True)
    sysctls = Sysctls(required=False)


@extend_schema_field(Table)
class TableField(JSONField):
    """A table, as it is stored or as somebody sent it."""


@extend_schema_field(Service)
class ServiceField(JSONField):
    """The same for a service."""
