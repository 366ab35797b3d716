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

from local.__main__ import main
from local.launcher import EmbeddedAws, LauncherError
from local.ministack import without_foreign, without_proxies
from tests.functional.emulated import classifier

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


def test_the_services_answer_in_the_account_and_region(aws: EmbeddedAws) -> None:
    assert aws.running
    tokens = aws.client("sts")
    assert tokens.get_caller_identity()["Account"] == aws.account
    buckets = aws.client("s3")
    buckets.create_bucket(Bucket="artifacts")
    buckets.put_object(Bucket="artifacts", Key="key", Body=b"content")
    with buckets.get_object(Bucket="artifacts", Key="key")["Body"] as body:
        assert body.read() == b"content"
    endpoints = aws.client("comprehend")
    assert endpoints.meta.region_name == aws.region
    assert endpoints.list_endpoints()["EndpointPropertiesList"] == []
    for client in (tokens, buckets, endpoints):
        client.close()


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


def test_the_variables_keep_the_users_own_account_out(
    aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    monkeypatch.setenv("HARMLESS", "yes")
    own = aws.process_environment()
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "SSL_CERT_FILE"} & set(own)
    assert own["HARMLESS"] == "yes"
    assert own["AWS_CONFIG_FILE"] == own["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert "production" not in own.values()


def test_clients_do_not_look_at_the_users_profile(
    aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://production.example")
    for client in (aws.client("sts"), aws.client("comprehend"), aws.comprehend.client()):
        assert client.meta.endpoint_url in (aws.url, aws.comprehend.url)
        client.close()


def test_the_bundle_trusts_ministack_and_what_was_trusted_before(aws: EmbeddedAws) -> None:
    bundle = Path(aws.environment["AWS_CA_BUNDLE"]).read_text()
    own = (aws.directory / "tmp" / "ministack-tls" / "server.crt").read_text()
    assert own in bundle
    assert bundle.count("BEGIN CERTIFICATE") > 1


def test_an_environment_loses_what_would_change_ministack() -> None:
    foreign = {"AWS_PROFILE": "x", "LAMBDA_STRICT": "1", "PYTHONPATH": "src", "PERSIST_STATE": "1"}
    assert without_foreign({**foreign, "PATH": "/bin"}) == {"PATH": "/bin"}


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


def test_two_instances_run_side_by_side_and_know_nothing_of_each_other(aws: EmbeddedAws) -> None:
    with EmbeddedAws(region="eu-west-1") as other:
        assert other.url != aws.url
        there, here = other.client("ssm"), aws.client("ssm")
        there.put_parameter(Name="/name", Value="there", Type="String")
        assert there.get_parameter(Name="/name")["Parameter"]["ARN"].split(":")[3] == "eu-west-1"
        with pytest.raises(here.exceptions.ParameterNotFound):
            here.get_parameter(Name="/name")
        there.close()
        here.close()


def test_an_exception_inside_ends_everything() -> None:
    instance = EmbeddedAws()
    seen: list[Any] = []

    def use() -> None:
        with instance as aws:
            seen.extend([aws.url, aws.comprehend.url, aws.directory])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        use()
    *urls, directory = seen
    assert not any(open_for_connections(url) for url in urls)
    assert not directory.exists()
    with pytest.raises(RuntimeError, match="not running"):
        _ = instance.environment


def folders(parent: Path) -> list[Path]:
    return list(parent.glob("embedded-aws-*"))


def test_a_start_that_fails_shows_the_log_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    broken = {"MINISTACK_SSL_CERT": "/no/certificate", "MINISTACK_SSL_KEY": "/no/key"}
    with pytest.raises(LauncherError) as caught, EmbeddedAws(ministack_environment=broken):
        pass
    assert "ended while it started" in str(caught.value)
    assert "/no/certificate" in str(caught.value)
    assert folders(tmp_path) == []


def test_a_start_that_takes_too_long_fails_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(LauncherError, match="within 0 s"), EmbeddedAws(seconds=0):
        pass
    assert folders(tmp_path) == []


@pytest.mark.parametrize("missing", ["ministack", "openssl"])
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    if missing == "openssl":
        monkeypatch.setenv("PATH", "")
    else:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(LauncherError, match=missing), EmbeddedAws():
        pass


def test_a_port_that_is_taken_is_an_error_and_leaves_nothing(
    aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    port = int(aws.url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"), EmbeddedAws(port=port):
        pass
    assert folders(tmp_path) == []


def kept_running(tmp_path: Path) -> tuple["subprocess.Popen[str]", dict[str, str]]:
    """`python -m local` in another process, and the variables that it prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "--time-scale", "1000", "--region", "eu-west-1"],
        cwd=PROJECT,
        env={**os.environ, "TMPDIR": str(tmp_path), "AWS_PROFILE": "production"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
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
    return process, variables


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_python_m_local_prints_its_variables_and_cleans_up_however_it_ends(
    tmp_path: Path, signal_number: signal.Signals
) -> None:
    process, variables = kept_running(tmp_path)
    with process:
        try:
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


@needs_proc
def test_python_m_local_ends_with_an_error_when_ministack_ends(tmp_path: Path) -> None:
    process, _ = kept_running(tmp_path)
    with process:
        try:
            [directory] = folders(tmp_path)
            os.kill(server_of(directory), signal.SIGKILL)
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 1
    assert "ended by itself" in errors
    assert folders(tmp_path) == []


def server_of(directory: Path) -> int:
    """MiniStack's process id: the one process that works in its folder."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if link.readlink() == directory:
                found.append(int(link.parent.name))
        except OSError:
            continue
    [pid] = found
    return pid


def test_python_m_local_says_in_one_line_why_it_cannot_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--time-scale", "0"]) == 1
    assert "time_scale" in capsys.readouterr().err
