"""QR codes, drawn on the server: the secret in one goes to nobody else, and the page needs no script."""

from base64 import b64encode

import qrcode
from qrcode.image.svg import SvgPathFillImage


def qr_code(text: str) -> str:
    """The text as an SVG on white, as a data address for an <img>."""
    drawn = qrcode.make(text, image_factory=SvgPathFillImage, box_size=10, border=3).to_string()
    return f"data:image/svg+xml;base64,{b64encode(drawn).decode()}"
