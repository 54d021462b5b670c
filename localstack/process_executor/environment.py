"""Environment of a function's process."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localstack.services.lambda_.invocation.lambda_models import VersionFunctionConfiguration

_CLIENT = Path(sys.prefix) / "runtime"
"""Folder of AWS's runtime client. It is separate from LocalStack's own dependencies."""


class RuntimeMissing(Exception):
    """Error for a function that needs another Python version. The message says how to fix that."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Command, working directory and variables of a function's process."""

    command: list[str]
    directory: Path
    variables: dict[str, str]


def environment_of(function: VersionFunctionConfiguration, settings: Mapping[str, object], scratch: str) -> Environment:
    """Return the environment of a function, with the variables `settings` and the folder `scratch` for temporary files.

    Raises `RuntimeMissing`.
    """
    code = Path(function.code.get_unzipped_code_location())
    layers = [Path(layer.code.get_unzipped_code_location()) / "python" for layer in function.layers or []]
    variables = {name: str(value) for name, value in settings.items()}
    variables |= {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "TMPDIR": scratch,
        "LAMBDA_TASK_ROOT": str(code),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "PYTHONPATH": os.pathsep.join(map(str, [code, *layers, _CLIENT])),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    # `-S` disables `site`: the function must not import the packages of this Python.
    command = [_python(str(function.runtime)), "-S", "-m", "awslambdaric", function.handler]
    return Environment(command, code, variables)


def _python(runtime: str) -> str:
    """Return the path of the Python for the runtime. Raises `RuntimeMissing` if LocalStack has another version."""
    ours = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if runtime != ours:
        raise RuntimeMissing(f"the function needs {runtime}, LocalStack runs on {ours}: use the same version for both")
    return str(Path(sys._base_executable).resolve())  # type: ignore[attr-defined]
