with

archived_cells as (select * from {{ ref('stg_archive__editions') }}),

extracts as (

    select * from {{ ref('stg_loader__extracts') }}
    where
        is_current
        and source != 'barometre'

),

stock_by_department as (select * from {{ ref('int_stock_by_department') }}),

coverage as (select * from {{ ref('int_structure_type_coverage') }}),

months as (select * from {{ ref('int_months') }}),

department_territories as (select * from {{ ref('int_department_territories') }}),

-- The lists of GEIQ are of years to come or long past: they date nothing (docs/statistics.md, "Our
-- own editions").
current_edition as (

    select
        max(extract_date) filter (where source != 'geiq') as edition,
        bool_or(is_synthetic) as is_synthetic,
    from extracts

),

departments as (

    select distinct department_code,
    from department_territories

),

current_cells as (

    select
        months.month,
        if(
            departments.department_code = 'NL', 'NL', 'D' || departments.department_code
        ) as territory_id,
        coverage.structure_type,
        coalesce(stock_by_department.stock, 0) as stock,
        current_edition.is_synthetic,
        months.month >= coverage.first_provisional_month as is_provisional,
        current_edition.edition,
    from coverage
    inner join months
        on months.month between coverage.first_month and coverage.last_month
    cross join departments
    cross join current_edition
    left join stock_by_department using (month, structure_type, department_code)
    where current_edition.edition is not null

),

archived_releases as (

    select
        archived_cells.edition,
        max(archived_cells.release) as last_release,
        max(archived_cells.release) filter (
            where archived_cells.is_synthetic = current_edition.is_synthetic
        ) as last_like_release,
    from archived_cells
    inner join current_edition using (edition)
    group by all

),

last_archived_cells as (

    select archived_cells.*,
    from archived_cells
    inner join archived_releases
        on
            archived_cells.edition = archived_releases.edition
            and archived_cells.release = archived_releases.last_like_release

),

-- The same cells again are no new edition.
differences as (

    select count(*) as nb_differences,
    from current_cells
    full outer join last_archived_cells
        on
            current_cells.month = last_archived_cells.month
            and current_cells.territory_id = last_archived_cells.territory_id
            and current_cells.structure_type = last_archived_cells.structure_type
            and current_cells.stock = last_archived_cells.stock
            and current_cells.is_provisional = last_archived_cells.is_provisional
    where
        current_cells.month is null
        or last_archived_cells.month is null

),

cells_to_publish as (

    select
        current_cells.month,
        current_cells.territory_id,
        current_cells.structure_type,
        current_cells.stock,
        coalesce(archived_releases.last_release, 0) + 1 as release,
        current_cells.is_synthetic,
        current_cells.is_provisional,
        current_cells.edition,
        cast(null as timestamp) as published_at,
    from current_cells
    cross join differences
    left join archived_releases using (edition)
    where differences.nb_differences > 0

),

cells as (

    select * from cells_to_publish
    union all by name
    select * from archived_cells

),

final as (

    select
        month,
        territory_id,
        structure_type,
        cast(stock as bigint) as stock,
        cast(release as integer) as release,
        is_synthetic,
        is_provisional,
        edition,
        published_at,
    from cells

)

select * from final
