"""Execution environment of a function, as LocalStack's Lambda requires it."""

import json
import logging
import shutil
import tempfile
import time
from concurrent.futures import CancelledError
from datetime import UTC, datetime

from localstack.services.lambda_.invocation.executor_endpoint import ShutdownDuringStartup, StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from localstack import config  # type: ignore[attr-defined]  # the package, not this folder
from process_executor.code import unpack
from process_executor.environment import Environment, RuntimeMissing, environment_of
from process_executor.runtime_api import Invocation, Message, MessageKind
from process_executor.sandbox import Sandbox

_LOG = logging.getLogger(__name__)
_MAX_RESPONSE_BYTES = 6 * 2**20 + 100
"""Lambda's limit on the length of a response, in bytes."""
_GRACE_S = 0.5
"""Time in s for a function to end before it is killed."""
_START_GRACE_S = 5.0
"""Time in s that this executor waits longer than LocalStack's own start limit, which must expire first."""


class ProcessExecutor(RuntimeExecutor):
    """Owner of one warm process. LocalStack sends one invocation at a time."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:  # noqa: A002 - LocalStack's own name
        super().__init__(id, function_version)
        self._function = function_version.config
        self._scratch = tempfile.mkdtemp(prefix="function-")
        self._environment: Environment
        self._sandbox: Sandbox | None = None
        self._start_log = ""

    def start(self, env_vars: dict[str, str]) -> None:
        """Start the process. Raises LocalStack's `StatusErrorException` if it does not start."""
        try:
            self._environment = environment_of(self._function, env_vars, self._scratch)
        except RuntimeMissing as missing:
            raise _failed_start("Runtime.InvalidRuntime", str(missing)) from missing
        self._sandbox = self._started(config.LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT + _START_GRACE_S)

    def stop(self) -> None:
        """Stop the process permanently."""
        if self._sandbox:
            self._sandbox.close(_GRACE_S)
        shutil.rmtree(self._scratch, ignore_errors=True)

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        """Run an invocation within the function's time limit."""
        sandbox = self._living_sandbox()
        began = time.monotonic()
        message = sandbox.invoke(self._invocation(payload), self._function.timeout)
        peak_mb = sandbox.peak_mb
        if message is None:
            sandbox.close()
        elif message.kind is MessageKind.CLOSED:
            raise CancelledError
        report = self._report(time.monotonic() - began, peak_mb)
        return self._result(payload["invoke-id"], message, sandbox.new_log(), report)

    def get_logs(self) -> str:
        """Return the output of the process outside of invocations."""
        return self._start_log or (self._sandbox.new_log() if self._sandbox else "")

    def get_address(self) -> str:
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        return f"http://127.0.0.1:{config.GATEWAY_LISTEN[0].port}/_localstack_lambda/{self.id}"

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        """Unpack the code and the layers."""
        if function_version.config.code:
            unpack(function_version.config.code)
        for layer in function_version.config.layers or []:
            unpack(layer.code)

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Do nothing: LocalStack removes the folder of the unpacked code itself."""

    def _living_sandbox(self) -> Sandbox:
        """Return the running process. Restart it if it ended or was stopped at its time limit, as AWS does."""
        if self._sandbox is None or not self._sandbox.alive:
            if self._sandbox:
                self._sandbox.close()
            self._sandbox = self._started(self._function.timeout)
        return self._sandbox

    def _started(self, seconds: float) -> Sandbox:
        sandbox = Sandbox(self._environment)
        self._sandbox = sandbox
        message = sandbox.await_ready(seconds)
        if message is not None and message.kind is MessageKind.READY:
            return sandbox
        self._start_log = sandbox.new_log()
        _LOG.warning("%s did not start: %s", self.function_version.qualified_arn, self._start_log)
        sandbox.close()
        raise _start_failure(message)

    def _invocation(self, payload: dict[str, str]) -> Invocation:
        return Invocation(
            request_id=payload["invoke-id"],
            payload=payload["payload"].encode(),
            deadline=int((time.time() + self._function.timeout) * 1000),
            function_arn=payload["invoked-function-arn"],
            trace_id=payload["trace-id"],
        )

    def _result(self, request_id: str, message: Message | None, log: str, report: str) -> InvocationResult:
        is_error, body = True, b""
        if message is None:
            reason = f"Task timed out after {self._function.timeout:.2f} seconds"
            log += f"{datetime.now(UTC).isoformat(timespec='milliseconds')} {request_id} {reason}\n"
            body = _error("Sandbox.Timedout", f"RequestId: {request_id} Error: {reason}")
        elif message.kind is MessageKind.EXITED:
            reason = f"Runtime exited with error: exit status {message.body.decode()}"
            body = _error("Runtime.ExitError", f"RequestId: {request_id} Error: {reason}")
        elif message.kind is MessageKind.RESPONSE and len(message.body) > _MAX_RESPONSE_BYTES:
            reason = f"Response payload size exceeded maximum allowed payload size ({_MAX_RESPONSE_BYTES} bytes)."
            body = _error("Function.ResponseSizeTooLarge", reason)
        else:
            is_error, body = message.kind is MessageKind.ERROR, message.body
        start = f"START RequestId: {request_id} Version: {self.function_version.id.qualifier}\n"
        logs = f"{start}{log}END RequestId: {request_id}\nREPORT RequestId: {request_id}\t{report}"
        return InvocationResult(request_id, body, is_error=is_error, logs=logs)

    def _report(self, seconds: float, peak_mb: int) -> str:
        ms = seconds * 1000
        return (
            f"Duration: {ms:.2f} ms\tBilled Duration: {int(ms) + 1} ms\t"
            f"Memory Size: {self._function.memory_size} MB\tMax Memory Used: {peak_mb} MB"
        )


def _start_failure(message: Message | None) -> Exception:
    if message is None:
        return _failed_start("Runtime.StartTimeout", "the runtime did not start in time")
    if message.kind is MessageKind.CLOSED:
        return ShutdownDuringStartup("stopped while starting")
    if message.kind is MessageKind.INIT_ERROR:
        return StatusErrorException("the function could not be loaded", payload=message.body)
    return _failed_start("Runtime.ExitError", f"Runtime exited with error: exit status {message.body.decode()}")


def _failed_start(kind: str, reason: str) -> StatusErrorException:
    return StatusErrorException("the function did not start", payload=_error(kind, reason))


def _error(kind: str, reason: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": reason}).encode()
