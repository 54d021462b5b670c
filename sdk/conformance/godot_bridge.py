"""Bridge between the conformance suite and the driver of the Godot SDK. Scripts of Godot cannot read stdin.

    python sdk/conformance/godot_bridge.py FOLDER

The bridge runs the driver in FOLDER, sends it the commands from stdin over a TCP connection, and prints its answers. If
the bridge is killed, the kernel kills the driver too.
"""

import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

_BYTES = 65_536


def main(folder: Path) -> None:
    """Run the driver in a folder until the end of stdin."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        program = shutil.which("godot3-server") or "godot3-server"
        command = [program, "--path", str(folder.resolve()), "-s", "driver.gd", f"--port={port}"]
        # Godot writes its settings into the home folder. Make FOLDER the home folder, to keep the settings out of the
        # real home folder.
        environment = {**os.environ, "HOME": str(folder.resolve())}
        dying = [shutil.which("setpriv") or "setpriv", "--pdeathsig", "KILL", *command]
        driver = subprocess.Popen(  # noqa: S603
            dying, env=environment, stdout=sys.stderr, stdin=subprocess.DEVNULL, restore_signals=False
        )
        connection, _ = server.accept()
    threading.Thread(target=_pass_answers, args=(connection,), daemon=True).start()
    while commands := os.read(sys.stdin.fileno(), _BYTES):
        connection.sendall(commands)
    connection.shutdown(socket.SHUT_RDWR)
    driver.wait()


def _pass_answers(connection: socket.socket) -> None:
    while answers := connection.recv(_BYTES):
        sys.stdout.buffer.write(answers)
        sys.stdout.buffer.flush()
    os._exit(1)  # the driver ended before the bridge


if __name__ == "__main__":
    main(Path(sys.argv[1]))
