"""An Ansible stdout callback that prints one JSON object for each task's end on each host."""

from __future__ import annotations

import json
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: results
type: stdout
short_description: One JSON object a line for each result
description: For the integration tests.
"""


class CallbackModule(CallbackBase):
    """Prints results as JSON lines."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "results"

    def _print(self, status: str, result: Any) -> None:
        values = json.loads(self._dump_results(result._result, indent=0))
        if "diff" in result._result:  # Left out of what is dumped, unless verbose.
            values["diff"] = result._result["diff"]
        line = {"task": result._task.get_name(), "host": result._host.get_name(), "status": status}
        print(json.dumps({**line, **values}), flush=True)

    def v2_runner_on_ok(self, result: Any) -> None:
        """A task went well."""
        self._print("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """A task failed."""
        self._print("ignored" if ignore_errors else "failed", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        """A task was skipped."""
        self._print("skipped", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """A host was not reached."""
        self._print("unreachable", result)
