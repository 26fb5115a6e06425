"""The whole stack with its lab, and people who use it in real browsers."""

import pytest

from lab.stack import Stack
from lab.steps import people_and_director, start
from lab.story import Story


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """A running console with an account for each role and one director that reports."""
    stack = Stack(tmp_path_factory.mktemp("stack"))
    story = Story(stack)
    try:
        start(story)
        people_and_director(story)
        yield story
    finally:
        story.close()
        stack.stop()


def sign_in(page, story, name):
    """Through the door, as everybody."""
    page.goto("/sign-in/")
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill(story.passwords[name])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{story.stack.url}/")


@pytest.fixture
def newcomer(story, browser):
    """newcomer(name): that person's page in a browser of this test only, signed in."""
    contexts = []

    def page_of(name):
        contexts.append(browser.new_context(base_url=story.stack.url))
        page = contexts[-1].new_page()
        sign_in(page, story, name)
        return page

    yield page_of
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def person(story, browser):
    """person(name): that person's page in a browser of their own, signed in."""
    pages = {}

    def page_of(name):
        if name not in pages:
            pages[name] = browser.new_context(base_url=story.stack.url).new_page()
            sign_in(pages[name], story, name)
        return pages[name]

    yield page_of
    for page in pages.values():
        page.context.close()
