"""One real server of a service, as people type it."""

from collections.abc import Collection, Mapping
from typing import Any, cast

from django import forms

from apps.web.forms.fields import ReasonedSelect, TiedForm, missing, number, or_else, text
from lvs.model import Forwarding, RealServer, TunnelChecksum, TunnelType

FORWARDING = {
    "masquerade": "Masquerade (NAT)",
    "direct": "Direct (same network)",
    "tunnel": "Tunnel (IP in IP, GUE or GRE)",
}
TYPES = {"ipip": "IP in IP", "gue": "GUE: in UDP", "gre": "GRE"}
CHECKSUMS = {"none": "None", "csum": "Checksum", "remcsum": "Remote checksum offload"}
GUE_PORT = "6080"
"""The port of Generic UDP Encapsulation in IANA's list."""


class ServerForm(TiedForm):
    """One real server of the service."""

    address = text("Address", required=False)
    port = number("Port", required=False)
    weight = number("Weight", "0 = no new connections", initial_value="1")
    forwarding = forms.ChoiceField(label="Forwarding", choices=list(FORWARDING.items()))
    tunnel_type = forms.ChoiceField(
        label="Tunnel", required=False, choices=list(TYPES.items()), widget=ReasonedSelect
    )
    tunnel_port = number("UDP port", required=False, initial_value=GUE_PORT)
    tunnel_checksum = forms.ChoiceField(
        label="Checksum of the tunnel's header",
        required=False,
        choices=list(CHECKSUMS.items()),
        widget=ReasonedSelect,
    )
    upper_threshold = number("Upper threshold", "Connections; 0 = no limit.", initial_value="0")
    lower_threshold = number("Lower threshold", "0 = 3/4 of the upper one.", initial_value="0")

    def __init__(
        self,
        *args: Any,
        reasons: Mapping[str, str] | None = None,
        kept: Collection[str] = (),
        **kwargs: Any,
    ) -> None:
        """reasons: why a tunnel type or checksum can't be; kept: those that are there already."""
        super().__init__(*args, **kwargs)
        for name in ("tunnel_type", "tunnel_checksum"):
            widget = cast(ReasonedSelect, self.fields[name].widget)
            widget.reasons, widget.kept = reasons or {}, kept
            if name == "tunnel_checksum":
                widget.offered = {"remcsum": f"{self.prefix}-tunnel_type=gue"}

    @property
    def when(self) -> dict[str, str]:
        """When the fields of a tunnel show, for scripts: conditions on fields of this row."""
        tunnel = f"{self.prefix}-forwarding=tunnel"
        return {
            "tunnel": tunnel,
            "port": f"{tunnel} {self.prefix}-tunnel_type=gue",
            "checksum": f"{tunnel} {self.prefix}-tunnel_type=gue,gre",
        }

    @property
    def gone(self) -> dict[str, bool]:
        """Which fields of a tunnel mean nothing with what is chosen now."""
        tunnel = self["forwarding"].value() == "tunnel"
        kind = self["tunnel_type"].value()
        return {
            "tunnel": not tunnel,
            "port": not tunnel or kind != "gue",
            "checksum": not tunnel or kind not in ("gue", "gre"),
        }

    @property
    def row(self) -> str:
        """The row's number in the names of its fields."""
        return str(self.prefix).rpartition("-")[2]

    @property
    def blank(self) -> bool:
        """Whether nobody typed an address or a port into the row."""
        return not any(str(self[name].value() or "").strip() for name in ("address", "port"))

    @property
    def thresholds_open(self) -> bool:
        """Whether the fold of thresholds holds something to see."""
        fields = [self[name] for name in ("upper_threshold", "lower_threshold")]
        return any(field.errors or str(field.value()) not in ("", "0", "None") for field in fields)

    def clean(self) -> dict[str, Any]:
        """Ask for address and port, and forget what is wrong where nobody can see it."""
        data = super().clean() or {}
        gone = self.gone
        for name, part in _PARTS.items():
            if gone[part] and name in self.errors:
                del self.errors[name]
        for name in ("address", "port"):
            if name not in self.errors and data.get(name) in (None, ""):
                self.add_error(name, missing(str(self.fields[name].label)))
        return data

    def server(self) -> RealServer:
        """The real server as typed; a field with an error gives its default."""
        data, gone = self.cleaned_data, self.gone
        server = RealServer(
            data.get("address", ""),
            or_else(data.get("port"), 1),
            cast(Forwarding, data.get("forwarding", "masquerade")),
            or_else(data.get("weight"), 1),
            or_else(data.get("upper_threshold"), 0),
            or_else(data.get("lower_threshold"), 0),
        )
        if gone["tunnel"]:
            return server
        return server._replace(
            tunnel_type=cast(TunnelType, data.get("tunnel_type") or "ipip"),
            tunnel_port=0 if gone["port"] else or_else(data.get("tunnel_port"), 0),
            tunnel_checksum=cast(
                TunnelChecksum,
                "none" if gone["checksum"] else data.get("tunnel_checksum") or "none",
            ),
        )


_PARTS = {"tunnel_type": "tunnel", "tunnel_port": "port", "tunnel_checksum": "checksum"}
"""Fields of a tunnel, and when they show: keys of `ServerForm.when`."""


def initial_of(server: RealServer) -> dict[str, Any]:
    """What the form of a stored real server begins with."""
    initial: dict[str, Any] = server._asdict()
    initial["tunnel_port"] = server.tunnel_port or GUE_PORT
    return initial
