-- Question: how large is the break of the official series, and what makes it?
-- Expected shape: 12 rows, the six months before the break and the six from it on, for the country.
-- Before it both scopes are equal and the step is 0; from it on the step is EITI + GEIQ + ITI.
-- `unexplained` is 0 in every row. Where a component is missing, the official stock and what
-- depends on it are NULL, and `missing_components` says which.
with

composite as (

    select * from {{ ref('fct_composite_stock').include(database=false) }}

),

stock_by_structure_type as (

    select * from {{ ref('fct_stock_by_structure_type').include(database=false) }}

),

break_month as (

    select max(first_month) as first_month
    from {{ ref('open_composite_scopes').include(database=false) }}
    where scope = 'official'

),

final as (

    select
        composite.month,
        composite.missing_components,
        composite.official_stock,
        composite.constant_stock,
        composite.official_stock - composite.constant_stock as step,
        max(stocks.stock) filter (where stocks.structure_type = 'EITI') as eiti_stock,
        max(stocks.stock) filter (where stocks.structure_type = 'GEIQ') as geiq_stock,
        max(stocks.stock) filter (where stocks.structure_type = 'ITI') as iti_stock,
        -- EITI has a stock from 2019-12, and is in the official scope from the break only.
        step - if(
            composite.month >= break_month.first_month,
            eiti_stock + geiq_stock + iti_stock,
            0
        ) as unexplained,
    from composite
    cross join break_month
    left join stock_by_structure_type as stocks using (month, territory_id)
    where
        composite.territory_id = 'FR'
        and composite.month between break_month.first_month - interval 6 month
        and break_month.first_month + interval 5 month
    group by
        composite.month,
        composite.missing_components,
        composite.official_stock,
        composite.constant_stock,
        break_month.first_month
    order by composite.month

)

select * from final
