"""Registration of the executor at LocalStack: LAMBDA_RUNTIME_EXECUTOR=process."""

from typing import Any

from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin


class ProcessExecutorPlugin(RuntimeExecutorPlugin):
    name = "process"

    def load(self, *args: Any, **kwargs: Any) -> type:
        from process_executor.executor import ProcessExecutor

        return ProcessExecutor
