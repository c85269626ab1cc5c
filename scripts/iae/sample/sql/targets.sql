-- What the sample must look like: months, areas, structures, and the stock of each type, area and
-- month.
-- Session variables: seed, scale, horizon_month: the last month that any extract covers; then, of one
-- extract, until_month (the last that it covers) and extract_date.
-- A month number is year * 12 + month - 1.

-- A number in [0, 1) that depends only on the seed, what it is drawn for and an id.
create macro draw(purpose, id) as
    (hash(purpose, id, getvariable('seed')) >> 11) / 9007199254740992.0;
create macro month_number(day) as year(day) * 12 + month(day) - 1;
create macro first_day(month_no) as make_date(month_no // 12, month_no % 12 + 1, 1);
create macro french_date(day) as strftime(day, '%d/%m/%Y');

create table types as
select *
from (
    values
    -- full_size: structures in France at the end of 2021 (Dares; EITI: PoEm); minimum: those of a
    -- small sample; contract lengths in months, so that as many begin as PoEm publishes (entries and
    -- renewals: 13,700 a month in ACI in 2021, 4,200 in AI in 2022); new_share: of the contracts that
    -- follow another one, those of a newcomer.
    ('ACI', 1, 'ACI_DC', 'present', 1950, 120, 2, 6, 0.3),
    ('AI', 2, 'AI_DC', 'worked', 640, 120, 7, 14, 0.5),
    ('EI', 3, 'EI_DC', 'present', 1240, 60, 6, 8, 0.65),
    ('ETTI', 4, 'ETTI_DC', 'worked', 340, 40, 5, 11, 0.65),
    ('EITI', 5, 'EITI_DC', 'present', 39, 8, 8, 9, 0.65)
) as type_facts (
    structure_type, type_no, measure_code, rule, full_size, minimum, shortest, spread, new_share
);

-- Contracts run from half a year before the series to a year after the last month (planned ends).
create table months as
select
    month_no,
    first_day(month_no) as month,
    last_day(first_day(month_no)) as last_day,
    -- Outside the calibrated years, the same month of the nearest one.
    first_day(
        case
            when month_no < 2017 * 12 then 2017 * 12 + month_no % 12
            when month_no >= 2024 * 12 then 2023 * 12 + month_no % 12
            else month_no
        end
    ) as calibrated_month,
from range(2016 * 12 + 6, getvariable('horizon_month') + 13) as numbers (month_no);

-- Areas: the regions, and what is outside coverage (06, COM) or cannot be located (NL).
create table areas as
select
    region_code as area,
    share_2019,
    share_2022,
    covid_change,
    august_change,
    region_code != '06' as is_covered,
from regional_shape
union all
select 'NL', 0.3, 0.3, -36, -7, true
union all
select 'COM', 0.05, 0.05, -16, 0, false;

create table places as
with located as (
    select
        departments.department_code,
        areas.area,
        areas.share_2022 * departments.population
        / sum(departments.population) over (partition by areas.area) as weight,
    from departments
    inner join areas on departments.region_code = areas.area and areas.is_covered
),

cumulated as (
    select
        *,
        row_number() over (order by area, department_code) as department_no,
        sum(weight) over (order by area, department_code) / sum(weight) over () as upper_bound,
        (sum(weight) over (order by area, department_code) - weight) / sum(weight) over ()
            as lower_bound,
    from located
),

counted as (
    select
        *,
        greatest(minimum, round(getvariable('scale') * full_size)::integer) as nb_places,
        -- Types with enough structures have one in every department, then more by weight.
        if(minimum >= 100, 100, 0) as nb_one_each,
    from types
),

numbered as (
    select
        structure_type,
        nb_one_each,
        nb_places,
        unnest(range(1, nb_places + 1)) as place_rank,
    from counted
),

covered as (
    select
        numbered.structure_type,
        numbered.place_rank,
        cumulated.area,
        cumulated.department_code,
    from numbered
    inner join cumulated
        on numbered.place_rank <= numbered.nb_one_each
        and numbered.place_rank = cumulated.department_no
    union all
    select
        numbered.structure_type,
        numbered.place_rank,
        cumulated.area,
        cumulated.department_code,
    from numbered
    inner join cumulated
        on numbered.place_rank > numbered.nb_one_each
        and (numbered.place_rank - numbered.nb_one_each - 0.5)
        / (numbered.nb_places - numbered.nb_one_each) >= cumulated.lower_bound
        and (numbered.place_rank - numbered.nb_one_each - 0.5)
        / (numbered.nb_places - numbered.nb_one_each) < cumulated.upper_bound
),

outside as (
    select structure_type, 100000 + row_number() over () as place_rank, area, department_code
    from (
        values
        ('ACI', '06', '976'), ('ACI', '06', '976'), ('AI', '06', '976'), ('EI', '06', '976'),
        ('ACI', 'COM', '978'), ('AI', 'COM', '977'), ('ETTI', 'COM', '975'), ('EI', 'COM', '975'),
        ('ACI', 'NL', null), ('ACI', 'NL', null), ('AI', 'NL', null), ('AI', 'NL', null),
        ('EI', 'NL', null), ('ETTI', 'NL', null)
    ) as special (structure_type, area, department_code)
),

placed as (
    select * from covered
    union all
    select * from outside
),

identified as (
    select
        *,
        row_number() over (order by structure_type, place_rank) as place_id,
    from placed
),

weighed as (
    select
        identified.*,
        -- Its size: the share of the department within the area, among the structures there.
        coalesce(departments.population, 1) * (0.3 + 1.4 * draw('size', identified.place_id))
        / count(*) over (partition by identified.structure_type, identified.department_code)
            as weight,
    from identified
    left join departments using (department_code)
)

select
    place_id,
    structure_type,
    area,
    department_code,
    sum(weight) over areas_by_type / sum(weight) over (partition by structure_type, area)
        as upper_bound,
    (sum(weight) over areas_by_type - weight)
    / sum(weight) over (partition by structure_type, area) as lower_bound,
    -- Another structure of the same type and department, for people who are in two.
    coalesce(
        lead(place_id) over (partition by structure_type, department_code order by place_id),
        nullif(
            first(place_id)
                over (partition by structure_type, department_code order by place_id),
            place_id
        )
    ) as sibling_id,
    -- Stratified, so that every way to lose a leading zero occurs in every sample.
    (row_number() over leading_zeros - 0.5) / count(*) over (partition by department_code[1] = '0')
        as location_draw,
    draw('annex', place_id) as annex_draw,
    -- A few always declare late, and a few stop declaring.
    if(draw('slow', place_id) < 0.006, 20 + floor(draw('delay', place_id) * 60), 0)::integer
        as declaration_delay,
    if(
        draw('silent', place_id) < 0.006,
        2019 * 12 + floor(draw('silence', place_id) * 60),
        month_number(date '2100-01-01')
    )::integer as silent_from,
from weighed
window
    areas_by_type as (
        partition by structure_type, area order by place_id rows unbounded preceding
    ),
    leading_zeros as (
        partition by department_code[1] = '0' order by draw('location', place_id), place_id
    );

-- The stock to reach in each area. The dither is constant over months, so that an area's path has
-- the calibrated shape even where it counts few people.
create table targets as
with area_types as (
    select distinct
        areas.*,
        types.*,
    from areas
    inner join places using (area)
    inner join types using (structure_type)
),

weights as (
    select
        area_types.structure_type,
        area_types.type_no,
        area_types.area,
        area_types.is_covered,
        area_types.rule,
        months.month_no,
        monthly_stock.value * getvariable('scale') as national_target,
        (
            share_2019
            + (share_2022 - share_2019)
            * greatest(0, least(1, (months.month_no - (2019 * 12 + 6)) / 36.0))
        )
        * case
            when months.month in (date '2020-03-01', date '2020-06-01') then 1 + covid_change / 600
            when months.month = date '2020-04-01' then 1 + covid_change / 100
            when months.month = date '2020-05-01' then 1 + covid_change / 200
            when months.month_no % 12 = 7 then 1 + august_change / 100
            else 1
        end as weight,
        draw('dither', area_types.type_no * 100 + rank_of_area) as dither,
    from (
        select *, row_number() over (partition by structure_type order by area) as rank_of_area,
        from area_types
    ) as area_types
    cross join months
    inner join monthly_stock
        on area_types.structure_type = monthly_stock.structure_type
        and months.calibrated_month = monthly_stock.month
),

targets_by_area as (
    select
        *,
        (
            national_target * weight
            / sum(weight) filter (is_covered) over (partition by structure_type, month_no)
            + dither
        )::decimal(18, 6) as exact_target,
    from weights
),

rounded as (
    select
        structure_type,
        type_no,
        area,
        rule,
        month_no,
        -- What lies outside coverage or nowhere occurs in every sample, however small.
        greatest(
            if(area in ('06', 'COM', 'NL') and month_no >= 2018 * 12, 1, 0),
            floor(exact_target)::integer
        ) as target,
    from targets_by_area
)

select
    *,
    -- Those who may work in the month: people stay with an AI or an ETTI through idle months.
    if(
        rule = 'worked',
        ceil(
            1.06 * max(target) over (
                partition by structure_type, area
                order by month_no
                range between 5 preceding and 5 following
            )
        )::integer,
        target
    ) as nb_slots,
    -- Who of them is idle changes from month to month.
    (hash(structure_type, area, month_no, getvariable('seed')) % 1000000)::bigint as idle_offset,
from rounded;
