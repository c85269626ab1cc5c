"""What an edition adds and revises, in French: its change log, and the feed of editions."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import duckdb

from iae.datapackage import NAME
from iae.french import french_date, french_month, french_number, signed_number
from iae.sql import literal
from iae.templates import template

FEED_TEMPLATE = Path(__file__).with_name("feed.atom.jinja")


def french_version(version: str) -> str:
    """Write 2022-10-11.2 as « 11 octobre 2022, correction 2 »."""
    day, _, release = version.partition(".")
    text = french_date(date.fromisoformat(day)).replace("\u00a0", " ")
    return f"{text}, correction {release}" if release else text


def change_log(connection: duckdb.DuckDBPyConnection, version: str, previous: Path | None) -> str:
    """Return the section of the change log, after the folder of the edition before, if any."""
    if previous is None:
        sentences = ["Première édition."]
    else:
        for table in ("stock_by_structure_type", "composite_stock", "published_stock"):
            before = literal(str(previous / f"{table}.parquet"))
            connection.execute(f"create or replace temp view before_{table} as from {before}")
        sentences = [
            *_new_months(connection),
            *_revisions(connection),
            *_new_published_editions(connection),
        ]
        if version.partition(".")[2]:
            day = french_version(version.partition(".")[0])
            sentences.insert(0, f"Correction de l’édition du {day}.")
    lines = [f"- {sentence}" for sentence in [*sentences, *_state(connection)]]
    return "\n".join([f"## Édition du {french_version(version)}", "", *lines, ""])


def _state(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the last figure of France in each series that there is."""
    sentences = []
    for column, name in (
        ("official_stock", "périmètre officiel"),
        ("constant_stock", "périmètre constant"),
    ):
        last = connection.execute(
            f"select month, {column}, is_provisional from open_data.composite_stock "  # noqa: S608
            f"where territory_id = 'FR' and {column} is not null order by month desc limit 1"
        ).fetchone()
        if last:
            month, people, is_provisional = last
            sentences.append(
                f"France, {name}, {_month(month)} : {french_number(people)} personnes"
                f"{' (provisoire)' if is_provisional else ''}."
            )
    return sentences


def _new_months(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        """
        select month, string_agg(distinct structure_type, ', ' order by structure_type)
        from open_data.stock_by_structure_type as now
        anti join before_stock_by_structure_type as before using (month, structure_type)
        group by month
        order by month
        """
    ).fetchall()
    if not rows:
        return ["Aucun mois nouveau."]
    by_types: dict[str, list[date]] = {}
    for month, types in rows:
        by_types.setdefault(types, []).append(month)
    return [
        f"{'Mois ajouté' if len(months) == 1 else 'Mois ajoutés'} ({types}) : {_period(months)}."
        for types, months in by_types.items()
    ]


def _revisions(connection: duckdb.DuckDBPyConnection) -> list[str]:
    revised = connection.execute(
        """
        select
            count(*) filter (now.stock != before.stock),
            count(*),
            min(month) filter (now.stock != before.stock),
            max(month) filter (now.stock != before.stock),
            first(
                row(territory_name, structure_type, month, before.stock, now.stock)
                order by abs(now.stock - before.stock) desc, month, territory_id, structure_type
            ) filter (territory_level in ('departmental', 'unlocated')),
        from open_data.stock_by_structure_type as now
        inner join before_stock_by_structure_type as before
            using (month, territory_id, structure_type)
        inner join open_data.territories using (territory_id)
        """
    ).fetchone()
    if not revised or not revised[0]:
        return ["Aucun chiffre révisé."]
    nb_revised, nb_cells, first, last, largest = revised
    country = connection.execute(
        """
        select month, before.official_stock, now.official_stock
        from open_data.composite_stock as now
        inner join before_composite_stock as before using (month, territory_id)
        where territory_id = 'FR' and before.official_stock is not null
            and now.official_stock is not null
        order by abs(now.official_stock - before.official_stock) desc, month
        limit 1
        """
    ).fetchone()
    sentences = [
        f"{french_number(nb_revised)} chiffre{' révisé' if nb_revised == 1 else 's révisés'} "
        f"sur {french_number(nb_cells)}, {_from(first)} à {_month(last)}."
    ]
    if largest and largest[3] != largest[4]:
        name, kind, month, before, now = largest
        sentences.append(
            f"Plus forte révision d’un département : {name}, {kind}, {_month(month)}, "
            f"{french_number(before)} devient {french_number(now)} ({signed_number(now - before)})."
        )
    if country and country[1] != country[2]:
        month, before, now = country
        sentences.append(
            f"Plus forte révision de la France, périmètre officiel : {_month(month)}, "
            f"{french_number(before)} devient {french_number(now)} ({signed_number(now - before)})."
        )
    return sentences


def _new_published_editions(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        """
        select distinct edition from open_data.published_stock
        except
        select edition from before_published_stock
        order by edition
        """
    ).fetchall()
    return [
        f"Série publiée : édition du {french_version(f'{edition:%Y-%m-%d}')} ajoutée."
        for (edition,) in rows
    ]


def _month(month: date) -> str:
    return french_month(month).replace("\u00a0", " ")


def _from(month: date) -> str:
    return f"d’{_month(month)}" if _month(month)[0] in "ao" else f"de {_month(month)}"


def _period(months: list[date]) -> str:
    return _month(months[0]) if len(months) == 1 else f"{_month(months[0])} à {_month(months[-1])}"


def feed(editions: list[tuple[dict[str, Any], str]], file: str) -> bytes:
    """Return the Atom feed of (descriptor, change log), newest first; `file` is its own name."""
    told = [
        (descriptor, "\n".join(line for line in log.splitlines() if line.startswith("- ")))
        for descriptor, log in editions
    ]
    atom = template(
        FEED_TEMPLATE.read_text("utf-8"),
        french=french_version,
        urn=lambda name: uuid5(NAMESPACE_URL, name).urn,
    )
    return atom.render(editions=told, file=file, name=NAME).encode()
