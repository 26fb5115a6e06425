"""`make demo`: the console on a live lab, until Ctrl-C. Its data stays in var/demo."""

import json
import secrets
import sys
import time
from pathlib import Path

from lab import LabError
from lab.parts import PartFailed, end_on_signals, ignore_signals
from lab.stack import ROOT, Stack

DATA = ROOT / "var" / "demo"
DIRECTOR = "lb1"
VIP = ("192.168.49.134", "80")
PEOPLE = {
    "ada": ("admin", "Ada Brandt"),
    "olga": ("operator", "Olga Novak"),
    "adil": ("approver", "Adil Haddad"),
    "vera": ("viewer", "Vera Lind"),
}
PORT = 8000


def main() -> int:
    """Run until Ctrl-C, SIGTERM or the end of the terminal."""
    end_on_signals()
    stack = Stack(DATA, web_port=PORT)
    print("Starting Redis, the lab and the console …", flush=True)
    try:
        stack.start()
        accounts = people(stack)
        director(stack)
        print(_welcome(stack, accounts), flush=True)
        while True:
            time.sleep(2)
            stack.check()
    except KeyboardInterrupt:
        print("\nEnding everything …", flush=True)
        return 0
    except (PartFailed, LabError) as error:
        print(f"demo: {error}\nThe logs are in {stack.logs}", file=sys.stderr)
        return 1
    finally:
        ignore_signals()
        stack.stop()


def people(stack: Stack) -> dict[str, str]:
    """One account a role; the passwords are kept, so that the next start can print them again."""
    kept, new = stack.data / "accounts.json", stack.data / "accounts.new"
    if kept.exists():
        return dict(json.loads(kept.read_text()))
    if not new.exists():  # an earlier start may have been ended half way
        new.touch(0o600)
        new.write_text(json.dumps({name: secrets.token_urlsafe(12) for name in PEOPLE}))
    accounts: dict[str, str] = json.loads(new.read_text())
    for name, (role, full_name) in PEOPLE.items():
        options = ["--role", role, "--full-name", full_name, "--password-stdin", "--if-missing"]
        stack.manage("create_user", name, *options, text=f"{accounts[name]}\n")
    new.rename(kept)
    return accounts


def director(stack: Stack) -> None:
    """Start the director's agent and traffic; the first time also enrol it and make its cluster."""
    new = not stack.enrolled(DIRECTOR)
    if new:
        stack.write_agent_config(DIRECTOR, stack.manage("enrol_director", DIRECTOR))
    stack.start_agent(DIRECTOR)
    stack.run("lab.seed", DIRECTOR)
    python, script = "python", str(Path(__file__).with_name("traffic.py"))
    stack.lab.spawn([python, script, *VIP], host="client", output=stack.logs / "traffic.log")


def _welcome(stack: Stack, accounts: dict[str, str]) -> str:
    lines = [f"\n  {stack.url}/clusters/web/\n"]
    if stack.web_port != PORT:
        lines.insert(0, f"\nPort {PORT} is in use by another program; the console took another.")
    lines += [f"  {PEOPLE[name][0]:<10} {name:<6} {word}" for name, word in accounts.items()]
    lines += ["", "Ctrl-C ends it. The data stays in var/demo; make demo-reset forgets it."]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
