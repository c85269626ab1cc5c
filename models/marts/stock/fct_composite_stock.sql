with

stock_by_structure_type as (select * from {{ ref('fct_stock_by_structure_type') }}),

territories as (select * from {{ ref('dim_territories') }}),

months as (select * from {{ ref('int_months') }}),

coverage as (select * from {{ ref('int_structure_type_coverage') }}),

scopes as (select * from {{ ref('composite_scopes') }}),

-- The components of each scope in each month, whether a loaded extract covers them, and whether a
-- stock of recent entries has all of its window since the programme began.
components as (

    select
        months.month,
        scopes.scope,
        scopes.structure_type,
        coverage.stock_rule != 'entered_recently'
        or months.month >= coverage.first_month
        + interval {{ var('iti_presence_months') - 1 }} month as has_full_window,
        coalesce(
            months.month between coverage.first_month and coverage.last_month, false
        ) as is_loaded,
    from months
    inner join scopes
        on months.month >= scopes.first_month
    left join coverage using (structure_type)

),

scope_months as (

    select
        month,
        scope,
        string_agg(structure_type, ',' order by structure_type) as structure_types,
        string_agg(if(is_loaded, null, structure_type), ',' order by structure_type)
            as missing_components,
        bool_and(has_full_window) as has_full_windows,
    from components
    group by all

),

stock_by_scope as (

    select
        components.month,
        components.scope,
        stock_by_structure_type.territory_id,
        cast(sum(stock_by_structure_type.stock) as bigint) as stock,
        bool_or(stock_by_structure_type.is_provisional) as is_provisional,
    from components
    inner join stock_by_structure_type using (month, structure_type)
    group by all

),

-- A scope with a component missing is NULL, never a smaller number.
scope_stock as (

    select
        scope_months.month,
        scope_months.scope,
        scope_months.structure_types,
        scope_months.missing_components,
        scope_months.has_full_windows,
        territories.territory_id,
        if(scope_months.missing_components is null, stock_by_scope.stock, null) as stock,
        coalesce(stock_by_scope.is_provisional, false) as is_provisional,
    from scope_months
    cross join territories
    left join stock_by_scope using (month, scope, territory_id)
    where territories.is_covered

),

-- A change is given like for like: only where the scope had the same components 12 months before,
-- each with its window full.
scope_changes as (

    select
        scope_stock.*,
        a_year_before.stock as previous_stock,
    from scope_stock
    left join scope_stock as a_year_before
        on
            scope_stock.month = a_year_before.month + interval 12 month
            and scope_stock.scope = a_year_before.scope
            and scope_stock.structure_types = a_year_before.structure_types
            and scope_stock.territory_id = a_year_before.territory_id
            and a_year_before.has_full_windows

),

final as (

    select
        official.month,
        official.territory_id,
        official.missing_components,
        official.stock as official_stock,
        constant.stock as constant_stock,
        official.stock - official.previous_stock as official_change,
        100 * (official.stock - official.previous_stock)
        / nullif(official.previous_stock, 0) as official_change_percent,
        constant.stock - constant.previous_stock as constant_change,
        100 * (constant.stock - constant.previous_stock)
        / nullif(constant.previous_stock, 0) as constant_change_percent,
        official.is_provisional,
    from scope_changes as official
    inner join scope_changes as constant
        on
            official.month = constant.month
            and official.territory_id = constant.territory_id
            and constant.scope = 'constant'
    where official.scope = 'official'

)

select * from final
