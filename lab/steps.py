"""The story of the tutorial, step by step: from the form to balanced connections."""

from itertools import pairwise

from lab.html import Page
from lab.story import DIRECTOR, ROLES, VIP, Story, assert_equal, assert_in, wait

SERVICE = {"protocol": "tcp", "address": VIP, "port": "80", "scheduler": "rr"}
SERVERS = {
    "servers__0__address": "192.168.1.103",
    "servers__0__port": "80",
    "servers__0__forwarding": "masquerade",
    "servers__1__address": "192.168.1.104",
    "servers__1__port": "80",
    "servers__1__forwarding": "masquerade",
    "servers__1__weight": "1",
    "servers__1__upper_threshold": "0",
    "servers__1__lower_threshold": "0",
}


def start(story: Story) -> None:
    """Redis, web, worker, relay and the lab start on free ports"""
    story.stack.start()
    password = story.passwords["admin"]
    story.stack.manage(
        "create_user", "admin", "--role", "admin", "--password-stdin", text=f"{password}\n"
    )


def people_and_director(story: Story) -> None:
    """The admin makes an account for each role and enrols the director, which reports"""
    admin = story.sign_in("admin")
    for role in ROLES:
        page = story.page("admin", "/people/new/")
        admin.send(page, "username", username=role, role=role, password=story.passwords[role])
    enrol(story, DIRECTOR)


def enrol(story: Story, name: str) -> None:
    """The admin invites a director; its host runs the command of the page, and its agent reports"""
    page = story.page("admin", "/directors/new/")
    page = story.sign_in("admin").send(page, "name", name=name)
    [command] = page.all(r'<pre id="enrol-command"[^>]*>(.*?)</pre>')
    [path] = page.all(r'href="(/directors/[0-9a-f-]{36}/)">' + name)[:1]
    story.stack.enrol(name, command.split()[-1])
    story.stack.start_agent(name)
    wait(lambda: "Present" in story.page("admin", path).text, 20, f"{name} is not present")


def define(story: Story) -> None:
    """The operator defines cluster “web”; the form names each mistake beside its field"""
    operator = story.sign_in("operator")
    page = story.page("operator", "/clusters/new/")
    [choice] = page.all(r'name="directors" value="(\d+)"')
    operator.send(page, "name", name="web", directors=choice)
    story.new_change("Put the shop online", "It opens on Monday")
    path = story.change_path("services/new/")
    page = story.page("operator", path)
    wrong = SERVICE | SERVERS | {"address": "192.168.49.1340", "port": "70000"}
    wrong |= {
        "servers__0__port": "0x",
        "servers__1__upper_threshold": "5",
        "servers__1__lower_threshold": "9",
    }
    page = operator.send(page, "servers-0-address", **wrong)
    _mistakes(page, "address", "port", "servers-0-port", "servers-1-lower_threshold")
    fields = page.form("servers-0-address").fields
    for name, typed in wrong.items():
        assert_equal(fields[name.replace("__", "-")], typed)  # nothing lost of what was typed
    page = operator.send(
        page,
        "servers-0-address",
        **(SERVICE | SERVERS | {"port": "0", "servers__1__upper_threshold": "0"}),
    )
    _mistakes(page, "port")
    page = operator.send(page, "servers-0-address", **(SERVICE | SERVERS))
    assert_in(f"tcp {VIP}:80", page.text)
    twice = operator.send(story.page("operator", path), "servers-0-address", **(SERVICE | SERVERS))
    _mistakes(twice, "address")


def _mistakes(page: Page, *names: str) -> None:
    """Each of these fields has its message beside it, and no other has one."""
    assert_equal(page.status, 422)
    found = {
        name.removeprefix("err-") for name in page.all(r'id="(err-[^"]+)"') if page.text_of(name)
    }
    assert_equal(found, set(names))


def review(story: Story) -> None:
    """It is submitted: the operator may not approve it, the approver sees steps and ipvsadm commands"""
    page = story.submit()
    assert "Approve and apply" not in page.text, "the operator is offered the approval"
    status = story.sign_in("operator").post(story.change_path("approve/"), page)
    assert_equal(status, 403)
    page = story.change_page("approver")
    assert_equal(
        commands(page),
        [
            f"ipvsadm -A -t {VIP}:80 -s rr",
            f"ipvsadm -a -t {VIP}:80 -r 192.168.1.103:80 -m -w 1",
            f"ipvsadm -a -t {VIP}:80 -r 192.168.1.104:80 -m -w 1",
        ],
    )


def commands(page: Page) -> list[str]:
    """The ipvsadm commands of the plan that a page shows."""
    return page.all(r'<li class="numbered">.*?<code>(.*?)</code>')


def apply(story: Story) -> None:
    """It is approved, applied, read back and verified; each step is pushed to the run's page"""
    topic = f"change.{story.change}"
    with story.sign_in("viewer").listen(topic) as live:
        story.approve()
        live.wait_for(lambda message: message.get("event") == topic, 15)
        story.wait_applied()
    runs = story.page("viewer", story.change_path("?part=runs"))
    assert_equal(runs.all(r'data-step-state="(\w+)"'), ["done"] * 3)
    assert_in("3 of 3 steps done, read back and equal", runs.text)


def balance(story: Story) -> None:
    """ipvsadm shows exactly the table; ten requests of the client go 5 and 5, in turn"""
    assert_equal(
        story.table(),
        [
            f"-A -t {VIP}:80 -s rr",
            f"-a -t {VIP}:80 -r 192.168.1.103:80 -m -w 1",
            f"-a -t {VIP}:80 -r 192.168.1.104:80 -m -w 1",
        ],
    )
    answers = story.requests(10)
    assert_equal(sorted(answers), ["web1"] * 5 + ["web2"] * 5)
    assert all(a != b for a, b in pairwise(answers)), f"not in turn: {answers}"


def edit(story: Story) -> None:
    """Weights 20 and 10 under wrr: two edits and a scheduler change, no remove, no add; 20 and 10 requests"""
    story.new_change("Send two of three to web1", "web1 got a second CPU")
    page = story.page("operator", story.change_path(f"services/tcp-{VIP}-80/"))
    weights = {"scheduler": "wrr", "servers__0__weight": "20", "servers__1__weight": "10"}
    story.sign_in("operator").send(page, "servers-0-address", **weights)
    story.submit()
    assert_equal(
        commands(story.change_page("approver")),
        [
            f"ipvsadm -e -t {VIP}:80 -r 192.168.1.103:80 -m -w 20",
            f"ipvsadm -e -t {VIP}:80 -r 192.168.1.104:80 -m -w 10",
            f"ipvsadm -E -t {VIP}:80 -s wrr",
        ],
    )
    story.approve()
    story.wait_applied()
    answers = story.requests(30)
    assert_equal(sorted(answers), ["web1"] * 20 + ["web2"] * 10)
