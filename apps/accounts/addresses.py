"""Addresses of people."""


def can_be_sent_to(email: str) -> bool:
    """Whether the domain of an e-mail address has a form that name servers know (RFC 5890): Django's own
    check lets labels through that are too long once they are written in ASCII."""
    try:
        email.rpartition("@")[2].encode("idna")
    except UnicodeError:
        return False
    return True
