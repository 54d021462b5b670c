"""Putting the built web page into its bucket."""

import json
import mimetypes
from collections.abc import Mapping
from pathlib import Path

from local_cloud.deployment import Cloud

_HASHED = "assets"
"""The folder of files whose names change with what they hold."""
_UNCHANGING = "public, max-age=31536000, immutable"
_ASKED_AGAIN = "no-cache"


def upload_site(cloud: Cloud, bucket: str, directory: Path, config: Mapping[str, object]) -> int:
    """Upload the site built into a directory, with this configuration; return the number of files."""
    s3 = cloud.client("s3")
    paths = [path for path in directory.rglob("*") if path.is_file()]
    for path in paths:
        name = path.relative_to(directory)
        body = json.dumps(config).encode() if str(name) == "config.json" else path.read_bytes()
        s3.put_object(
            Bucket=bucket,
            Key=name.as_posix(),
            Body=body,
            ContentType=mimetypes.guess_type(name)[0] or "application/octet-stream",
            CacheControl=_UNCHANGING if _HASHED in name.parts else _ASKED_AGAIN,
        )
    return len(paths)
