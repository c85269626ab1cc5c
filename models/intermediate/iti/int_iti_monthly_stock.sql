with

entries as (

    select * from {{ ref('int_iti_entries_classified') }}
    where outcome = 'counted'

),

coverage as (

    select * from {{ ref('int_structure_type_coverage') }}
    where structure_type = 'ITI'

),

months as (select * from {{ ref('int_months') }}),

covered_months as (

    select months.month
    from months
    inner join coverage
        on months.month between coverage.first_month and coverage.last_month

),

-- A flow turned into a stock: the entries of the month and of those just before it count
-- (rule `entered_recently`: indicator.md, "Structure types, rules and scopes").
final as (

    select
        covered_months.month,
        entries.department_code,
        cast(sum(entries.nb_entries) as bigint) as stock,
    from covered_months
    inner join entries
        on
            covered_months.month >= entries.month
            and covered_months.month
            < entries.month + interval {{ var('iti_presence_months') }} month
    group by all

)

select * from final
