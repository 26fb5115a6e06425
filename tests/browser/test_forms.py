"""The forms of a draft in a browser: what shows when, without a script too, and what comes of it."""

import re

import pytest
from playwright.sync_api import expect

from lab.steps import define
from tests.browser.conftest import sign_in

SOON = 20_000
CHECKING = re.compile(r"/(htmx|js/form)\b[^/]*\.js$")
"""The scripts that send what is typed to be checked."""
DRAIN = ("expire_nodest_conn", "expire_quiescent_template", "conn_reuse_mode")


@pytest.fixture(scope="module")
def draft(story):
    """The address of a draft of the operator's that holds the tutorial's service."""
    define(story)
    return f"/changes/{story.change}/"


def field(page, name):
    return page.locator(f"[name='{name}']")


def error_beside(page, name):
    return page.locator(f"[id='err-{name}']")


def test_fields_of_a_tunnel_show_when_they_apply(person, draft):
    page = person("operator")
    page.goto(f"{draft}services/new/")
    for name in ("type", "port", "checksum"):
        expect(field(page, f"servers-0-tunnel_{name}")).to_be_hidden()
    field(page, "servers-0-forwarding").select_option("tunnel")
    expect(field(page, "servers-0-tunnel_port")).to_be_hidden()
    field(page, "servers-0-tunnel_type").select_option("gue")
    field(page, "servers-0-tunnel_checksum").select_option("remcsum")
    field(page, "servers-0-tunnel_port").fill("7000")
    page.get_by_role("button", name="Add a real server").click()
    expect(field(page, "servers-1-tunnel_port")).to_have_value("7000")
    expect(field(page, "servers-1-tunnel_checksum")).to_have_value("remcsum")
    field(page, "servers-0-tunnel_type").select_option("gre")
    expect(field(page, "servers-0-tunnel_port")).to_be_hidden()
    expect(field(page, "servers-0-tunnel_checksum")).to_have_value("none")
    expect(field(page, "servers-1-tunnel_checksum")).to_have_value("remcsum")


def test_what_is_typed_before_the_scripts_are_there_is_checked_too(newcomer, draft):
    page = newcomer("operator")
    held = []
    page.route(CHECKING, lambda route: held.append(route))  # noqa: PLW0108 - playwright asks it for its code
    page.goto(f"{draft}services/new/", wait_until="commit")
    field(page, "port").fill("70000")
    assert held
    for route in held:
        route.continue_()
    expect(error_beside(page, "port")).to_contain_text("65535")


def test_flags_show_by_the_scheduler(person, draft):
    page = person("operator")
    page.goto(f"{draft}services/new/")
    page.locator("summary", has_text="Advanced").click()
    expect(field(page, "flag_1")).to_be_visible()
    expect(field(page, "flag_fallback")).to_be_hidden()
    field(page, "scheduler").select_option("sh")
    expect(field(page, "flag_1")).to_be_hidden()
    expect(field(page, "flag_3")).to_be_visible()
    expect(field(page, "flag_fallback")).to_be_visible()


def test_settings_can_be_made_without_a_script(story, browser, draft):
    context = browser.new_context(base_url=story.stack.url, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, story, "operator")
    page.goto(f"{draft}settings/")
    field(page, "timeouts-tcp").fill("450")
    page.locator("[name='sync-mode'][value=run]").check()
    page.get_by_role("button", name="Save to the draft").click()
    expect(error_beside(page, "sync-mode")).to_contain_text("Choose master, backup, or both")
    field(page, "sync-backup").check()
    page.get_by_role("button", name="Save to the draft").click()
    expect(error_beside(page, "backup-interface")).to_contain_text("missing")
    field(page, "backup-interface").fill("eth0")
    page.get_by_role("button", name="Save to the draft").click()
    expect(page.locator("#settings")).to_contain_text("450 s")
    expect(page.locator("#settings")).to_contain_text("interface eth0, sync id 0")
    context.close()


def test_settings_are_checked_as_they_are_typed(person, draft):
    page = person("operator")
    page.goto(f"{draft}settings/")
    expect(field(page, "master-interface")).to_be_hidden()
    field(page, "sync-backup").uncheck()
    field(page, "sync-master").check()
    field(page, "master-interface").fill("not one")
    expect(error_beside(page, "master-interface")).to_contain_text("is no interface")
    field(page, "master-interface").fill("eth0")
    expect(error_beside(page, "master-interface")).to_be_empty()
    field(page, "timeouts-tcp").fill("99999999")
    expect(error_beside(page, "timeouts-tcp")).to_contain_text("TCP timeout")
    field(page, "timeouts-tcp").fill("300")
    page.get_by_role("button", name="Set all three to 1").click()
    for name in DRAIN:
        expect(field(page, f"sysctls-{name}")).to_have_value("1")
    page.get_by_role("button", name="Save to the draft").click()
    expect(page.locator("#settings")).to_contain_text("expire_nodest_conn")


def test_a_form_that_came_back_begins_where_something_is_wrong(person, draft):
    page = person("operator")
    page.goto(f"{draft}settings/")
    field(page, "timeouts-udp").fill("soon")
    page.get_by_role("button", name="Save to the draft").click()
    expect(page.locator("#form-problems")).to_contain_text("Nothing was saved yet")
    expect(field(page, "timeouts-udp")).to_be_focused()


def test_an_import_shows_what_was_understood_first(person, draft):
    page = person("operator")
    page.goto("/clusters/web/import/")
    page.locator("[name='source'][value=text]").check()
    field(page, "content").fill("-A -t 192.0.2.1:80\n")
    page.get_by_role("button", name="Show what is understood").click()
    expect(page.locator("#preview")).to_be_in_viewport()
    expect(page.locator("#preview")).to_contain_text("tcp 192.0.2.1:80")
    field(page, "title").fill("From ipvsadm")
    page.get_by_role("button", name="Open a draft with this").click()
    expect(page).to_have_url(re.compile(r"/changes/\d+/$"))  # without what led to the preview


def test_files_that_a_keepalived_conf_includes_stay_on_the_page(person, draft):
    page = person("operator")
    page.goto("/clusters/web/import/")
    page.get_by_text("For a keepalived.conf").click()
    page.set_input_files("[name='file']", part("keepalived.conf", "include a/*\ninclude b/*\n"))
    included = [part(f"{n}.conf", INCLUDED.format(n=n)) for n in (1, 2)]
    page.set_input_files("[name='included']", included)
    page.get_by_role("button", name="Show what is understood").click()
    expect(error_beside(page, "content")).to_contain_text("1.conf may lie in “a/” or in “b/”")
    field(page, "included_names").first.fill("a/1.conf")
    field(page, "included_names").last.fill("b/2.conf")
    for button in ("Show what is understood", "Look again"):
        page.get_by_role("button", name=button).click()
        expect(page.locator("#preview")).to_contain_text("tcp 192.0.2.1:80")
        expect(page.locator("#preview")).to_contain_text("tcp 192.0.2.2:80")
        expect(page.locator("#preview")).to_contain_text("b/2.conf, line 6: “quorum 2”")


INCLUDED = """\
virtual_server 192.0.2.{n} 80 {{
    lb_algo rr
    protocol TCP
    real_server 192.0.2.9 80 {{
    }}
    quorum 2
}}
"""


def part(name, text):
    return {"name": name, "mimeType": "text/plain", "buffer": text.encode()}


def test_what_a_director_was_asked_comes_by_itself_and_is_told(person, draft):
    page = person("operator")
    page.goto("/directors/")
    page.get_by_role("link", name="lb1").click()
    page.get_by_role("link", name="Look up").click()
    field(page, "shape").select_option("totals")
    expect(field(page, "sort")).to_be_hidden()
    page.get_by_role("button", name="Ask lb1").click()
    expect(page.locator("#errand-answer")).to_contain_text("were read", timeout=SOON)
    expect(page.locator("#errand-said")).to_contain_text("lb1 has answered")


def test_the_director_then_has_these_settings(person, draft, story):
    page = person("operator")
    page.goto(draft)
    page.get_by_role("button", name="Submit for review").click()
    expect(page.locator("#change-head")).to_contain_text("In review")
    approver = person("approver")
    approver.goto(draft)
    approver.get_by_role("button", name="Approve and apply").click()
    expect(approver.locator("[data-run-state]")).to_have_attribute(
        "data-run-state", "verified", timeout=SOON
    )
    page.goto("/directors/")
    page.get_by_role("link", name="lb1").click()
    settings = page.locator("#director-settings")
    expect(settings).to_contain_text(re.compile(r"TCP timeout\s+300 s"), timeout=SOON)
    expect(settings).to_contain_text(re.compile(r"master sync daemon\s+interface eth0"))
    expect(settings).to_contain_text(re.compile(r"expire_nodest_conn\s+1"))
    page.goto("/clusters/web/")
    expect(page.locator("#cluster-settings")).to_contain_text("300 s")
