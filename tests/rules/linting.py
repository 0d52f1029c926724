"""Run in a copy of the tree by test_imports.py: breaks each import rule once and says which rules noticed."""

import json
import sys
from pathlib import Path

from importlinter import api  # noqa: F401  registers the ways to read the configuration
from importlinter.application.use_cases import _register_contract_types, create_report, read_user_options


def broken(root: Path, limit_to: tuple[str, ...] = ()) -> list[str]:
    """Return the ids of the contracts that the tree breaks."""
    options = read_user_options(str(root / ".importlinter"))
    _register_contract_types(options)
    ids = {given["name"]: given["id"] for given in options.contracts_options}
    report = create_report(options, limit_to, cache_dir=None)
    return [ids[contract.name] for contract, check in report.get_contracts_and_checks() if not check.kept]


def main() -> None:
    """Read {rule: [file, added line]} from stdin, write {rule: rules broken with it} to stdout."""
    root = Path.cwd()
    answers = {"": broken(root)}
    for rule, (file, line) in json.load(sys.stdin).items():
        path = root / file
        before = path.read_text(encoding="utf-8") if path.exists() else None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
        answers[rule] = broken(root, (rule,))
        if before is None:
            path.unlink()
        else:
            path.write_text(before, encoding="utf-8")
    sys.stdout.write("\n" + json.dumps(answers))


if __name__ == "__main__":
    main()
