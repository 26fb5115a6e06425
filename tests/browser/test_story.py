"""The story of the tutorial in browsers: each test goes on where the one before it ended."""

import re

import pytest
from playwright.sync_api import expect

from lab.stack import ROOT
from lab.story import VIP

SERVERS = ("192.168.1.103", "192.168.1.104")


def field(page, name):
    return page.locator(f"[name='{name}']")


def error_beside(page, name):
    return page.locator(f"[id='err-{name}']")


def test_mistakes_are_named_beside_their_fields_as_they_are_typed(person):
    page = person("operator")
    page.goto("/clusters/new/")
    field(page, "name").fill("web")
    page.get_by_label("lb1").check()
    page.get_by_role("button", name="Make the cluster").click()
    page.goto("/clusters/web/changes/new/")
    field(page, "title").fill("Put the shop online")
    field(page, "reason").fill("It opens on Monday")
    page.get_by_role("button", name="Open the draft").click()
    page.get_by_role("link", name="Add a virtual service").first.click()

    field(page, "address").fill("192.168.49.1340")
    expect(error_beside(page, "address")).not_to_be_empty()
    field(page, "port").fill("70000")
    expect(error_beside(page, "port")).to_contain_text("65535")
    field(page, "address").fill(VIP)
    expect(error_beside(page, "address")).to_be_empty()
    expect(error_beside(page, "port")).not_to_be_empty()
    expect(field(page, "port")).to_have_value("70000")
    field(page, "port").fill("80")
    expect(error_beside(page, "port")).to_be_empty()


def test_the_draft_is_submitted_and_its_author_is_not_offered_the_approval(person):
    page = person("operator")
    field(page, "scheduler").select_option("rr")
    for number, address in enumerate(SERVERS):
        if number:
            page.get_by_role("button", name="Add a real server").click()
        field(page, f"servers-{number}-address").fill(address)
        field(page, f"servers-{number}-port").fill("80")
    page.get_by_role("button", name="Add to the draft").click()
    page.get_by_role("button", name="Submit for review").click()
    expect(page.locator("#change-head")).to_contain_text("In review")
    expect(page.get_by_role("button", name="Approve and apply")).to_have_count(0)


def test_the_run_goes_on_before_the_authors_eyes_without_a_reload(person, story):
    author, approver = person("operator"), person("approver")
    path = author.url.removeprefix(story.stack.url)
    author.evaluate("window.notReloaded = true")
    approver.goto(path)
    expect(approver.get_by_text(f"ipvsadm -A -t {VIP}:80 -s rr", exact=True)).to_be_visible()
    approver.get_by_role("button", name="Approve and apply").click()

    expect(author.locator("[data-run-state=verified]")).to_be_visible(timeout=20_000)
    expect(author.locator("[data-step-state=done]")).to_have_count(3)
    expect(author.locator("#change-head")).to_contain_text("Applied")
    assert author.evaluate("window.notReloaded")
    assert sorted(story.requests(4)) == ["web1", "web1", "web2", "web2"]


@pytest.fixture
def traffic(story):
    script = str(ROOT / "lab" / "traffic.py")
    process = story.stack.lab.spawn(["python", script, VIP, "80", "--rate", "8"], host="client")
    yield process
    process.terminate()
    process.wait(10)


def rate_of(page):
    """The cell with the connections per second of the service."""
    return page.locator("[data-tile=connections_rate]")


def test_live_numbers_move_by_themselves(person, traffic):
    page = person("viewer")
    page.goto("/clusters/web/")
    tile = rate_of(page)
    expect(tile).to_have_text(re.compile(r"[1-9]"), timeout=15_000)
    seen = set()
    for _ in range(24):
        seen.add(tile.inner_text())
        page.wait_for_timeout(500)
    assert len(seen) >= 3, f"the rate stood still: {seen}"
    expect(page.locator("[data-chart] canvas")).to_be_visible()


def test_a_part_that_is_read_again_keeps_chart_and_choice(person, traffic):
    page, operator = person("viewer"), person("operator")
    page.goto("/clusters/web/")
    expect(page.locator("[data-live-status]")).to_have_text("Live", timeout=15_000)
    page.locator("[name=metric][value=active]").check(force=True)
    expect(page.locator("[data-chart] canvas")).to_be_visible(timeout=15_000)
    operator.goto("/clusters/web/changes/new/")
    field(operator, "title").fill("Weights by the hour")
    operator.get_by_role("button", name="Open the draft").click()
    expect(page.get_by_text("Weights by the hour")).to_be_visible()
    page.wait_for_timeout(2000)  # the services are read again, and painted
    expect(page.locator("[data-chart] canvas")).to_be_visible()
    expect(page.locator("[name=metric][value=active]")).to_be_checked()


def test_what_happens_while_a_page_connects_is_not_missed(person, story):
    page, operator = person("viewer"), person("operator")  # the operator is at the draft
    held = []

    def hold(route):
        held.append(route)

    page.route("**/js/live*.js", hold)
    page.goto(operator.url.removeprefix(story.stack.url), wait_until="commit")
    expect(page.locator("#change-head")).to_contain_text("Draft")
    operator.on("dialog", lambda dialog: dialog.accept())
    operator.get_by_role("button", name="Withdraw this change").click()
    expect(operator.locator("#change-head")).to_contain_text("Withdrawn")
    for route in held:
        route.continue_()
    expect(page.locator("#change-head")).to_contain_text("Withdrawn", timeout=15_000)
    page.unroute_all()


def test_without_redis_the_page_says_that_it_is_not_live_and_recovers(person, story, traffic):
    page = person("viewer")
    page.goto("/clusters/web/")
    pill, fresh = page.locator("[data-live-status]"), page.locator("[data-fresh]").first
    expect(pill).to_have_text("Live", timeout=15_000)
    expect(fresh).to_have_attribute("data-fresh", "live", timeout=15_000)
    story.stack.redis.kill()
    expect(pill).to_contain_text("lost", timeout=15_000)
    expect(page.locator("[data-live-lost]")).to_be_visible()
    expect(fresh).not_to_have_attribute("data-fresh", "live", timeout=15_000)
    expect(page.locator("#cluster-directors")).not_to_contain_text("Away")
    story.stack.redis.start()
    expect(pill).to_have_text("Live", timeout=40_000)
    expect(fresh).to_have_attribute("data-fresh", "live", timeout=20_000)
    expect(page.locator("[data-live-lost]")).to_be_hidden()
    expect(page.locator("#cluster-directors")).to_contain_text("Present", timeout=20_000)


def test_a_killed_agent_shows_as_away_on_an_open_page(person, story):
    page = person("viewer")
    page.goto("/directors/")
    expect(page.get_by_text("Present")).to_be_visible(timeout=15_000)
    story.stack.kill_agent("lb1")
    expect(page.get_by_text("Away")).to_be_visible(timeout=15_000)
