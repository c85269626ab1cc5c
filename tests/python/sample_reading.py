"""The sample read back by other means than the project's: files, records, and the ASP stock."""

from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb

FLUXIAE_TABLES = ("Structure", "AnnexeFinanciere", "ContratMission", "EtatMensuelIndiv", "Salarie")

# The definition of indicator.md for the ASP types, straight from the records, in one script.
# Postcodes need no reference: those of the sample are told by their prefix.
STOCK = r"""
create macro day(text) as case
    when regexp_full_match(text, '\d\d/\d\d/\d{4}( \d\d:\d\d:\d\d)?')
        then try_strptime(text, ['%d/%m/%Y', '%d/%m/%Y %H:%M:%S'])
end;
create macro oldest_if_null(moment) as coalesce(moment, '-infinity'::timestamp);
create macro five(code) as if(length(code) = 4, '0' || code, code);

create table measures as
from (values
    ('ACI_DC', 'ACI'), ('ACI_MP', 'ACI'), ('EI_DC', 'EI'), ('EI_MP', 'EI'), ('AI_DC', 'AI'),
    ('ETTI_DC', 'ETTI'), ('EITI_DC', 'EITI'), ('FDI_DC', null), ('ACIPA_DC', null),
    ('EIPA_DC', null)
) as measures (code, type);

create table months as
select month::date as month, last_day(month::date) as last_day,
from range(date '2017-01-01', getvariable('until') + interval 1 day, interval 1 month) as r (month);

create table persons as
select
    salarie_id as id,
    arg_max(nir[:13], (oldest_if_null(day(salarie_date_modification)), line)) as nir,
from (select *, upper(replace(salarie_nir, ' ', '')) as nir from Salarie)
where
    regexp_full_match(nir, '[123478]\d{4}(\d\d|2A|2B)\d{6}(\d\d)?')
    and nir[:13] != repeat(nir[1], 13)
group by id;

create table contracts as
from ContratMission
qualify
    contrat_id_ctr is null
    or row_number() over (
        partition by contrat_id_ctr
        order by oldest_if_null(day(contrat_date_modification)) desc, line desc
    ) = 1;

create table annexes as
select *, af_etat_annexe_financiere_code in ('VALIDE', 'PROVISOIRE', 'CLOTURE') as is_accepted,
from AnnexeFinanciere
qualify row_number() over (
    partition by af_id_annexe_financiere
    order by
        is_accepted desc, af_numero_avenant_renouvellement::integer desc,
        af_numero_avenant_modification::integer desc, line desc
) = 1;

create table located as
with latest_structures as (
    from Structure
    qualify row_number() over (
        partition by structure_id_siae
        order by oldest_if_null(day(structure_date_modification)) desc, line desc
    ) = 1
),

latest_annexes as (
    select
        af_id_structure as id,
        regexp_extract(af_numero_annexe_financiere, '^[A-Z]+?(\d\d[0-9LVAB])\d{6}$', 1) as part,
    from AnnexeFinanciere
    qualify row_number() over (
        partition by af_id_structure
        order by day(af_date_debut_effet) desc, af_id_annexe_financiere::bigint desc
    ) = 1
),

candidates as (
    select
        coalesce(structure_id_siae, id) as id,
        unnest([1, 2, 3, 4, 5]) as rank,
        unnest([
            'I' || five(structure_adresse_admin_code_insee),
            'P' || five(structure_adresse_admin_cp),
            'I' || five(structure_adresse_gestion_code_insee),
            'P' || five(structure_adresse_gestion_cp),
            'A' || if(part[3] in ('L', 'V'), part[:2], ltrim(part, '0'))
        ]) as address,
    from latest_structures
    full join latest_annexes on structure_id_siae = id
),

read as (
    select
        id,
        rank,
        case
            when address[1] = 'A' then if(length(address) = 2, '0' || address[2], address[2:])
            when length(address) != 6 then null
            when address = 'P97133' then '977'
            when address = 'P97150' then '978'
            when address[2:3] = '97' then address[2:4]
            when address[:4] in ('P200', 'P201') then '2A'
            when address[:4] in ('P202', 'P206') then '2B'
            else address[2:3]
        end as department_code,
    from candidates
)

select id, department_code, department_code not in ('975', '976', '977', '978') as is_covered,
from read
where
    regexp_full_match(department_code, '0[1-9]|1\d|2[1-9AB]|[3-8]\d|9[0-5]|97[1-8]')
qualify row_number() over (partition by id order by rank) = 1;

create table stock (month date, structure_type varchar, department_code varchar, stock bigint);

insert into stock
with dated as (
    select
        measures.type,
        coalesce(located.department_code, 'NL') as department_code,
        coalesce(persons.nir, 'pph:' || contrat_id_pph) as person,
        day(contrat_date_embauche)::date as start_date,
        coalesce(contrat_date_sortie_definitive, contrat_date_fin_contrat) as end_text,
        day(end_text)::date as end_date,
    from contracts
    inner join measures on measures.code = contrat_mesure_disp_code
    left join located on located.id = contrat_id_structure
    left join persons on persons.id = contrat_id_pph
    where measures.type in ('ACI', 'EI', 'EITI') and coalesce(is_covered, true)
)

select month, type, department_code, count(distinct person),
from dated
inner join months on start_date <= last_day and (end_text is null or end_date >= last_day)
where (end_text is null or end_date >= start_date) and (type != 'EITI' or month >= '2019-12-01')
group by all;

insert into stock
with kept as (
    from EtatMensuelIndiv
    qualify
        emi_dsm_id is null
        or row_number() over (
            partition by emi_dsm_id
            order by oldest_if_null(day(emi_date_modification)) desc, line desc
        ) = 1
),

attributed as (
    select
        kept.*,
        if(annexes.line is not null, af_mesure_dispositif_code, contrat_mesure_disp_code) as code,
        if(annexes.line is not null, af_id_structure, contrat_id_structure) as structure_id,
    from kept
    left join annexes on af_id_annexe_financiere = emi_afi_id
    left join contracts on contrat_id_ctr = emi_ctr_id
    where
        trim(emi_esm_etat_code) in ('VALIDE', 'SAISI', 'DEBLOQUE')
        and regexp_full_match(emi_sme_mois, '0?[1-9]|1[012]')
        and regexp_full_match(emi_sme_annee, '\d+')
        and coalesce(is_accepted, contracts.line is not null)
),

people as (
    select
        make_date(emi_sme_annee::integer, emi_sme_mois::integer, 1) as month,
        measures.type,
        coalesce(located.department_code, 'NL') as department_code,
        coalesce(persons.nir, 'pph:' || emi_pph_id) as person,
    from attributed
    inner join measures using (code)
    left join located on located.id = structure_id
    left join persons on persons.id = emi_pph_id
    where measures.type in ('AI', 'ETTI') and coalesce(is_covered, true)
    group by all
    having sum(
        case
            when regexp_full_match(trim(emi_nb_heures_travail), '\d+(\.\d+)?')
                then emi_nb_heures_travail::decimal(18, 4)
            else 0
        end
    ) >= 1
)

select month, type, department_code, count(*),
from people
inner join months using (month)
group by all;
"""


@dataclass(frozen=True)
class Content:
    """The text of one file, out of its container."""

    path: Path

    @cached_property
    def raw(self) -> bytes:
        data = self.path.read_bytes()
        if self.container == "gzip":
            return gzip.decompress(data)
        if self.container == "zip":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                (name,) = archive.namelist()
                return archive.read(name)
        return data

    @property
    def container(self) -> str:
        start = self.path.read_bytes()[:4]
        return {b"\x1f\x8b": "gzip", b"PK": "zip"}.get(start[:2], "plain")

    @property
    def has_bom(self) -> bool:
        return self.raw.startswith(b"\xef\xbb\xbf")

    @property
    def line_end(self) -> str:
        return "\r\n" if self.raw.partition(b"\n")[0].endswith(b"\r") else "\n"

    @cached_property
    def lines(self) -> list[str]:
        return self.raw.decode("utf-8-sig").split(self.line_end)[:-1]

    @property
    def first(self) -> str:
        return self.lines[0]

    @property
    def last(self) -> str:
        return self.lines[-1]

    @cached_property
    def records(self) -> list[list[str]]:
        """Header and data records, each with as many fields, of a FluxIAE file."""
        lines = self.lines[self.first.startswith("DEB") :]
        if lines[-1].startswith("FIN"):
            lines.pop()
        nb_separators = lines[0].count("|")
        records: list[str] = []
        is_open = False
        for line in lines:
            # A fragment after a whole record belongs to that record's last field.
            if is_open or (records and not line.count("|")):
                records[-1] += "\n" + line
            else:
                records.append(line)
            is_open = records[-1].count("|") < nb_separators
        return [record.split("|") for record in records]


def fluxiae_file(drop: Path, table: str) -> Content:
    (path,) = (drop / "asp_fluxiae").glob(f"fluxIAE_{table}_*")
    return Content(path)


def read_fluxiae(drop: Path, scratch: Path) -> duckdb.DuckDBPyConnection:
    """A database with the five tables as text, and `line`, the rank of a record in its file."""
    connection = duckdb.connect()
    for table in FLUXIAE_TABLES:
        header, *rows = fluxiae_file(drop, table).records
        path = scratch / f"{table}.txt"
        with path.open("w", encoding="utf-8") as target:
            target.writelines(
                "\x1f".join([*row, str(rank)]).replace("\n", " ") + "\n"
                for rank, row in enumerate(rows)
            )
        columns = dict.fromkeys(header, "varchar") | {"line": "bigint"}
        connection.read_csv(
            str(path), header=False, sep="\x1f", quotechar="", auto_detect=False, columns=columns
        ).create(table)
    return connection


def compute_stock(connection: duckdb.DuckDBPyConnection, until: str) -> None:
    """Create `stock` (month, structure_type, department_code, stock) up to a month."""
    connection.execute("set variable until = cast(? as date)", [f"{until}-01"])
    connection.execute(STOCK)
