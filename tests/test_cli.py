"""The command line end to end: in process through main(), and through `python -m envdoctor` where the process matters."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from envdoctor import __version__
from envdoctor.cli import main
from envdoctor.commands import COMMANDS
from envdoctor.rules import RULES
from envdoctor.schema import SCHEMAS, schema_text

REPOSITORY = Path(__file__).parents[1]
CUDA_12 = "nvcr.io/nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04"
OLD_GEFORCE = ("--driver", "470.57.02", "--gpu", "RTX 3090")  # no forward compatibility on GeForce: CUDA 12 cannot run
NEW_T4 = ("--driver", "580.65.06", "--gpu", "T4")


@pytest.fixture(autouse=True)
def _sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty repository as the current directory, and no settings from the environment."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    for name in ("NO_COLOR", "COLUMNS", "ENVDOCTOR_DEBUG", "TERM"):
        monkeypatch.delenv(name, raising=False)


def _run(*argv: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "envdoctor", *argv],
        input=stdin,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        timeout=60,
    )


def _report(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, object]:
    main(["check", *argv, "--format", "json"])
    report = json.loads(capsys.readouterr().out)
    jsonschema.validate(report, json.loads(schema_text("report")))
    assert isinstance(report, dict)
    return report


# exit codes


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        ((CUDA_12, *NEW_T4), 0),
        ((CUDA_12,), 0),  # no host: undecided is not a failure
        ((CUDA_12, "--strict"), 3),
        ((CUDA_12, *OLD_GEFORCE), 1),
        ((CUDA_12, *OLD_GEFORCE, "--fail-on", "never"), 0),
        ((CUDA_12, "missing/Dockerfile", *NEW_T4), 3),
        ((CUDA_12, "missing/Dockerfile", *OLD_GEFORCE), 1),
        ((CUDA_12, "--driver", "banana"), 2),
        ((CUDA_12, "--driver", "535", "--gpu", "RTX 4900"), 2),
        ((CUDA_12, "--host", "missing.json"), 3),
        ((CUDA_12, "--package", "???"), 2),
        ((CUDA_12, "--uses", "torchh"), 2),
        ((CUDA_12, "--uses", ""), 2),
        ((CUDA_12, "--ignore", "driver-to-old"), 2),
        ((CUDA_12, "--image-alias", "x"), 2),
        ((CUDA_12, "--build-arg", "=x"), 2),
        ((CUDA_12, "--config", "missing.toml"), 2),
        ((CUDA_12, "--config", "x.toml", "--no-config"), 2),
        ((CUDA_12, "--format", "xml"), 2),
        ((CUDA_12, "--no-such-option"), 2),
        ((CUDA_12, "--driv", "535"), 2),  # no abbreviations
        ((CUDA_12, "--launch", "--gpus all"), 0),
        ((CUDA_12, "--launch", "--gpuss all"), 2),
        ((CUDA_12, "--launch"), 2),
        ((CUDA_12, "--launch", "--privileged"), 0),
        ((CUDA_12, "--online"), 2),
        ((), 3),  # the empty current directory
    ],
)
def test_exit_code_of_check(argv: tuple[str, ...], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *argv]) == code
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("--driver", "banana"), "banana"),
        (("--gpu", "RTX 4900"), "4090"),  # the nearest names
        (("--uses", "torchh"), "did you mean torch"),
        (("--ignore", "driver-to-old"), "did you mean driver-too-old"),
        (("--package", "torch=2"), "expected name or name==version"),
        (("--online",), "--online is not supported yet"),
        (("--launch", "--gpuss all"), "is no option"),
        (("--launch", "--gpus 'all"), "quote that is not closed"),
        (("--config", "missing.toml"), "missing.toml"),
        (("--fail-on", "errors"), "error"),
    ],
)
def test_usage_errors_are_one_clear_line(argv: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", CUDA_12, *argv]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("envdoctor: error: ")
    assert err.count("\n") == 1
    assert words in err


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        ((), 2, "no command"),
        (("chekc",), 2, "did you mean check"),
        (("--no-such",), 2, "unknown option"),
        (("inspect", "x"), 2, "not supported yet"),
        (("explain", "driver-to-old"), 2, "did you mean driver-too-old"),
        (("schema", "reports"), 2, "report"),
        (("schema",), 2, "document"),
        (("completion", "csh"), 2, "bash"),
    ],
)
def test_other_commands_refuse_clearly(
    argv: tuple[str, ...], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(list(argv)) == code
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert words in err


# the bad inputs that users meet


def test_a_bad_target_beside_good_ones_hides_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Path("Dockerfile").write_text(f"FROM {CUDA_12}\n")
    Path("empty.Dockerfile").write_text("")
    Path("binary.Dockerfile").write_bytes(b"\0\1")
    Path("Dockerfile.broken").write_text("FROM x\n\nRUNN y\n")
    Path("Dockerfile.line").write_text("FROM ubuntu:22.04\nRUN echo " + "x" * 10_000_000)
    report = _report(capsys, ".", *OLD_GEFORCE)
    assert [diagnosis["workload"] for diagnosis in report["diagnoses"]] == ["Dockerfile"]  # type: ignore[attr-defined]
    assert report["verdict"] == "incompatible"
    errors = {error["target"]: error["message"] for error in report["errors"]}  # type: ignore[attr-defined]
    assert set(errors) == {"empty.Dockerfile", "binary.Dockerfile", "Dockerfile.broken", "Dockerfile.line"}
    assert "Dockerfile.broken:3" in errors["Dockerfile.broken"]
    assert main(["check", ".", *OLD_GEFORCE]) == 1
    assert main(["check", ".", *OLD_GEFORCE, "--fail-on", "never"]) == 3


def test_terminal_escapes_in_a_label_are_shown_and_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    Path("Dockerfile").write_text(
        f'FROM {CUDA_12}\nLABEL x="\x1b]0;gone\x07"\nENV A="\x1b[2J"\nRUN pip install "\x1b[31mtorch"\n'
    )
    for form in ("terminal", "github", "json"):
        main(["check", "Dockerfile", "--format", form, "-v"])
        out, err = capsys.readouterr()
        assert "\x1b" not in out + err


def test_a_file_name_with_escapes_and_one_that_is_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    Path("Dockerfile.\x1b[31m").write_text("FROM x\nRUNN\n")
    Path(os.fsdecode(b"Dockerfile.\xff\xfe")).write_text(f"FROM {CUDA_12}\n")
    assert main(["check", "."]) == 3
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    assert "\\x1b[31m" in out
    assert "\\udcff" in out


def test_a_document_of_another_schema(capsys: pytest.CaptureFixture[str]) -> None:
    Path("x.json").write_text('{"schema": "https://json-schema.org/draft/2020-12/schema"}')
    assert main(["check", "x.json"]) == 2
    assert "envdoctor.environment/1" in capsys.readouterr().out


# hosts


def _hosts(report: dict[str, object]) -> list[object]:
    return [diagnosis["host"] for diagnosis in report["diagnoses"]]  # type: ignore[attr-defined]


def test_each_workload_against_each_host(capsys: pytest.CaptureFixture[str]) -> None:
    hosts = ("--host", "name=edge,driver=470.57.02,gpu=RTX 3090", "--host", "name=lab,driver=580.65.06,gpu=T4")
    report = _report(capsys, CUDA_12, "nvidia/cuda:11.8.0-base-ubuntu22.04", *hosts)
    verdicts = [(diagnosis["workload"], diagnosis["verdict"]) for diagnosis in report["diagnoses"]]  # type: ignore[attr-defined]
    assert len(verdicts) == 4
    assert verdicts[0] == (CUDA_12, "incompatible")
    assert "incompatible" not in [verdict for _, verdict in verdicts[1:]]


def test_no_host_is_null_in_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    if os.path.exists("/proc/driver/nvidia"):
        pytest.skip("this machine has an NVIDIA driver and is the host")
    report = _report(capsys, CUDA_12)
    assert _hosts(report) == [None]
    assert report["verdict"] == "unknown"


def test_a_document_keeps_its_own_host_unless_one_is_stated(capsys: pytest.CaptureFixture[str]) -> None:
    host = {"driver": {"version": "470.57.02"}, "gpus": [{"name": "NVIDIA GeForce RTX 3090"}]}
    document = {"schema": "envdoctor.environment/1", "host": host, "image": {"reference": CUDA_12}}
    Path("old.json").write_text(json.dumps(document))
    Path("envdoctor.toml").write_text('[hosts.lab]\ndriver = "580.65.06"\ngpu = ["T4"]\n')
    assert _report(capsys, "old.json")["verdict"] == "incompatible"
    assert _report(capsys, "old.json", *NEW_T4)["verdict"] == "compatible"
    (known,) = _hosts(_report(capsys, CUDA_12))
    assert "lab" in str(known)


def test_host_file_that_probe_wrote(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "envdoctor.environment/1"
    jsonschema.validate(document, json.loads(schema_text("environment")))
    Path("host.json").write_text(json.dumps(document))
    assert main(["check", CUDA_12, "--host", "host.json"]) in (0, 1)


# what the user states


def test_build_arg_values_are_told_nowhere(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    Path("Dockerfile").write_text(
        f"FROM {CUDA_12}\nARG TOKEN\nRUN pip install --extra-index-url https://u:$TOKEN@example.com/simple torch\n"
    )
    monkeypatch.setenv("TOKEN", "s3cret")
    for form in ("terminal", "json", "github"):
        for value in ("TOKEN=s3cret", "TOKEN"):
            main(["check", "Dockerfile", "--build-arg", value, "--format", form, "-v"])
            assert "s3cret" not in "".join(capsys.readouterr())


def test_package_and_uses(capsys: pytest.CaptureFixture[str]) -> None:
    report = _report(capsys, CUDA_12, "--package", "onnxruntime-gpu==1.18.1", *NEW_T4)
    failed = [result["rule"] for result in report["diagnoses"][0]["results"] if result["outcome"] == "fail"]  # type: ignore[index]
    assert "onnxruntime-cuda-mismatch" in failed  # 1.18.1 from PyPI needs CUDA 11
    assert main(["check", CUDA_12, "--package", "onnxruntime-gpu==1.18.1", *NEW_T4]) == 1


def test_image_alias(capsys: pytest.CaptureFixture[str]) -> None:
    Path("Dockerfile").write_text("FROM my_base:latest\n")
    assert _report(capsys, "Dockerfile", *OLD_GEFORCE)["verdict"] == "unknown"
    assert (
        _report(capsys, "Dockerfile", "--image-alias", f"my_base={CUDA_12}", *OLD_GEFORCE)["verdict"] == "incompatible"
    )


def test_dockerfile_on_stdin() -> None:
    done = _run("check", "-", *OLD_GEFORCE, stdin=f"FROM {CUDA_12}\n")
    assert done.returncode == 1
    assert done.stdout.startswith("INCOMPATIBLE  <stdin> on ")


def test_options_and_targets_may_be_mixed(capsys: pytest.CaptureFixture[str]) -> None:
    report = _report(capsys, CUDA_12, "--driver", "470.57.02", "nvidia/cuda:11.8.0-base-ubuntu22.04", "--gpu", "T4")
    assert len(report["diagnoses"]) == 2  # type: ignore[arg-type]


# suppression and settings


def test_ignore_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", CUDA_12, *OLD_GEFORCE, "--ignore", "driver-too-old"]) == 0
    out, err = capsys.readouterr()
    assert "Suppressed:\n    - driver-too-old: no reason given (--ignore)" in out
    assert "1 suppressed" in err


def test_an_ignore_that_silenced_nothing_is_a_notice(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", CUDA_12, *NEW_T4, "--ignore", "torch-cpu-wheel"]) == 0
    assert "--ignore: ignoring torch-cpu-wheel silenced nothing" in capsys.readouterr().err
    assert _report(capsys, CUDA_12, *NEW_T4, "--ignore", "torch-cpu-wheel")["notices"] == [
        "--ignore: ignoring torch-cpu-wheel silenced nothing"
    ]


def test_ignore_comment(capsys: pytest.CaptureFixture[str]) -> None:
    Path("Dockerfile").write_text(f"# envdoctor: ignore=driver-too-old new driver in May\nFROM {CUDA_12}\n")
    assert main(["check", "Dockerfile", *OLD_GEFORCE]) == 0
    assert "new driver in May (comment above Dockerfile:2)" in capsys.readouterr().out
    Path("Dockerfile").write_text(f"FROM {CUDA_12}\n# envdoctor: ignore=driver-to-old x\nRUN true\n")
    assert main(["check", "Dockerfile", *OLD_GEFORCE]) == 1
    assert "no rule is called driver-to-old; did you mean driver-too-old" in capsys.readouterr().err


def test_settings_file(capsys: pytest.CaptureFixture[str]) -> None:
    Path("pyproject.toml").write_text(
        '[tool.envdoctor]\nignore = [{rule = "driver-too-old", reason = "new driver in May"}]\n'
        '[tool.envdoctor.hosts.edge]\ndriver = "470.57.02"\ngpu = ["RTX 3090"]\n'
    )
    assert main(["check", CUDA_12]) == 0
    assert "new driver in May (pyproject.toml)" in capsys.readouterr().out
    assert main(["check", CUDA_12, "--host", "edge", "--no-config"]) in (2, 3)
    assert main(["check", CUDA_12, "--host", "edge"]) == 0


@pytest.mark.parametrize(
    "text",
    [
        'fail-no = "error"',
        'ignore = [{rule = "nope", reason = "x"}]',
        'hosts = {edge = {driver = "banana"}}',
        'uses = ["x"]',
    ],
)
def test_bad_settings_are_usage_errors(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("envdoctor.toml").write_text(text)
    assert main(["check", CUDA_12]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_settings_give_the_threshold_and_the_command_line_wins() -> None:
    Path("envdoctor.toml").write_text('fail-on = "never"\nstrict = false\n')
    assert main(["check", CUDA_12, *OLD_GEFORCE]) == 0
    assert main(["check", CUDA_12, *OLD_GEFORCE, "--fail-on", "error"]) == 1


# output


def test_report_to_stdout_the_rest_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", CUDA_12, "missing/Dockerfile", *OLD_GEFORCE, "--format", "json"])
    out, err = capsys.readouterr()
    json.loads(out)
    lines = err.splitlines()
    assert lines[0].startswith("envdoctor: error: missing/Dockerfile: no such file")
    assert lines[-1].startswith("envdoctor: 1 workload x 1 host: 1 incompatible; 1 error")


def test_quiet_leaves_only_errors(capsys: pytest.CaptureFixture[str]) -> None:
    main(
        ["check", CUDA_12, "missing/Dockerfile", *NEW_T4, "--format", "json", "--quiet", "--ignore", "torch-cpu-wheel"]
    )
    assert [line.split(":")[1] for line in capsys.readouterr().err.splitlines()] == [" error"]


def test_output_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", CUDA_12, *OLD_GEFORCE, "--output", "report.txt"]) == 1
    assert capsys.readouterr().out == ""
    assert Path("report.txt").read_text().startswith("INCOMPATIBLE")
    assert main(["check", CUDA_12, *NEW_T4, "--output", "missing/report.txt"]) == 3
    assert "could not be written to missing/report.txt" in capsys.readouterr().err
    assert main(["check", CUDA_12, *OLD_GEFORCE, "--output", "missing/report.txt"]) == 1


def test_color_only_when_asked_for(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    main(["check", CUDA_12])
    assert "\x1b" not in capsys.readouterr().out
    main(["check", CUDA_12, "--color", "always"])
    assert "\x1b[" in capsys.readouterr().out


def _on_a_terminal(stream: str, *command: str, **environment: str) -> bytes:
    """What a command writes to `stream` ("stdout" or "stderr") when that is a terminal."""
    import pty

    parent, child = pty.openpty()
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, stream: child}
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TERM": "xterm", **environment}
    process = subprocess.Popen([sys.executable, *command], env=environment, stdin=subprocess.DEVNULL, **streams)  # type: ignore[call-overload]
    os.close(child)
    text = b""
    try:
        while chunk := os.read(parent, 65536):
            text += chunk
    except OSError:
        pass  # Linux tells the end of a pseudo-terminal this way
    os.close(parent)
    assert process.wait(timeout=60) == 0
    return text


def test_color_on_a_terminal_unless_told_otherwise() -> None:
    command = ("-m", "envdoctor", "check", CUDA_12, "-q")
    assert b"\x1b[" in _on_a_terminal("stdout", *command)
    assert b"\x1b[" not in _on_a_terminal("stdout", *command, NO_COLOR="1")
    assert b"\x1b[" not in _on_a_terminal("stdout", *command, TERM="dumb")


@pytest.mark.parametrize(("many", "quiet", "shown"), [(0, "", True), (1, "", False), (0, "-q", False)])
def test_progress_on_a_terminal_when_there_is_much_to_do(many: int, quiet: str, shown: bool) -> None:
    argv = ["check", CUDA_12, *([quiet] if quiet else [])]
    code = f"from envdoctor.cli import main; from envdoctor.commands import check_run; check_run.MANY = {many}; main({argv!r})"
    assert (b"judging" in _on_a_terminal("stderr", "-c", code)) is shown


def test_verbose_tells_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", CUDA_12, "-v"])
    out = capsys.readouterr().out
    assert [rule.id for rule in RULES if rule.id not in out] == []


# the process


def test_a_reader_that_goes_away_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "envdoctor", "check", CUDA_12, *OLD_GEFORCE],
            stdout=write,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )
    finally:
        os.close(write)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"BrokenPipe" not in done.stderr


@pytest.mark.parametrize(
    ("redirection", "words"), [(">&-", "standard output is closed"), (">/dev/full", "No space left")]
)
def test_a_report_that_cannot_be_written_is_never_0(redirection: str, words: str) -> None:
    if redirection == ">/dev/full" and not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full on this system")
    script = f'"{sys.executable}" -m envdoctor check {CUDA_12} --driver 580.65.06 {redirection}'
    done = subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}
    )
    assert done.returncode == 3
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_closed_stderr_and_an_ascii_locale() -> None:
    Path("Dockerfile").write_text(f"# 推論\nFROM {CUDA_12}\nRUN pip install 推論\n")
    script = f'"{sys.executable}" -m envdoctor check Dockerfile --driver 580.65.06 -v 2>&-'
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "LC_ALL": "POSIX",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
    }
    done = subprocess.run(["sh", "-c", script], capture_output=True, env=environment)
    assert done.returncode == 0
    assert done.stdout.isascii()


def test_interrupt_is_130() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "envdoctor", "check", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background has it ignored
    )
    _wait_until_idle(process.pid)  # it now waits for its standard input
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == b""


def _wait_until_idle(pid: int) -> None:
    """Until a process that was just started has used no CPU for half a second."""
    used, still = -1, 0
    for _ in range(300):
        time.sleep(0.1)
        stat = Path(f"/proc/{pid}/stat")
        now = sum(map(int, stat.read_text().rpartition(")")[2].split()[11:13])) if stat.exists() else 0
        still = still + 1 if now == used else 0
        used = now
        if still >= (5 if now else 30):
            return


def test_an_interrupt_that_an_import_wraps_is_one() -> None:
    def wrapped(*_: object) -> None:
        raise RuntimeError("Error calling __set_name__") from KeyboardInterrupt()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("envdoctor.cli._dispatch", wrapped)
        assert main(["check"]) == 130


def test_a_crash_of_ours_is_one_line_and_never_a_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("boom \x1b[31m")

    monkeypatch.setattr("envdoctor.commands.check_run.judge", crash)
    assert main(["check", CUDA_12]) == 3
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "internal error (RuntimeError: boom \\x1b[31m)" in err
    assert "report it" in err
    monkeypatch.setenv("ENVDOCTOR_DEBUG", "1")
    with pytest.raises(RuntimeError):
        main(["check", CUDA_12])


def test_help_names_every_command_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert [name for name in COMMANDS if f"\n  {name} " not in out] == []
    for name in COMMANDS:
        assert main([name, "--help"]) == 0
        assert f"usage: envdoctor {name}" in capsys.readouterr().out
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"envdoctor {__version__}\n"


HEAVY = (
    "rich",
    "tree_sitter",
    "packaging",
    "pynvml",
    "jsonschema",
    "tomllib",
    "tomli",
    "json",
    "envdoctor.readers",
    "envdoctor.matrix",
)


@pytest.mark.parametrize("argv", ["['--help']", "['check', '--help']", "['--version']"])
def test_help_imports_nothing_it_does_not_use(argv: str) -> None:
    code = f"import sys; from envdoctor.cli import main; main({argv}); print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}
    )
    assert done.stderr == "[]\n"


@pytest.mark.parametrize("form", ["json", "terminal"])
def test_a_check_without_settings_and_packages_imports_no_rich_toml_or_nvml(form: str) -> None:
    heavy = ("rich", "packaging", "pynvml", "tomllib", "tomli", "difflib", "shutil")
    argv = ["check", CUDA_12, *OLD_GEFORCE, "--format", form]
    code = f"import sys; from envdoctor.cli import main; main({argv!r}); print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}
    )
    assert done.stdout.splitlines()[-1] == "[]"


# the other commands


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", name]) == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert name in schema["title"]


@pytest.mark.parametrize("rule", [rule.id for rule in RULES])
def test_explain(rule: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", rule]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{rule} (")
    for part in ("Reports that", "Why:", "What to do:", f"--ignore {rule}", "Sources:"):
        assert part in out
    assert main(["explain", rule, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == rule
    assert main(["explain", rule, "--format", "markdown"]) == 0
    assert capsys.readouterr().out.startswith(f"## {rule}\n")


def test_explain_lists_all_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    out = capsys.readouterr().out
    assert [rule.id for rule in RULES if f"{rule.id} (" not in out] == []


def test_rule_docs_are_generated(capsys: pytest.CaptureFixture[str]) -> None:
    """`envdoctor explain --format markdown > docs/rules.md`"""
    assert main(["explain", "--format", "markdown"]) == 0
    assert (REPOSITORY / "docs" / "rules.md").read_text(encoding="utf-8") == capsys.readouterr().out
