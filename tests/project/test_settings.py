"""The settings of production: what is missing or wrong stops the start and names the variable."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SHOW = "from django.conf import settings; print(settings.DIRECTOR_REDIS_URL)"
SECRET = "redis://:console-password@127.0.0.1:6379/0"


def started(tmp_path, show=SHOW, **variables):
    """A process that reads the settings of production, and prints how directors reach Redis, or `show`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LVS_", "DJANGO_"))}
    given = {"DJANGO_SETTINGS_MODULE": "lvsconsole.settings", "LVS_DATA_DIR": str(tmp_path)}
    given |= {"LVS_SECRET_KEY": "k" * 50} | variables
    command = [sys.executable, "-c", show]
    return subprocess.run(command, cwd=ROOT, env=kept | given, capture_output=True, text=True)


def test_directors_never_get_the_consoles_own_password_for_redis(tmp_path):
    process = started(tmp_path, LVS_REDIS_URL=SECRET)
    assert process.stdout == "redis://127.0.0.1:6379/0\n"


def test_redis_with_tls_is_reached_with_every_check(tmp_path):
    ca = tmp_path / "ca.pem"
    ca.touch()
    show = "from django.conf import settings; print(sorted(settings.REDIS.tls_options().items()))"
    url = "rediss://lb:x@redis.example:6380/0"
    process = started(tmp_path, show, LVS_REDIS_URL=url, LVS_REDIS_CA=str(ca))
    assert "('ssl_cert_reqs', 'required'), ('ssl_check_hostname', True)" in process.stdout
    assert str(ca) in process.stdout


def test_a_missing_certificate_of_redis_is_named(tmp_path):
    process = started(tmp_path, LVS_REDIS_CA=str(tmp_path / "nowhere.pem"))
    assert "LVS_REDIS_CA" in process.stderr.splitlines()[-1]


def test_a_certificate_of_redis_that_can_not_be_read_is_named(tmp_path):
    process = started(tmp_path, LVS_REDIS_CA=str(tmp_path))
    last = process.stderr.splitlines()[-1]
    assert f"LVS_REDIS_CA: {tmp_path} can't be read: Is a directory" in last


def test_a_database_that_hangs_is_given_up_in_seconds(tmp_path):
    show = "from django.conf import settings as s; print(s.DATABASES['default']['OPTIONS'])"
    url = "postgresql://lvs:x@db/lvs"
    assert "'connect_timeout': 5" in started(tmp_path, show, LVS_DATABASE_URL=url).stdout
    own = started(tmp_path, show, LVS_DATABASE_URL=f"{url}?connect_timeout=30").stdout
    assert "connect_timeout" in own
    assert "5" not in own


def test_the_address_for_directors_may_be_in_a_file(tmp_path):
    file = tmp_path / "url"
    file.write_text("redis://lb:theirs@redis:6379/0\n")
    process = started(tmp_path, LVS_REDIS_URL=SECRET, LVS_DIRECTOR_REDIS_URL_FILE=str(file))
    assert process.stdout == "redis://redis:6379/0\n"  # each director has a user of its own


def test_what_the_console_sets_for_its_own_connections_is_not_for_directors(tmp_path):
    """A host refuses to be enrolled with it: such words could switch off the check of certificates."""
    process = started(tmp_path, LVS_REDIS_URL="redis://redis:6379/0?health_check_interval=10")
    assert process.stdout == "redis://redis:6379/0\n"


@pytest.mark.parametrize("url", ["redis://redis/0?protocol=3", "redis://re dis/0", "redis://h/0#x"])
def test_an_address_with_which_no_host_could_be_enrolled_is_named(tmp_path, url):
    process = started(tmp_path, LVS_DIRECTOR_REDIS_URL=url)
    assert "LVS_DIRECTOR_REDIS_URL: no director can use it" in process.stderr.splitlines()[-1]


def test_a_redis_without_a_password_may_be_the_same_for_all(tmp_path):
    process = started(tmp_path, LVS_REDIS_URL="redis://127.0.0.1:6379/0")
    assert process.stdout == "redis://127.0.0.1:6379/0\n"


def test_a_missing_secret_is_named(tmp_path):
    process = started(tmp_path, LVS_SECRET_KEY_FILE=str(tmp_path / "nowhere"))
    assert "LVS_SECRET_KEY_FILE" in process.stderr.splitlines()[-1]


def mail_settings(tmp_path, **variables):
    """What the console then knows of mail, or the line that stopped its start."""
    shown = "s.EMAIL_HOST, s.EMAIL_PORT, s.EMAIL_USE_TLS, s.EMAIL_USE_SSL, s.EMAIL_HOST_PASSWORD"
    show = f"from django.conf import settings as s; print({shown}, repr(s.BASE_URL))"
    process = started(tmp_path, show, **variables)
    return (process.stdout or process.stderr).splitlines()[-1]


def test_without_a_mail_server_none_is_used(tmp_path):
    assert mail_settings(tmp_path) == " 587 True False  ''"


def test_a_mail_server_with_its_password_in_a_file(tmp_path):
    file = tmp_path / "password"
    file.write_text("word\n")
    given = {"LVS_SMTP_HOST": "mail.example.net", "LVS_EMAIL_FROM": "LVS <lvs@example.net>"}
    given |= {"LVS_SMTP_PASSWORD_FILE": str(file), "LVS_SMTP_TLS": "tls"}
    given |= {"LVS_BASE_URL": "https://lvs.example.net/"}
    shown = mail_settings(tmp_path, **given)
    assert shown == "mail.example.net 465 False True word 'https://lvs.example.net'"


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"LVS_SMTP_HOST": "mail.example.net"}, "LVS_EMAIL_FROM"),
        ({"LVS_SMTP_TLS": "ssl"}, "LVS_SMTP_TLS"),
        ({"LVS_SMTP_PORT": "smtp"}, "LVS_SMTP_PORT"),
        ({"LVS_BASE_URL": "lvs.example.net"}, "LVS_BASE_URL"),
    ],
)
def test_a_wrong_setting_of_notifications_is_named(tmp_path, variables, named):
    assert named in mail_settings(tmp_path, **variables)


ISSUER = {"LVS_OIDC_ISSUER": "https://id.example.net", "LVS_OIDC_CLIENT_ID": "lvs"}


def test_single_sign_on_takes_its_secret_from_a_file(tmp_path):
    file = tmp_path / "secret"
    file.write_text("of-the-provider\n")
    process = started(tmp_path, **ISSUER, LVS_OIDC_CLIENT_SECRET_FILE=str(file))
    assert process.returncode == 0, process.stderr


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        (ISSUER, "LVS_OIDC_CLIENT_SECRET"),
        ({**ISSUER, "LVS_OIDC_ISSUER": "http://id.example.net"}, "https://"),
        ({**ISSUER, "LVS_OIDC_ISSUER": "https://" + "i" * 200}, "200"),
        ({**ISSUER, "LVS_OIDC_SCOPES": "profile"}, "openid"),
        ({"LVS_LOCAL_SIGN_IN": "no"}, "LVS_OIDC_ISSUER"),
        ({"LVS_LOCAL_SIGN_IN": "perhaps"}, "LVS_LOCAL_SIGN_IN"),
    ],
)
def test_what_is_wrong_with_single_sign_on_is_named(tmp_path, variables, named):
    given = (
        variables
        if named == "LVS_OIDC_CLIENT_SECRET"
        else {"LVS_OIDC_CLIENT_SECRET": "s"} | variables
    )
    process = started(tmp_path, **given)
    assert process.returncode != 0
    assert named in process.stderr.splitlines()[-1]


AUDIT_SECRET = {"LVS_AUDIT_WEBHOOK_SECRET": "s" * 16}


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"LVS_AUDIT_SYSLOG": "log.example.net"}, "LVS_AUDIT_SYSLOG"),
        ({"LVS_AUDIT_SYSLOG": "tcp://log.example.net:syslog"}, "LVS_AUDIT_SYSLOG"),
        ({"LVS_AUDIT_SYSLOG": "udp://"}, "LVS_AUDIT_SYSLOG"),
        ({"LVS_AUDIT_WEBHOOK": "http://log.example.net/"} | AUDIT_SECRET, "https://"),
        ({"LVS_AUDIT_WEBHOOK": "https://"} | AUDIT_SECRET, "https://"),
        ({"LVS_AUDIT_WEBHOOK": "https://log.example.net/"}, "LVS_AUDIT_WEBHOOK_SECRET"),
    ],
)
def test_a_wrong_place_for_the_audit_log_is_named(tmp_path, variables, named):
    process = started(tmp_path, **variables)
    assert process.returncode != 0
    assert named in process.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "variables",
    [
        {"LVS_AUDIT_SYSLOG": "/dev/log"},
        {"LVS_AUDIT_SYSLOG": "udp://[2001:db8::1]:514"},
        {"LVS_AUDIT_SYSLOG": "tcp://log.example.net"},
        {"LVS_AUDIT_WEBHOOK": "https://log.example.net/x?token=1"} | AUDIT_SECRET,
        {"LVS_AUDIT_WEBHOOK": "http://127.0.0.1:8080/"} | AUDIT_SECRET,
    ],
)
def test_places_for_the_audit_log(tmp_path, variables):
    process = started(tmp_path, **variables)
    assert process.returncode == 0, process.stderr


REDIS = [
    "127.0.0.1:6379",
    "http://:secret-word@redis/0",
    "unix:///run/redis.sock",
    "redis://",
    "redis://:secret-word@/0",
    "redis://:secret-word@redis:0/0",
    "redis://:secret-word@redis:70000/0",
    "redis://:secret-word@redis:six/0",
    "redis://:secret-word@redis:6379/main",
    "redis://:secret-word@redis:6379/-1",
    "redis://:secret-word/more@redis:6379/0",
    "redis://:secret-word[@redis:6379/0",
    "redis://:secret-word@redis:6379/0 ",
    "",
]
DATABASE = [
    "lvs",
    "mysql://lvs:secret-word@db/lvs",
    "postgresql://lvs:secret-word@db",
    "postgresql://lvs:secret-word@db/",
    "postgresql://lvs:secret-word@db:70000/lvs",
    "postgresql://lvs:secret-word@db:0/lvs",
    "postgresql://lvs:secret-word@db:five/lvs",
    "postgresql://lvs:secret-word/more@db:5432/lvs",
    "sqlite://",
    "sqlite://var/console.sqlite3",
    "sqlite:////nowhere/console.sqlite3",
    "",
]
PLACES = [(name, url) for name in ("LVS_REDIS_URL", "LVS_DIRECTOR_REDIS_URL") for url in REDIS]
PLACES += [("LVS_DATABASE_URL", url) for url in DATABASE]


@pytest.mark.parametrize(("name", "url"), PLACES)
def test_an_address_where_nothing_can_be_is_named_and_no_password_repeated(tmp_path, name, url):
    process = started(tmp_path, **{name: url})
    assert process.stderr.splitlines()[-1].startswith(
        f"django.core.exceptions.ImproperlyConfigured: {name}"
    )
    last = process.stderr.rpartition("ImproperlyConfigured")[2]
    assert "secret-word" not in last
    assert "During handling" not in process.stderr


@pytest.mark.parametrize(
    "variables",
    [
        {"LVS_REDIS_URL": "redis://redis"},
        {"LVS_REDIS_URL": "redis://redis/"},
        {"LVS_REDIS_URL": "rediss://lb:p%40ss@[2001:db8::1]:6380/15"},
        {"LVS_DATABASE_URL": "postgres://lvs:p%2Fss@db:5432/lvs?sslmode=verify-full"},
        {"LVS_DATABASE_URL": "postgresql://lvs:x@%2Frun%2Fpostgresql/lvs"},
        {"LVS_DATABASE_URL": "postgresql:///?service=lvs"},
        {"LVS_DATABASE_URL": "sqlite:///console.sqlite3"},
        {"LVS_DATABASE_URL_FILE": ""},
        {"LVS_LOG_LEVEL": "warn"},
    ],
)
def test_addresses_where_something_can_be(tmp_path, variables):
    process = started(tmp_path, **variables)
    assert process.returncode == 0, process.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LVS_TIME_ZONE", "Berlin"),
        ("LVS_TIME_ZONE", "../etc/passwd"),
        ("LVS_LOG_LEVEL", "loud"),
        ("LVS_SMTP_PORT", "0"),
        ("LVS_SMTP_PORT", "65536"),
        ("LVS_BASE_URL", "https://"),
        ("LVS_BASE_URL", "https://lvs.example.net:none"),
        ("LVS_TRUSTED_ORIGINS", "lvs.example.net"),
        ("LVS_ALLOWED_HOSTS", "https://lvs.example.net"),
        ("LVS_OIDC_ISSUER", "https://"),
        ("LVS_DATA_DIR", "/dev/null/there"),
    ],
)
def test_a_value_that_cant_be_is_named_at_the_start(tmp_path, name, value):
    given = {"LVS_OIDC_CLIENT_ID": "lvs", "LVS_OIDC_CLIENT_SECRET": "s"} | {name: value}
    process = started(tmp_path, "import django; django.setup()", **given)
    assert process.stderr.splitlines()[-1].startswith(
        f"django.core.exceptions.ImproperlyConfigured: {name}"
    )


def test_a_secret_in_a_file_that_is_no_text_is_named(tmp_path):
    file = tmp_path / "secret"
    file.write_bytes(b"\xff\xfe")
    process = started(tmp_path, LVS_SECRET_KEY_FILE=str(file))
    assert "LVS_SECRET_KEY_FILE" in process.stderr.splitlines()[-1]
