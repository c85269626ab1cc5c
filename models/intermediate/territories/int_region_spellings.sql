with

regions as (

    select * from {{ ref('regions') }}

),

old_regions as (

    select * from {{ ref('old_regions') }}

),

label_aliases as (

    select * from {{ ref('region_label_aliases') }}

),

-- No two digits named one region before 2016 and another one since: a code is never ambiguous.
known_regions as (

    select
        region_code,
        region_code as code,
        region_name as label,
    from regions
    union all
    select
        region_code,
        old_region_code as code,
        old_region_name as label,
    from old_regions

),

code_spellings as (

    select
        region_code,
        'code' as spelling_kind,
        unnest([code, regexp_replace(code, '^0', '')]) as spelling,
    from known_regions

),

known_labels as (

    select
        region_code,
        {{ drop_leading_article(normalise_label('label')) }} as label,
    from known_regions
    union all
    select
        region_code,
        {{ drop_leading_article(normalise_label('alias_label')) }} as label,
    from label_aliases

),

-- "Bretagne", "de Bretagne", "Région Bretagne", "Région de Bretagne".
label_spellings as (

    select
        known_labels.region_code,
        'label' as spelling_kind,
        words.word || articles.article || known_labels.label as spelling,
    from known_labels
    cross join (values (''), ('REGION ')) as words (word)
    cross join
        (values (''), ('DE '), ('D '), ('DE LA '), ('DE L '), ('DU '), ('DES '))
            as articles (article)

),

final as (

    select
        spelling_kind,
        spelling,
        region_code,
    from code_spellings
    union
    select
        spelling_kind,
        spelling,
        region_code,
    from label_spellings

)

select * from final
