"""What a function's process finds around it."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localstack.services.lambda_.invocation.lambda_models import VersionFunctionConfiguration

_CLIENT = Path(sys.prefix) / "runtime"
"""Where AWS's runtime client is installed, apart from all that LocalStack itself needs."""


class RuntimeMissing(Exception):
    """The function wants a Python that is not the one here; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Environment:
    """How to start a function's process, and where."""

    command: list[str]
    directory: Path
    variables: dict[str, str]


def environment_of(function: VersionFunctionConfiguration, given: Mapping[str, object], scratch: str) -> Environment:
    """Return what the function needs with these variables given to it. Raises `RuntimeMissing`."""
    code = Path(function.code.get_unzipped_code_location())
    layers = [Path(layer.code.get_unzipped_code_location()) / "python" for layer in function.layers or []]
    variables = {name: str(value) for name, value in given.items()}
    variables |= {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "TMPDIR": scratch,
        "LAMBDA_TASK_ROOT": str(code),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "PYTHONPATH": os.pathsep.join(map(str, [code, *layers, _CLIENT])),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    # Without `site`, nothing is found that was installed into this Python.
    command = [_python(str(function.runtime)), "-S", "-m", "awslambdaric", function.handler]
    return Environment(command, code, variables)


def _python(runtime: str) -> str:
    ours = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if runtime != ours:
        raise RuntimeMissing(f"the function wants {runtime}, and LocalStack runs on {ours}: make both the same")
    return str(Path(sys._base_executable).resolve())  # type: ignore[attr-defined]
