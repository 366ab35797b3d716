"""The embedded AWS starts, answers, keeps to itself, and leaves nothing behind however it ends."""

import io
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.launcher import EmbeddedAws, LauncherError
from local.ministack import without_proxies
from testing.arns import classifier

PROJECT = Path(__file__).parents[2]

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="looks at processes through /proc"
)

# A function that reaches the emulator as the provider does, and leaves a process of its own.
FUNCTION = """
import os, subprocess, sys
import boto3

def handler(event, context):
    stray = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"],
        start_new_session=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    listed = boto3.client("comprehend").list_endpoints()["EndpointPropertiesList"]
    return {
        "endpoints": [one["EndpointArn"] for one in listed],
        "processes": [os.getpid(), stray.pid],
        "extra": os.environ.get("LAMBDA_ASYNC_RETRY_BASE_SECONDS"),
        "path": os.environ.get("PYTHONPATH"),
    }
"""


def invoked(aws: EmbeddedAws) -> dict[str, Any]:
    """What a Lambda function in the embedded AWS says of itself."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index.py", FUNCTION)
    functions = aws.client("lambda")
    functions.create_function(
        FunctionName="probe",
        Runtime="python3.13",
        Handler="index.handler",
        Role=f"arn:aws:iam::{aws.account}:role/probe",
        Code={"ZipFile": archive.getvalue()},
        Timeout=30,
    )
    answer = functions.invoke(FunctionName="probe")
    said: dict[str, Any] = json.load(answer["Payload"])
    functions.close()
    assert "FunctionError" not in answer, said
    return said


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def open_for_connections(url: str) -> bool:
    host, _, port = url.partition("//")[2].partition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError:
        return False
    return True


def eventually(condition: Callable[[], bool], seconds: float = 30) -> bool:
    """Whether the condition holds within so many seconds."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            return False
        pause.wait(0.02)
    return True


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws(time_scale=100) as running:
        yield running


def test_the_variables_lead_an_sdk_in_another_process_to_both_services(aws: EmbeddedAws) -> None:
    code = (
        "import boto3; print(boto3.client('sts').get_caller_identity()['Account'],"
        "boto3.client('comprehend').list_endpoints()['EndpointPropertiesList'])"
    )
    own = aws.process_environment()
    done = subprocess.run(
        [sys.executable, "-c", code], env=own, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == (f"{aws.account} []\n", "")


def test_the_users_own_account_stays_out_of_clients_and_processes(
    aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, "https://production.example")
    monkeypatch.setenv("PERSIST_STATE", "1")  # It would change MiniStack.
    monkeypatch.setenv("HARMLESS", "yes")
    own = aws.process_environment()
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "SSL_CERT_FILE", "PERSIST_STATE"} & set(own)
    assert own["HARMLESS"] == "yes"
    assert own["AWS_CONFIG_FILE"] == own["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert "https://production.example" not in own.values()
    for client in (aws.client("sts"), aws.client("comprehend"), aws.comprehend.client()):
        assert client.meta.endpoint_url in (aws.url, aws.comprehend.url)
        client.close()


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        ({}, "localhost,127.0.0.1"),
        ({"NO_PROXY": "intranet"}, "intranet,localhost,127.0.0.1"),
        ({"no_proxy": "intranet"}, "intranet,localhost,127.0.0.1"),
    ],
)
def test_requests_to_this_machine_pass_by_the_proxy(present: dict[str, str], expected: str) -> None:
    assert without_proxies(present) == {"NO_PROXY": expected, "no_proxy": expected}


@needs_proc
def test_a_function_reaches_the_emulator_and_nothing_of_it_survives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", "src")
    extra = {"LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.05"}
    with EmbeddedAws(time_scale=100, ministack_environment=extra) as aws:
        arn = aws.comprehend.admin.put_endpoint("one", classifier())
        said = invoked(aws)
        assert said["endpoints"] == [arn]
        assert said["extra"] == "0.05"
        assert said["path"] is None
        assert all(alive(pid) for pid in said["processes"])
        urls, directory = (aws.url, aws.comprehend.url), aws.directory
        assert aws.ministack_log.read_text()
    assert not any(alive(pid) for pid in said["processes"])
    assert not any(open_for_connections(url) for url in urls)
    assert not directory.exists()
    assert not aws.running


def folders(parent: Path) -> list[Path]:
    return list(parent.glob("embedded-aws-*"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"ministack_environment": {"MINISTACK_SSL_KEY": "/no/key"}}, r"ended while.*\n.*/no/key"),
        ({"seconds": 0}, "within 0 s"),
        ({"port": "taken"}, "in use"),
    ],
)
def test_a_start_that_fails_says_why_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, options: dict[str, Any], said: str
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        if "port" in options:
            options = {"port": taken.getsockname()[1]}
        with pytest.raises((LauncherError, OSError), match=said), EmbeddedAws(**options):
            pass
    assert folders(tmp_path) == []


def variables_of(process: "subprocess.Popen[str]") -> dict[str, str]:
    """The variables that `python -m local` prints."""
    assert process.stdout
    variables: dict[str, str] = {}
    for line in process.stdout:
        words = shlex.split(line, comments=True)
        if words[:1] == ["unset"]:
            assert words[1] == "AWS_PROFILE"
        elif words[:1] == ["export"]:
            name, _, value = words[1].partition("=")
            variables[name] = value
            if name == "__SAM_CLI_APP_DIR":  # The last one.
                break
    return variables


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_python_m_local_prints_its_variables_and_cleans_up_however_it_ends(
    tmp_path: Path, signal_number: signal.Signals
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "local", "--time-scale", "1000", "--region", "eu-west-1"],
        cwd=PROJECT,
        env={**os.environ, "TMPDIR": str(tmp_path), "AWS_PROFILE": "production"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            variables = variables_of(process)
            urls = [variables["AWS_ENDPOINT_URL"], variables["AWS_ENDPOINT_URL_COMPREHEND"]]
            assert all(open_for_connections(url) for url in urls)
            assert variables["AWS_REGION"] == "eu-west-1"
            assert len(folders(tmp_path)) == 1
            process.send_signal(signal_number)
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert errors == ""
    assert process.returncode == (-signal.SIGKILL if signal_number == signal.SIGKILL else 0)
    # Killed, it could do nothing any more: then the supervisor does it, a moment later.
    assert eventually(lambda: folders(tmp_path) == [])
    assert not any(open_for_connections(url) for url in urls)
