"""Configurations of nginx that tests run."""

import os
from pathlib import Path


def main_configuration(directory: Path, included: Path) -> Path:
    """Write a main configuration of nginx that includes the configuration `included`.

    nginx writes all its own files into the directory.
    """
    kinds = ("proxy", "client_body", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {directory}/{kind}; " for kind in kinds)
    # If root starts nginx, its workers would otherwise run as another user, who cannot write into the directory.
    user = "user root;" if os.geteuid() == 0 else ""
    main = directory / "nginx.conf"
    main.write_text(
        f"{user} daemon off; pid {directory}/nginx.pid; error_log {directory}/nginx.log; events {{}}\n"
        f"http {{ access_log off; {paths} include {included}; }}\n"
    )
    return main
