"""The command line. Modules are imported in the commands, so that `iae --help` is immediate."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from iae.errors import IaeError
from iae.paths import WAREHOUSE, as_path, published_path, warehouse_path

app = typer.Typer(
    help="Stock of people in insertion par l'activité économique: from raw extracts to marts.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

Wait = Annotated[float, typer.Option(min=0, help="Seconds to wait for the warehouse lock.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of any error.")]


def command(work: Callable[..., None]) -> Callable[..., None]:
    """Make a command: faults are told in a sentence, ours or with --debug as a traceback."""

    @functools.wraps(work)
    def guarded(context: typer.Context, debug: bool, *args: object, **kwargs: object) -> None:
        try:
            work(*args, **kwargs)
        except (typer.Exit, BrokenPipeError):
            raise
        except (Exception, KeyboardInterrupt) as error:
            from iae.console import show_fault, show_traceback
            from iae.faults import as_fault, is_interruption, traceback_of

            fault = as_fault(error)
            if fault is None or debug or context.obj:
                show_traceback(traceback_of(error))
            if fault is not None:
                show_fault(fault)
            raise typer.Exit(130 if is_interruption(error) else 1) from None

    kind = inspect.Parameter.KEYWORD_ONLY
    parameters = inspect.signature(work).parameters.values()
    guarded.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            *(one.replace(kind=kind) for one in parameters),
            inspect.Parameter("context", kind, annotation=typer.Context),
            inspect.Parameter("debug", kind, annotation=Debug, default=False),
        ]
    )
    return app.command()(guarded)


def _loaded(warehouse: Path) -> Path:
    if not warehouse.exists():
        raise IaeError("Nothing is loaded yet: run iae load.")
    return warehouse


def show_version(is_asked: bool) -> None:
    """Print the version of the package, and end."""
    if is_asked:
        from importlib.metadata import version

        typer.echo(f"iae {version('iae')}")
        raise typer.Exit


@app.callback()
def every_command(
    context: typer.Context,
    debug: Debug = False,
    version: Annotated[
        bool,
        typer.Option("--version", callback=show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Take the options that come before any command."""
    context.obj = debug


@command
def sample(
    out: Annotated[
        Path, typer.Argument(metavar="OUT", parser=as_path, help="The folder to write.")
    ],
    scale: Annotated[float, typer.Option(help="1 is the size of France.")] = 0.02,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 1,
    until: Annotated[str, typer.Option(metavar="YYYY-MM", help="The last month covered.")] = (
        "2022-09"
    ),
    weeks: Annotated[
        int | None,
        typer.Option(min=1, help="Write as many weekly drops of one population, a folder each."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier sample.")] = False,
) -> None:
    """Write a synthetic drop, in the formats of the real extracts and with their faults."""
    from iae.months import parse_month
    from iae.presenters.sample import progress, show_files
    from iae.sample import write_sample

    month = parse_month(until)
    with progress() as on_file:
        files = write_sample(
            out,
            scale=scale,
            seed=seed,
            until=month,
            nb_weeks=weeks,
            is_forced=force,
            on_file=on_file,
        )
    show_files(out, files, is_archived=weeks is not None)


@command
def load(
    drops: Annotated[
        list[Path],
        typer.Argument(
            metavar="DROP...", parser=as_path, help="Drops, or folders of single sources."
        ),
    ],
    keep: Annotated[int, typer.Option(min=1, help="Extracts kept of each source.")] = 2,
    max_rejected: Annotated[
        float, typer.Option(min=0, max=1, help="Share of a file's records that may be rejected.")
    ] = 0.001,
    max_fall: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Largest share by which rows or stock may fall from the current extract.",
        ),
    ] = 0.2,
    accept: Annotated[
        bool, typer.Option("--accept", help="Let in an extract whose figures fall.")
    ] = False,
    wait: Wait = 10,
) -> None:
    """Load the extracts of one or more drops into the warehouse."""
    from iae.console import show_fault
    from iae.loading.drops import look_into
    from iae.loading.load import Options, load_all
    from iae.loading.raw_tables import opened_to_load
    from iae.presenters import loading as report

    options = Options(keep, max_rejected, max_fall, accept)
    path = warehouse_path()
    drop = look_into(drops)
    report.show_left_alone(drop.left_alone)
    with opened_to_load(path, wait) as connection:
        outcomes, faults = load_all(connection, path, drop.extracts, options, report.progress)
    report.show_outcomes(outcomes)
    for fault in [*drop.faults, *faults]:
        show_fault(fault)
    if drop.faults or faults:
        raise typer.Exit(1)


@command
def status(wait: Wait = 10) -> None:
    """Show what is loaded, built and published, and what to do next."""
    from iae.presenters.status import show_nothing_loaded, show_status
    from iae.warehouse import opened

    path = warehouse_path()
    if path == WAREHOUSE and not path.exists():
        show_nothing_loaded(path)
        return
    with opened(path, wait, read_only=True) as connection:
        show_status(connection, path)


@command
def rollback(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The source to roll back.")],
    wait: Wait = 10,
) -> None:
    """Make the previous extract of a source current again."""
    from iae.loading.history import roll_back
    from iae.loading.raw_tables import opened_to_load
    from iae.presenters import loading as report

    path = _loaded(warehouse_path())
    with opened_to_load(path, wait) as connection:
        before, now = roll_back(connection, source)
    report.show_rolled_back(source, before, now)


@command
def publish(
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the last build may be published.")
    ] = False,
    wait: Wait = 10,
) -> None:
    """Publish the marts of the last build, when it was green, in one rename."""
    from iae.presenters.publishing import show_proof, show_publication
    from iae.publishing.swap import check as check_build
    from iae.publishing.swap import publish as publish_marts
    from iae.warehouse import opened

    path = _loaded(warehouse_path())
    with opened(path, wait, read_only=True) as connection:
        if check:
            published = published_path(path)
            show_proof(check_build(connection, published), published)
        else:
            show_publication(publish_marts(connection, published_path(path)))


@command
def summary(
    months: Annotated[int, typer.Option(min=1, help="Last months to show.")] = 6,
    territory: Annotated[
        str, typer.Option(help="A code, an id or a name: 59, D59, R32, Bretagne.")
    ] = "FR",
) -> None:
    """Show the last months of what is published."""
    from iae.presenters.summary import FRANCE, show_summary
    from iae.territories import find_territory

    named = FRANCE if territory == "FR" else find_territory(territory)
    show_summary(published_path(warehouse_path()), months, named)


@command
def explain(
    structure_type: Annotated[
        str, typer.Argument(metavar="STRUCTURE_TYPE", help="ACI, AI …, official or constant.")
    ],
    territory: Annotated[
        str, typer.Argument(metavar="TERRITORY", help="A code, an id or a name: 59, R32, Bretagne.")
    ],
    month: Annotated[str, typer.Argument(metavar="YYYY-MM", help="The month.")],
    as_data: Annotated[bool, typer.Option("--json", help="Print the same as JSON.")] = False,
    wait: Wait = 10,
) -> None:
    """Tell how a figure came about: its rows, its structures, what was said of it before."""
    from iae.explain import explain as explain_cell
    from iae.presenters.explain import as_json, show_explanation
    from iae.warehouse import opened

    with opened(warehouse_path(), wait, read_only=True) as connection:
        told = explain_cell(connection, structure_type, territory, month)
    if as_data:
        typer.echo(as_json(told))
    else:
        show_explanation(told)


@command
def catalogue(
    out: Annotated[Path, typer.Argument(parser=as_path, help="The folder to write.")] = Path(
        "site/catalogue"
    ),
    wait: Wait = 10,
) -> None:
    """Write the catalogue of the warehouse and the lineage of its columns, as static pages."""
    from iae.catalogue.build import write_catalogue

    for page in write_catalogue(Path.cwd(), out, wait):
        typer.echo(page)


@command
def site(
    out: Annotated[Path, typer.Option(parser=as_path, help="The folder to write.")] = Path("site"),
) -> None:
    """Write the public page and its downloads from the published file."""
    from iae.presenters.site import show_site
    from iae.site.build import build_site

    show_site(build_site(published_path(warehouse_path()), out))


@command
def release(
    out: Annotated[Path, typer.Option(parser=as_path, help="Folder of the site.")] = Path("site"),
) -> None:
    """Write the open data of the published file as an edition, below the site."""
    import duckdb

    from iae.presenters.release import show_release
    from iae.protection.audit import read_record
    from iae.release.release import write_release

    path = published_path(warehouse_path())
    written = write_release(path, out)
    with duckdb.connect(str(path), read_only=True) as connection:
        show_release(written, read_record(connection))


@command
def share(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", parser=as_path, help="Where the lake's files are.")
    ],
) -> None:
    """Write what is published into a lake for several teams (docs/sharing.md)."""
    from iae.presenters.sharing import show_share
    from iae.sharing.share import share as share_published

    show_share(share_published(published_path(warehouse_path()), folder))
