"""Upload of the built web page."""

import json
import mimetypes
from collections.abc import Mapping
from pathlib import Path

from local_cloud.deployment import Cloud

_HASHED = "assets"
"""Folder of files whose names contain a hash of their content. Browsers may cache them permanently."""
_UNCHANGING = "public, max-age=31536000, immutable"
_REVALIDATED = "no-cache"


def upload_site(cloud: Cloud, bucket: str, directory: Path, config: Mapping[str, object]) -> int:
    """Upload the site in a directory, with this configuration. Return the number of files."""
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
            CacheControl=_UNCHANGING if _HASHED in name.parts else _REVALIDATED,
        )
    return len(paths)
