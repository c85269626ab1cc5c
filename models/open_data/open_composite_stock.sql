with

composite as (select * from {{ ref('fct_composite_stock') }}),

rounded_stock as (select * from {{ ref('rounded_stock') }}),

rounded_scopes as (

    select
        month,
        territory_id,
        max(stock) filter (where component = 'official') as official_stock,
        max(stock) filter (where component = 'constant') as constant_stock,
    from rounded_stock
    where component in ('official', 'constant')
    group by all

),

-- Changes are those of the rounded figures, given where the mart gives them.
changes as (

    select
        composite.month,
        composite.territory_id,
        composite.missing_components,
        rounded_scopes.official_stock,
        rounded_scopes.constant_stock,
        if(
            composite.official_change is null,
            null,
            rounded_scopes.official_stock - a_year_before.official_stock
        ) as official_change,
        if(
            composite.constant_change is null,
            null,
            rounded_scopes.constant_stock - a_year_before.constant_stock
        ) as constant_change,
        a_year_before.official_stock as previous_official_stock,
        a_year_before.constant_stock as previous_constant_stock,
        composite.is_provisional,
    from composite
    left join rounded_scopes using (month, territory_id)
    left join rounded_scopes as a_year_before
        on
            composite.month = a_year_before.month + interval 12 month
            and composite.territory_id = a_year_before.territory_id

),

final as (

    select
        month,
        territory_id,
        missing_components,
        official_stock,
        constant_stock,
        official_change,
        100 * official_change / nullif(previous_official_stock, 0) as official_change_percent,
        constant_change,
        100 * constant_change / nullif(previous_constant_stock, 0) as constant_change_percent,
        is_provisional,
    from changes

)

select * from final
