"""docker-compose.yml, without Docker: its form, and that its parts fit together."""

import re
from ipaddress import ip_address, ip_network
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.project.compose_schema import COMPOSE

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.fixture(scope="module")
def services(compose):
    return compose["services"]


def test_it_holds_to_the_schema(compose):
    jsonschema.Draft202012Validator(COMPOSE).validate(compose)


@pytest.mark.parametrize(
    "broken",
    [
        {"services": {"web": {"image": "x", "networks": [], "comand": ["x"]}}},
        {"services": {"web": {"image": "x", "networks": [], "privileged": True}}},
        {"services": {"db": {"image": "x", "networks": [], "ports": ["5432:5432"]}}},
        {
            "services": {
                "web": {"image": "x", "networks": [], "depends_on": {"db": {"condition": "up"}}}
            }
        },
    ],
)
def test_the_schema_refuses_what_is_wrong(broken):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(COMPOSE).validate(broken)


def test_it_has_the_parts_of_the_design(services):
    assert set(services) == {
        *("db", "redis", "setup", "keys", "invitations", "web", "worker", "relay"),
        *("director1", "director2", "web1", "web2"),
    }


def test_everything_a_service_names_is_declared(compose, services):
    for name, service in services.items():
        assert set(service.get("depends_on", ())) <= set(services), name
        assert set(service["networks"]) <= set(compose["networks"]), name
        volumes = {volume.split(":")[0] for volume in service.get("volumes", ())}
        assert volumes <= set(compose["volumes"]), name


def test_who_waits_for_health_waits_for_a_service_that_has_a_check(services):
    for name, service in services.items():
        for other, wish in service.get("depends_on", {}).items():
            if wish["condition"] == "service_healthy":
                assert "healthcheck" in services[other], name


def test_addresses_lie_in_their_networks(compose, services):
    for name, service in services.items():
        if isinstance(service["networks"], dict):
            for network, settings in service["networks"].items():
                if settings:
                    subnet = compose["networks"][network]["ipam"]["config"][0]["subnet"]
                    assert ip_address(settings["ipv4_address"]) in ip_network(subnet), name


def test_directors_may_change_the_network_and_reach_redis_but_not_the_database(services):
    for name in ("director1", "director2"):
        assert "NET_ADMIN" in services[name]["cap_add"]
        assert services[name]["cap_drop"] == ["ALL"]
        assert "control" in services[name]["networks"]
        assert "console" not in services[name]["networks"]
    assert "control" in services["redis"]["networks"]
    assert "control" not in services["db"]["networks"]


def test_real_servers_answer_by_way_of_a_director(services):
    inner = services["director1"]["networks"]["inner"]["ipv4_address"]
    for name in ("web1", "web2"):
        assert services[name]["environment"]["GATEWAY"] == inner


def test_only_the_web_process_is_published_and_on_loopback_only(services):
    assert [name for name, service in services.items() if "ports" in service] == ["web"]


def test_the_dockerfile_has_each_target_and_copies_only_what_is_there(services):
    text = (ROOT / "deploy" / "Dockerfile").read_text()
    stages = set(re.findall(r"^FROM \S+ AS (\w+)", text, re.MULTILINE))
    assert {s["build"]["target"] for s in services.values() if "build" in s} <= stages
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source


def test_no_command_of_the_build_meets_the_folder_of_the_volume_as_root(services):
    text = (ROOT / "deploy" / "Dockerfile").read_text().replace("\\\n", " ")
    (build,) = re.findall(r"^RUN (.*manage\.py.*)$", text, re.MULTILINE)
    volume = services["web"]["volumes"][0].split(":")[1]
    steps = [step.strip() for step in build.split("&&")]
    owned = next(i for i, s in enumerate(steps) if s.startswith("install") and s.endswith(volume))
    run = next(i for i, step in enumerate(steps) if "manage.py" in step)
    assert owned < run
    assert "-o lvsconsole" in steps[owned]
    assert re.search(r"LVS_DATA_DIR=/tmp/\w+ ", steps[run])


def test_the_signing_key_is_the_workers_alone(services):
    holders = {name for name, one in services.items() if one.get("user") == "991:990"}
    assert holders == {"worker", "keys"}
    for name, service in services.items():
        for volume in service.get("volumes", ()):
            if volume.startswith("keys:"):
                assert volume.endswith(":ro") is (name not in holders), name


def test_clients_packets_may_pass_to_the_real_servers(compose):
    assert "internal" not in compose["networks"]["inner"]


def test_the_settings_that_compose_gives_are_settings_we_read(services):
    known = (ROOT / "lvsconsole" / "settings.py").read_text()
    for name in services["web"]["environment"]:
        assert f'"{name.removesuffix("_FILE")}' in known, name
