"""Pages that stand open while things change: names, sessions, directors. Each test stands by itself."""

import re

import pytest
from playwright.sync_api import expect

from lab.stack import ROOT
from lab.steps import SERVERS, SERVICE, apply, define, enrol, review
from lab.story import VIP
from tests.browser.conftest import sign_in

SOON = 15_000


@pytest.fixture(scope="module")
def web(story):
    """Cluster web, live on its director, with traffic from the client."""
    for step in (define, review, apply):
        step(story)
    script = str(ROOT / "lab" / "traffic.py")
    story.stack.lab.spawn(["python", script, VIP, "80", "--rate", "8"], host="client")
    return story


def rename(operator, old, new):
    operator.goto(f"/clusters/{old}/edit/")
    operator.locator("[name=name]").fill(new)
    operator.locator("main button[type=submit]").click()
    operator.wait_for_url(f"**/clusters/{new}/")


def another_tab(page):
    """A page of the same person, in the same browser."""
    return page.context.new_page()


def sign_out(page):
    page.goto("/")
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in/")


def test_totals_count_the_services_that_a_filter_hides(person, web):
    page = person("viewer")
    page.goto("/clusters/web/?q=no-such-service")
    expect(page.get_by_text("No service matches")).to_be_visible()
    tile = page.locator("[data-tile=connections_rate]")
    expect(tile).to_have_text(re.compile(r"[1-9]"), timeout=SOON)


def test_an_open_page_follows_a_new_name(person, web):
    page = person("viewer")
    page.goto("/clusters/web/")
    expect(page.locator("[data-live-status]")).to_have_text("Live", timeout=SOON)
    operator = person("operator")
    rename(operator, "web", "shop")
    try:
        expect(page.locator("#cluster-head h1")).to_have_text("shop", timeout=SOON)
        page.wait_for_timeout(4000)  # the list of directors is read each three seconds
        expect(page.locator("[data-parts-lost]")).to_be_hidden()
        expect(page.locator("#cluster-directors")).to_contain_text("Present")
        expect(page.locator("[data-tile=connections_rate]")).to_have_text(re.compile(r"[1-9]"))
    finally:
        rename(operator, "shop", "web")


def test_a_page_whose_session_ends_says_so_stays_and_goes_on(newcomer, web):
    page = newcomer("viewer")
    page.goto("/directors/")
    expect(page.get_by_text("lb1")).to_be_visible()
    other = another_tab(page)
    sign_out(other)
    banner = page.locator("[data-parts-lost]")
    expect(banner).to_contain_text("You are signed out", timeout=SOON)
    expect(page.get_by_text("lb1")).to_be_visible()
    expect(page.locator("[name=password]")).to_have_count(0)

    sign_in(other, web, "viewer")
    expect(banner).to_be_hidden(timeout=SOON)
    expect(page.locator("[data-live-status]")).to_have_text("Live", timeout=SOON)
    other.close()


def test_what_is_typed_outlives_a_sign_in_in_another_tab(newcomer, web):
    page = newcomer("operator")
    page.goto("/clusters/web/changes/new/")
    page.locator("[name=title]").fill("Typed before the session ended")
    page.locator("[name=reason]").fill("It must not be lost")
    other = another_tab(page)
    sign_out(other)
    sign_in(other, web, "operator")
    other.close()
    page.get_by_role("button", name="Open the draft").click()
    expect(page.locator("h1")).to_contain_text("Typed before the session ended")


def test_a_form_is_checked_again_after_a_sign_in_in_another_tab(newcomer, web):
    page = newcomer("operator")
    page.goto("/clusters/web/changes/new/")
    page.locator("[name=title]").fill("A draft")
    page.get_by_role("button", name="Open the draft").click()
    page.get_by_role("link", name="Add a virtual service").first.click()
    other = another_tab(page)
    sign_out(other)
    page.locator("[name=port]").fill("70000")
    banner = page.locator("[data-parts-lost]")
    expect(banner).to_contain_text("You are signed out", timeout=SOON)
    sign_in(other, web, "operator")
    other.close()
    page.locator("[name=port]").fill("70001")
    expect(page.locator("[id=err-port]")).to_contain_text("65535", timeout=SOON)
    expect(page.locator("[name=port]")).to_have_value("70001")
    expect(banner).to_be_hidden()


def test_steps_that_can_not_be_read_say_so_on_their_button(newcomer, web):
    page = newcomer("viewer")
    page.goto("/clusters/web/")
    page.evaluate(
        """() => {
            const button = document.createElement("button");
            button.setAttribute("hx-get", "/changes/1/?part=plan&first=99999");
            button.id = "more";
            document.querySelector("main").prepend(button);
            htmx.process(button);
        }"""
    )
    page.locator("#more").click()
    expect(page.locator("#more")).to_have_text("That could not be read. Try again")
    expect(page.locator("[data-parts-lost]")).to_be_hidden()


def test_what_was_sent_without_a_session_is_sent_again(newcomer, web):
    page = newcomer("operator")
    page.goto("/clusters/web/changes/new/")
    page.locator("[name=title]").fill("Sent after the session ended")
    other = another_tab(page)
    sign_out(other)
    page.get_by_role("button", name="Open the draft").click()
    expect(page.get_by_role("heading", name="You were signed out")).to_be_visible()
    sign_in(other, web, "operator")
    other.close()
    page.get_by_role("button", name="Send it again").click()
    expect(page.locator("h1")).to_contain_text("Sent after the session ended")


def test_a_page_without_a_timer_says_it_too_and_goes_on(newcomer, web):
    page = newcomer("operator")
    page.goto("/clusters/web/changes/new/")
    page.locator("[name=title]").fill("A draft")
    page.get_by_role("button", name="Open the draft").click()
    expect(page.locator("[data-live-status]")).to_have_text("Live", timeout=SOON)
    other = another_tab(page)
    sign_out(other)
    banner = page.locator("[data-parts-lost]")
    expect(banner).to_contain_text("You are signed out", timeout=45_000)  # asked each 30 s
    sign_in(other, web, "operator")
    other.close()
    page.bring_to_front()
    page.evaluate("dispatchEvent(new Event('focus'))")  # headless pages never lose it
    expect(page.locator("[data-live-status]")).to_have_text("Live", timeout=SOON)
    expect(banner).to_be_hidden()


def test_two_directors_are_changed_together_and_seen_together(person, web):
    viewer = person("viewer")
    viewer.goto("/clusters/web/")
    expect(viewer.locator("[data-live-status]")).to_have_text("Live", timeout=SOON)
    expect(viewer.locator("[data-views]")).to_be_hidden()
    second = web.stack.add_host("lb2")
    enrol(web, "lb2")
    join(person("operator"), "lb2")
    expect(viewer.locator("[data-views]")).to_contain_text("lb2", timeout=SOON)

    web.new_change("A second service, on both", "lb2 is new")
    operator = web.sign_in("operator")
    page = web.page("operator", web.change_path("services/new/"))
    operator.send(page, "servers-0-address", **(SERVICE | SERVERS | {"port": "8080"}))
    web.submit()
    approver = person("approver")
    approver.goto(web.change_path())
    approver.get_by_role("button", name="Approve and apply").click()
    expect(approver.locator("[data-run-state=verified]")).to_have_count(2, timeout=SOON)
    expect(approver.locator("#change-head")).to_contain_text("Applied", timeout=SOON)

    held = second.run(["ipvsadm", "-Sn"]).stdout.splitlines()
    assert [" ".join(line.split()) for line in held] == web.table()
    assert len(held) == 6
    choose(viewer, "lb2")
    tile = viewer.locator("[data-tile=connections_rate]")
    expect(tile).to_have_text("0", timeout=SOON)
    choose(viewer, "lb1")
    expect(tile).to_have_text(re.compile(r"[1-9]"), timeout=SOON)


def join(operator, director):
    """Make a director of no cluster one of web's, beside those it has."""
    operator.goto("/clusters/web/edit/")
    operator.get_by_label(director).check()
    operator.locator("main button[type=submit]").click()
    operator.wait_for_url("**/clusters/web/")


def choose(page, director):
    page.locator("[data-views]").get_by_label(director).check(force=True)
