"""What dbt does before it opens the warehouse (profiles.yml, `plugins`).

dbt would wait, retry and roll back for minutes, then print tracebacks. This says in one sentence
and within seconds why the warehouse does not open.
"""

import gc
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError
from dbt_common.invocation import get_invocation_id

from iae.errors import IaeError
from iae.paths import as_path
from iae.warehouse import opened

WAIT_SECONDS = 10
# A parsed project is large and lives until dbt ends: to look through it for what may be freed takes
# a tenth of the time of dbt.
gc.set_threshold(100_000)


class Plugin(BasePlugin):  # type: ignore[misc]
    """Refuse a warehouse that dbt cannot build in; read its path as `iae` does."""

    # dbt asks again in each thread and to roll back: by then the answer is known.
    _refusals: dict[str, str] = {}  # noqa: RUF012 (of all connections of a run)

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Open the warehouse and close it again; raise DbtRuntimeError when that fails."""
        if self.creds is None or self.creds.path == ":memory:":
            return
        path = as_path(self.creds.path)
        self.creds.path = str(path)
        run = get_invocation_id()
        try:
            if run not in self._refusals:
                with opened(path, WAIT_SECONDS, makes=False):
                    pass
        except IaeError as error:
            self._refusals[run] = str(error)
        if run in self._refusals:
            raise DbtRuntimeError(self._refusals[run])
