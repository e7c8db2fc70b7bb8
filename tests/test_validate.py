"""``titrant validate``: the report that a clinic keeps, and that it can fail."""

import json

from click.testing import CliRunner

from titrant.app.validation import suite
from titrant.cli.main import main


def run(tmp_path) -> tuple[int, dict, str]:
    file = tmp_path / "report.json"
    done = CliRunner().invoke(main, ["validate", "--report", str(file)])
    return done.exit_code, json.loads(file.read_text(encoding="utf-8")), done.output


def test_the_installed_program_answers_as_it_must_and_says_so(tmp_path) -> None:
    code, report, said = run(tmp_path)
    assert (code, report["passed"]) == (0, "yes"), said
    assert len(report["figures"]) == len(suite.CHECKS)
    assert all(int(one["value"]) == int(one["target"]) > 0 for one in report["figures"])
    assert {"version", "knowledge", "at", "machine"} <= set(report)


def test_a_gate_that_lets_everything_pass_fails_the_validation(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(suite, "gate_faults", lambda *_: [])
    code, report, said = run(tmp_path)
    assert (code, report["passed"]) == (10, "no")
    assert "not so: a tenfold dose" in said


def test_a_check_that_breaks_counts_as_failed(tmp_path, monkeypatch) -> None:
    def broken(*_):
        raise RuntimeError

    monkeypatch.setattr(suite, "follow_at", broken)
    code, report, said = run(tmp_path)
    assert code == 10
    assert "could not be run (RuntimeError)" in said
