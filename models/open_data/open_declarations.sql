with

declarations as (

    select * from {{ ref('fct_declarations') }}
    where territory_id = 'FR'

),

rounded_counts as (select * from {{ ref('rounded_counts') }}),

counts as (

    select
        declarations.month,
        declarations.territory_id,
        declarations.structure_type,
        expected.rounded_count as nb_expected,
        least(declared.rounded_count, expected.rounded_count) as nb_declared,
    from declarations
    inner join rounded_counts as expected
        on
            declarations.month = expected.period
            and declarations.structure_type = expected.component
            and expected.figure = 'expected'
    inner join rounded_counts as declared
        on
            declarations.month = declared.period
            and declarations.structure_type = declared.component
            and declared.figure = 'declared'

),

final as (

    select
        month,
        territory_id,
        structure_type,
        nb_expected,
        nb_declared,
        nb_declared / nullif(nb_expected, 0) as declaration_rate,
    from counts

)

select * from final
