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
        accounts = open_accounts(stack)
        open_cluster(stack, accounts)
        print(_welcome(stack, json.loads(accounts.read_text())), flush=True)
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


def open_accounts(stack: Stack) -> Path:
    """The file with the accounts, kept so that the next start can print the passwords again."""
    path = stack.data / "accounts.json"
    if not path.exists():
        accounts = {
            name: {"role": role, "full_name": full_name, "password": secrets.token_urlsafe(12)}
            for name, (role, full_name) in PEOPLE.items()
        }
        path.touch(0o600)
        path.write_text(json.dumps(accounts, indent=1))
    return path


def open_cluster(stack: Stack, accounts: Path) -> None:
    """The director and its agent, the cluster, traffic; most of it is there after the first time."""
    if not stack.enrolled(DIRECTOR):
        stack.enrol(DIRECTOR, stack.run("lab.seed", "people", str(accounts), DIRECTOR).strip())
    stack.start_agent(DIRECTOR)
    stack.run("lab.seed", "cluster", DIRECTOR)
    command = ["python", str(Path(__file__).with_name("traffic.py")), *VIP]
    stack.lab.spawn(command, host="client", output=stack.logs / "traffic.log")


def _welcome(stack: Stack, accounts: dict[str, dict[str, str]]) -> str:
    lines = [f"\n  {stack.url}/clusters/web/\n"]
    if stack.web_port != PORT:
        lines.insert(0, f"\nPort {PORT} is in use by another program; the console took another.")
    for name, account in accounts.items():
        lines.append(f"  {account['role']:<10} {name:<6} {account['password']}")
    lines += ["", "Ctrl-C ends it. The data stays in var/demo; make demo-reset forgets it."]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
