"""`python -m app COMMAND …`: the product's commands; each is a module of `app/cli` with `run(argv) -> exit code`."""

from __future__ import annotations

import sys
from importlib import import_module

COMMANDS = {
    "serve": "run the web service",
    "worker": "run the timed work beside the web service",
    "migrate": "bring the database to the newest schema",
    "demo": "load the demo estate, once",
    "estate": "open an estate: estate SLUG NAME [--committee …] [--phone …]",
    "grant": "give or end a role: grant PHONE ROLE ESTATE [DUTY]; grant --end PHONE ROLE ESTATE [DUTY]",
    "second-factor": "take a lost second factor away: second-factor reset PHONE --reason …",
    "confirm-number": "say that a number nobody used for long is still its holder's: confirm-number PHONE --reason …",
    "desk-code": "print a one-time code for somebody with a role: desk-code PHONE --by OPERATOR'S-PHONE --reason …",
    "tally": "count a case or an array of cases: tally FILE.json",
    "shares": "split a cost case or an array of cases: shares FILE.json",
    "register": "check an owners' register: register check FILE.xlsx",
    "backup": "copy the whole database into one encrypted file: backup FILE [--plain]",
    "backup-key": "print a new pair of keys for backups, once",
    "restore": "bring a backup back into an empty database: restore FILE --identity KEYFILE [--checkpoint FILE] [--dry-run]",
    "restored": "after a restore: restored [check --checkpoint FILE | accept --reason TEXT]",
    "doctor": "look at everything that can be wrong, change nothing: doctor",
    "verify": "check a vote's evidence package: verify PACKAGE.zip [--key …] [--checkpoint FILE] [--receipt CODE]",
}


def main(argv: list[str]) -> int:
    """Dispatch to the command's module; 2 for a command we do not have."""
    if not argv or argv[0] in {"-h", "--help", "help"}:
        width = max(map(len, COMMANDS))
        print(
            "\n".join(
                [
                    "python -m app COMMAND",
                    "",
                    *(f"  {name:<{width}}  {what}" for name, what in COMMANDS.items()),
                ]
            )
        )
        return 0 if argv else 2
    if argv[0] not in COMMANDS:
        print(f"no command {argv[0]!r}; python -m app --help lists them", file=sys.stderr)
        return 2
    return int(import_module(f"app.cli.{argv[0].replace('-', '_')}").run(argv[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
