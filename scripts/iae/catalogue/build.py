"""The catalogue: the static site of dbt and the lineage of every column, made to be mailed.

Both pages are one file each, open from disk, say nothing of the machine that wrote them and call
nobody: see :func:`sealed`.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb

from iae.errors import IaeError
from iae.folders import check_free, replaced
from iae.paths import warehouse_path
from iae.warehouse import opened

# What dbt says of the run and the machine; the rest of its metadata is about the project.
PUBLIC_METADATA = (
    "dbt_schema_version",
    "dbt_version",
    "generated_at",
    "project_name",
    "adapter_type",
    "quoting",
)
# Where the front page (models/docs/overview.md) takes the extracts, and whether they are made up.
EXTRACTS_MARK = "<!-- extracts -->"
SYNTHETIC_MARK = "<!-- synthetic -->"
SYNTHETIC = (
    "**Données fictives.** Des extraits sont inventés : ces chiffres ne disent rien de la France."
)
EXTRACTS = """
    select
        source,
        extract_date,
        strftime(last_covered_month, '%Y-%m') as last_covered_month,
        nb_rows,
        if(is_synthetic, 'fictif', '') as remark,
    from marts.audit_extracts
    order by source, extract_date
"""
# Sections of the manifest that hold nothing to query.
OUT_OF_SEARCH = ("sources", "semantic_models", "metrics", "saved_queries", "macros", "exposures")
# Half of the time of dbt, for SQL that the catalogue does not show.
NOT_COMPILED = ("--exclude", "resource_type:test", "resource_type:unit_test")
# Where a node lies on the machine that wrote it.
LOCAL_FIELDS = ("root_path", "build_path", "compiled_path")
# Hosts that the two pages would report their use to.
TELEMETRY_HOSTS = ("fuzzed.getdbt.com", "posthog.com")
# The browser itself then refuses any request: the pages hold all that they need.
NO_NETWORK = (
    '<meta http-equiv="Content-Security-Policy" content="'
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob:; worker-src blob: data:; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; connect-src data: blob:"
    '">'
)
# What the page of dbt asks its own folder for before it is drawn: files that are not there.
STRAY_REQUESTS = {
    """<link rel="shortcut icon" href="${require('./assets/favicons/favicon.ico')}"/>""": "",
    'xlink:href="{{ getIcon(': 'ng-attr-href="{{ getIcon(',
}


def public(artifact: dict[str, Any]) -> dict[str, Any]:
    """Return a dbt manifest or catalog without what it says of the machine that wrote it."""
    for entries in artifact.values():
        if isinstance(entries, dict):
            for entry in entries.values():
                if isinstance(entry, dict):
                    for field in LOCAL_FIELDS:
                        entry.pop(field, None)
    metadata = artifact["metadata"]
    artifact["metadata"] = {
        field: metadata[field] for field in PUBLIC_METADATA if field in metadata
    } | {"send_anonymous_usage_stats": False}
    return artifact


def as_typed(artifact: dict[str, Any]) -> dict[str, Any]:
    """Return an artifact with relations named as analysts type them, the others not searched."""
    for section in ("nodes", "sources"):
        for entry in artifact.get(section, {}).values():
            entry.pop("database", None)
            entry.get("metadata", {}).pop("database", None)
    for section in OUT_OF_SEARCH:
        for entry in artifact.get(section, {}).values():
            entry["docs"] = {"show": False}
    for node in artifact["nodes"].values():
        if node.get("resource_type", "model") != "model":
            node["docs"] = {"show": False}
    return artifact


def marked(manifest: dict[str, Any], extracts: str) -> dict[str, Any]:
    """Return a manifest whose front page has the extracts, and which says what is made up."""
    is_synthetic = "| fictif |" in extracts
    overview = manifest["docs"]["doc.iae.__overview__"]
    overview["block_contents"] = (
        overview["block_contents"]
        .replace(EXTRACTS_MARK, extracts)
        .replace(SYNTHETIC_MARK, f"> {SYNTHETIC}" if is_synthetic else "")
    )
    for node in manifest["nodes"].values():
        layer, domain = [*node["fqn"], "", ""][1:3]
        if is_synthetic and layer == "marts" and domain not in ("published", "reference"):
            node["description"] = f"{SYNTHETIC}\n\n{node['description']}"
    return manifest


def sealed(page: str) -> str:
    """Return the page unable to call anyone: no telemetry host, and a policy that forbids it."""
    for request, repaired in STRAY_REQUESTS.items():
        page = page.replace(request, repaired)
    for host in TELEMETRY_HOSTS:
        page = page.replace(host, "telemetry.invalid")
    return page.replace("<head>", f"<head>{NO_NETWORK}", 1)


def local_paths(text: str, project: Path) -> list[str]:
    """Return the folders of this machine that a text names, sorted."""
    folders = {
        project.resolve(),
        Path.home(),
        Path(sys.prefix),
        Path(tempfile.gettempdir()),
        warehouse_path().resolve().parent,
    }
    return sorted(
        str(folder)
        for folder in folders - {Path("/")}
        if re.search(rf"{re.escape(str(folder))}(?!\w)", text)
    )


def extracts_table(warehouse: Path, wait: float = 0) -> str:
    """Return the extracts behind the figures in Markdown; raise IaeError if nothing is built."""
    if not warehouse.exists():
        raise IaeError("There is no warehouse yet: run `iae load` and `dbt build` first.")
    with opened(warehouse, wait, read_only=True) as connection:
        try:
            rows = connection.execute(EXTRACTS).fetchall()
        except duckdb.CatalogException:
            raise IaeError("The warehouse is not built yet: run `dbt build` first.") from None
    head = "| source | extrait du | couvre jusqu'à | lignes | |\n|---|---|---|--:|---|\n"
    return head + "\n".join(
        f"| `{source}` | {day} | {month or ''} | {nb_rows:,} | {remark} |"
        for source, day, month, nb_rows, remark in rows
    )


def run(command: list[str], project: Path) -> None:
    """Run a command of the project, silent and without telemetry; raise IaeError when it fails."""
    environment = os.environ | {"DO_NOT_TRACK": "1", "DBT_COLIBRI_NO_VERSION_CHECK": "1"}
    result = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    if result.returncode:
        last_lines = "\n".join((result.stdout + result.stderr).strip().splitlines()[-8:])
        raise IaeError(f"The catalogue was not written: {last_lines}")


def write_catalogue(project: Path, out: Path, wait: float = 0) -> tuple[Path, Path]:
    """Write `index.html` and `lineage/index.html` of a dbt project into `out`; return their paths.

    Raise IaeError where `out` is somebody else's, the warehouse is not built or is held, dbt or
    dbt-colibri fails, or a page would name a folder of this machine.
    """
    check_free(out, "catalogue")
    extracts = extracts_table(warehouse_path(), wait)
    with tempfile.TemporaryDirectory() as scratch:
        artifacts, report = Path(scratch), Path(scratch) / "lineage"
        # Where builds leave what dbt has read: it reads the project in a fifth of the time.
        target = project / os.environ.get("DBT_TARGET_PATH", "target")
        dbt = [sys.executable, "-m", "dbt.cli.main"]
        run([*dbt, "docs", "generate", "--static", "--quiet", *NOT_COMPILED], project)
        page = (target / "static_index.html").read_text(encoding="utf-8")
        for name in ("manifest.json", "catalog.json"):
            raw = (target / name).read_text(encoding="utf-8")
            artifact = public(json.loads(raw))
            (artifacts / name).write_text(json.dumps(artifact), encoding="utf-8")
            shown = as_typed(artifact)
            if name == "manifest.json":
                shown = marked(shown, extracts)
            if raw not in page:
                raise IaeError(f"The page of dbt does not hold {name}: check dbt's version.")
            # A tag in a description or in SQL must not end the script that holds the data.
            page = page.replace(raw, json.dumps(shown, ensure_ascii=False).replace("</", "<\\/"))
        run(
            [
                *(sys.executable, "-c", "from dbt_colibri.cli.cli import cli; cli()"),
                *("generate", "--disable-telemetry"),
                *("--manifest", str(artifacts / "manifest.json")),
                *("--catalog", str(artifacts / "catalog.json")),
                *("--output-dir", str(report)),
            ],
            project,
        )
        lineage = (report / "index.html").read_text(encoding="utf-8")
        told = "".join(file.read_text(encoding="utf-8") for file in artifacts.rglob("*.json"))
    if found := local_paths(told, project):
        raise IaeError(f"The catalogue would name folders of this machine: {', '.join(found)}")

    with replaced(out, "catalogue") as folder:
        for name, text in (("index.html", page), ("lineage/index.html", lineage)):
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(sealed(text), encoding="utf-8")
    return out / "index.html", out / "lineage" / "index.html"
