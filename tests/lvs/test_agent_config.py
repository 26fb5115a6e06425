"""The agent's configuration: complete and right, or one clear line."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lvs.agent.config import ConfigError, load_config
from lvs.agent.sealing import key_id, public_key_from_text

KEY = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw="[:43] + "="
GOOD = {
    "director": '"0b4d8a52-7d5c-4b8e-9f5f-3f0c1f8a2b11"',
    "name": '"lb1"',
    "director_key": f'"{"A" * 43}="',
    "redis_url": '"redis://agent:secret@redis.example:6379/0"',
    "console_key": f'"{KEY}"',
    "state_dir": '"/var/lib/other"',
    "sample_interval": "2",
}


def written(tmp_path, **changes):
    values = {name: value for name, value in (GOOD | changes).items() if value is not None}
    path = tmp_path / "agent.toml"
    path.write_text("".join(f"{name} = {value}\n" for name, value in values.items()))
    return path


def problem(path):
    with pytest.raises(ConfigError) as error:
        load_config(path)
    text = str(error.value)
    assert text.startswith(str(path))
    assert "\n" not in text
    return text


def test_a_complete_file_is_read(tmp_path):
    config = load_config(written(tmp_path))
    assert (config.name, str(config.state_dir)) == ("lb1", "/var/lib/other")
    assert config.sample_interval == 2.0
    assert list(config.console_keys) == [key_id(public_key_from_text(KEY))]


def test_four_settings_are_enough(tmp_path):
    config = load_config(written(tmp_path, name=None, state_dir=None, sample_interval=None))
    assert str(config.state_dir) == "/var/lib/lvsconsole"
    assert config.sample_interval == 1.0


def test_two_keys_are_trusted_while_the_console_changes_its_key(tmp_path):
    other = "A" * 43 + "="
    config = load_config(written(tmp_path, console_key=f'["{KEY}", "{other}"]'))
    assert len(config.console_keys) == 2


@pytest.mark.parametrize("name", ["director", "director_key", "redis_url", "console_key"])
def test_a_missing_setting_is_named(tmp_path, name):
    assert f"{name} is missing" in problem(written(tmp_path, **{name: None}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("director", '"web-1"'),
        ("director", "7"),
        ("director_key", '"AAAA"'),
        ("director_key", "7"),
        ("redis_ca", '"/nowhere/ca.pem"'),
        ("redis_url", '"http://redis.example"'),
        ("redis_url", '"redis://"'),
        ("redis_url", '"redis://host:port"'),
        ("console_key", '"AAAA"'),
        ("console_key", "[]"),
        ("console_key", "[1]"),
        ("name", '""'),
        ("state_dir", "5"),
        ("sample_interval", "0"),
        ("sample_interval", "true"),
        ("sample_interval", '"1"'),
        ("sample_interval", "nan"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path, name, value):
    assert name in problem(written(tmp_path, **{name: value}))


def test_a_wrong_address_of_redis_is_not_repeated_with_its_password(tmp_path):
    text = problem(written(tmp_path, redis_url='"http://agent:secret@redis.example"'))
    assert "secret" not in text


def test_a_wrong_key_of_the_director_is_not_repeated(tmp_path):
    assert "BBBB" not in problem(written(tmp_path, director_key='"BBBB"'))


def test_with_tls_certificate_and_name_are_always_checked(tmp_path):
    ca = tmp_path / "ca.pem"
    ca.touch()
    url = '"rediss://agent:secret@redis.example:6380/0"'
    link = load_config(written(tmp_path, redis_url=url, redis_ca=f'"{ca}"')).redis
    assert link.tls_options() == {
        "ssl_cert_reqs": "required",
        "ssl_check_hostname": True,
        "ssl_ca_certs": str(ca),
    }


def test_an_unknown_setting_is_named(tmp_path):
    assert "sample_intervall" in problem(written(tmp_path, sample_intervall="1"))


def test_a_file_that_is_not_toml_is_named(tmp_path):
    path = tmp_path / "agent.toml"
    path.write_text("director: yes\n")
    assert "not TOML" in problem(path)


def test_who_is_not_enrolled_is_told_what_to_do(tmp_path):
    text = problem(tmp_path / "nowhere.toml")
    assert "No such file" in text
    assert "This host is not enrolled: invite it on the console's Directors page" in text


def test_who_may_not_read_it_is_told_who_must(tmp_path, monkeypatch):
    def forbidden(*_, **__):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    path = written(tmp_path)
    monkeypatch.setattr(Path, "open", forbidden)
    assert f"The user that runs the agent (uid {os.geteuid()}) must be its owner" in problem(path)


def test_the_program_ends_with_2_and_one_line(tmp_path):
    path = written(tmp_path, director='"web-1"')
    done = subprocess.run(
        [sys.executable, "-m", "lvs.agent", "--config", path], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "UUID" in done.stderr
