"""Deployment of the CloudFormation template as on AWS: upload packages to a bucket, then create a stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import WaiterError

TEMPLATE = Path(__file__).parents[2] / "deploy" / "template.yaml"

_BUCKET = "packages"
_POLL_S = 1
"""Pause between two checks of the stack, in s."""
_POLLS = 300
"""Maximum number of checks whether the stack is complete."""


class DeploymentFailed(Exception):
    """The stack could not be created. The message names the failed resources."""


class Cloud(Protocol):
    """Factory of clients of AWS services."""

    def client(self, service: str) -> Any: ...


@dataclass(frozen=True, slots=True)
class Stack:
    """Deployed stack and its outputs."""

    name: str
    outputs: Mapping[str, str]


def upload_package(cloud: Cloud, package: Path) -> str:
    """Upload a package to the package bucket. Return its key, which contains a hash of the content."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    data = package.read_bytes()
    key = f"{package.stem}-{sha256(data).hexdigest()[:16]}.zip"
    s3.put_object(Bucket=_BUCKET, Key=key, Body=data)
    return key


def deploy(cloud: Cloud, name: str, package: Path, parameters: Mapping[str, str]) -> Stack:
    """Deploy the functions of a package. Raises `DeploymentFailed`."""
    key = upload_package(cloud, package)
    values = {"PackageBucket": _BUCKET, "FunctionsPackage": key, **parameters}
    return create_stack(cloud, name, TEMPLATE.read_text(), values)


def create_stack(cloud: Cloud, name: str, template: str, parameters: Mapping[str, str]) -> Stack:
    """Create a stack and return it when it is complete. Raises `DeploymentFailed`."""
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=template,
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    )
    try:
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName=name, WaiterConfig={"Delay": _POLL_S, "MaxAttempts": _POLLS}
        )
    except WaiterError as error:
        raise DeploymentFailed(_failures(cloudformation, name)) from error
    [described] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    return Stack(name, {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])})


def _failures(cloudformation: Any, name: str) -> str:
    """Return the reasons why the stack and its resources have failed."""
    [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    reasons = [f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}" for event in failed]
    return "; ".join([f"{name}: {stack.get('StackStatusReason')}", *reasons])
