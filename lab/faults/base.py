"""The database of a console as each history finds it: people, one cluster, two directors that hold nothing.

Django is set up before this is imported.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from apps.accounts.services import create_user
from apps.inventory.services import add_director, create_cluster
from apps.telemetry.services import relay_was_here, store_observed
from apps.trust.models import Identity
from apps.trust.signing import create_signing_key
from lab.faults.clock import Clock
from lab.faults.names import DIRECTORS, PEOPLE, own_key
from lvs.agent import streams
from lvs.agent.sealing import public_key_to_text
from lvs.documents import scope_to_document, table_to_document
from lvs.model import EMPTY


def fill_database(console_key: Ed25519PrivateKey, clock: Clock) -> None:
    """Make the tables and what stands in them at the beginning, and close the database, whole in one file."""
    call_command("migrate", interactive=False, verbosity=0)
    settings.SIGNING_KEY_FILE.write_bytes(
        console_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    create_signing_key()  # which publishes it
    clock.start()  # what is made now is of the time in which histories begin
    try:
        _people_and_cluster()
    finally:
        clock.stop()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _people_and_cluster() -> None:
    password = "long-enough-to-pass"
    admin = create_user(actor=None, username="admin", password=password, role="admin")
    for name in PEOPLE:
        create_user(actor=admin, username=name, password=password, role=name)
    directors = [add_director(actor=admin, name=name) for name in DIRECTORS]
    for director in directors:
        Identity.objects.create(
            director=director,
            public_key=public_key_to_text(own_key(director.name).public_key()),
            password_hash="0" * 64,
            hostname=director.name,
        )
        message = streams.observed(
            str(director.uuid),
            0.0,
            table=table_to_document(EMPTY),
            owned=scope_to_document(EMPTY.scope),
            owned_digest=EMPTY.digest,
        )
        store_observed(director=director, message=message | {"session": "before", "number": 1})
    create_cluster(actor=admin, name="web", directors=directors)
    relay_was_here(name="relay 1")
