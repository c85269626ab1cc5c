-- Entries into the ITI programme, by month, department and network. Needs targets.sql.
create or replace table iti_cells as
with networks (network, share) as (
    values
    ('Adie', 0.46), ('BGE', 0.20), ('Initiative France', 0.18), ('France Active', 0.12),
    ('Réseau Entreprendre', 0.04)
),

cells as (
    select
        departments.department_code,
        departments.department_name,
        departments.region_code,
        departments.region_name,
        networks.network,
        departments.population * networks.share as weight,
        departments.population * networks.share
        / sum(departments.population * networks.share) over () as part,
    from departments
    inner join areas on departments.region_code = areas.area and areas.is_covered
    cross join networks
)

select
    *,
    sum(part) over (order by department_code, network rows unbounded preceding) as upper_bound,
from cells;

create or replace table iti_entries as
with paths as (
    select month_no, monthly_stock.value * getvariable('scale') as national_entries,
    from months
    inner join monthly_stock
        on months.month = monthly_stock.month and monthly_stock.structure_type = 'ITI'
    where months.month_no <= getvariable('until_month') + 1
),

placed as (
    select
        iti_cells.*,
        paths.month_no,
        -- Sums to the country's entries, whatever the scale; who gets them changes by month.
        floor(national_entries * upper_bound + draw('iti', month_no))
        - floor(national_entries * (upper_bound - part) + draw('iti', month_no)) as entries,
    from iti_cells
    cross join paths
)

select
    month_no,
    department_code,
    department_name,
    region_code,
    region_name,
    network,
    entries::integer as entries,
from placed
where
    (
        entries > 0
        -- Some report that there was nothing.
        or draw('nothing', month_no * 100000 + hash(department_code, network) % 100000) < 0.01
    )
    -- Some report a month late.
    and (
        month_no < getvariable('until_month')
        or draw('late', month_no * 100000 + hash(department_code, network) % 100000) >= 0.05
    )
order by month_no, region_name, department_code, network;
