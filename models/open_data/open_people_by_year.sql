with

people_by_year as (

    select * from {{ ref('fct_people_by_year') }}
    where territory_id = 'FR'

),

rounded_stock as (

    select * from {{ ref('rounded_stock') }}
    where territory_id = 'FR'

),

rounded_counts as (

    select * from {{ ref('rounded_counts') }}
    where figure = 'people'

),

stock_of_years as (

    select
        year(month) as year,
        component,
        max(stock) as largest_stock,
        sum(stock) as summed_stock,
    from rounded_stock
    group by all

),

-- People of a year are not fewer than the largest stock of its months, nor more than their sum:
-- a rounded figure that said otherwise would tell which side the stock came from.
fitted as (

    select
        stock_of_years.year,
        stock_of_years.component,
        case
            when rounded_counts.rounded_count < stock_of_years.largest_stock
                then rounded_counts.count_above
            when rounded_counts.rounded_count > stock_of_years.summed_stock
                then rounded_counts.count_below
            else rounded_counts.rounded_count
        end as nb_people,
    from rounded_counts
    inner join stock_of_years
        on
            rounded_counts.component = stock_of_years.component
            and year(rounded_counts.period) = stock_of_years.year

),

largest_parts as (

    select
        year,
        max(nb_people) as nb_people,
    from fitted
    where component != 'constant'
    group by year

),

final as (

    select
        people_by_year.year,
        people_by_year.territory_id,
        people_by_year.component,
        -- Who is counted in a type of the scope is counted in the scope.
        if(
            people_by_year.component = 'constant' and fitted.nb_people < largest_parts.nb_people,
            rounded_counts.count_above,
            fitted.nb_people
        ) as nb_people,
        people_by_year.nb_months,
        people_by_year.is_provisional,
    from people_by_year
    inner join fitted using (year, component)
    inner join rounded_counts
        on
            people_by_year.year = year(rounded_counts.period)
            and people_by_year.component = rounded_counts.component
    left join largest_parts using (year)

)

select * from final
