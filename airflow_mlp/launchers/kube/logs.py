"""Copies a container's log as it grows: every line once, whatever is lost and asked again on the way."""

from __future__ import annotations

import re
from collections.abc import Callable

from airflow_mlp.launchers.kube.cluster import TIMEOUT, Cluster

_STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|[+-]\d\d:\d\d)$")


class LogCopy:
    """The log of one container, passed on line by line. Each call of `copy` asks for what came since the last line seen."""

    def __init__(self, cluster: Cluster, pod: str, container: str, on_line: Callable[[str], None]) -> None:
        self._cluster = cluster
        self._path = f"/api/v1/namespaces/{cluster.namespace}/pods/{pod}/log"
        self._container = container
        self._on_line = on_line
        self._last = ""
        self._seen_at_last = 0

    def copy(self, *, final: bool = False) -> None:
        """Pass on new lines; a last one without its end only if `final`. A log that is not there yet has none."""
        from kubernetes.client.exceptions import ApiException

        try:
            text = self._read()
        except ApiException as error:
            if error.status in (400, 404):  # no pod, or its container has not started
                return
            raise
        lines = text.split("\n")
        unfinished = lines.pop()
        if final and unfinished:
            lines.append(unfinished)
        self._pass_on(lines)

    def _pass_on(self, lines: list[str]) -> None:
        at_last = 0
        for line in lines:
            stamp, _, content = line.partition(" ")
            key = _sortable(stamp)
            if key < self._last:
                continue
            if key == self._last:
                at_last += 1
                if at_last <= self._seen_at_last:
                    continue
            else:
                self._last, at_last = key, 1
            self._seen_at_last = at_last
            self._on_line(content)

    def _read(self) -> str:
        query = [("container", self._container), ("timestamps", "true")]
        if self._last:
            query.append(("sinceTime", self._last[:19] + "Z"))
        response = self._cluster.client.call_api(
            self._path,
            "GET",
            query_params=query,
            header_params={"Accept": "*/*"},
            auth_settings=["BearerToken"],
            _preload_content=False,
            _return_http_data_only=True,
            _request_timeout=TIMEOUT,
        )
        return str(response.data.decode("utf-8", "replace"))


def _sortable(stamp: str) -> str:
    """A time stamp whose order as text is its order in time: nine digits after the second (servers drop trailing zeros)."""
    match = _STAMP.match(stamp)
    return f"{match.group(1)}.{(match.group(2) or ''):0<9}" if match else stamp
