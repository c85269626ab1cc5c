-- In an edition of the published series a region is the sum of its departments, and the country is
-- too, but for the few people who are in no department of the file: 0.4 % at most in the editions
-- that are known.
{{ config(severity='warn') }}

with

published_stock as (select * from {{ ref('fct_published_stock') }}),

territories as (select * from {{ ref('dim_territories') }}),

departments_summed as (

    select
        published_stock.edition,
        published_stock.month,
        unnest([territories.region_id, 'FR']) as territory_id,
        published_stock.stock,
    from published_stock
    inner join territories using (territory_id)
    where territories.territory_level = 'departmental'

),

sums as (

    select
        edition,
        month,
        territory_id,
        sum(stock) as stock_of_departments,
    from departments_summed
    group by all

),

final as (

    select
        published_stock.edition,
        published_stock.month,
        published_stock.territory_id,
        published_stock.stock,
        sums.stock_of_departments,
    from published_stock
    inner join sums using (edition, month, territory_id)
    where
        abs(published_stock.stock - sums.stock_of_departments)
        > case published_stock.territory_id when 'FR' then 0.01 * published_stock.stock else 0 end

)

select * from final
