with

departments as (

    select * from {{ ref('departments') }}

),

code_aliases as (

    select * from {{ ref('department_code_aliases') }}

),

label_aliases as (

    select * from {{ ref('department_label_aliases') }}

),

known_codes as (

    select
        department_code,
        department_code as code,
    from departments
    union all
    select
        department_code,
        alias_code as code,
    from code_aliases

),

-- `1`, `01` and `001` are one code: sources drop the leading zero or pad to three characters.
padded_codes as (

    select
        department_code,
        unnest([
            regexp_replace(code, '^0', ''),
            code,
            lpad(code, 3, '0'),
        ]) as code,
    from known_codes

),

code_spellings as (

    select
        padded_codes.department_code,
        'code' as spelling_kind,
        prefixes.prefix || padded_codes.code as spelling,
    from padded_codes
    cross join (values (''), ('D'), ('FR-')) as prefixes (prefix)

),

known_labels as (

    select
        department_code,
        {{ drop_leading_article(normalise_label('department_name')) }} as label,
    from departments
    union all
    select
        department_code,
        {{ drop_leading_article(normalise_label('alias_label')) }} as label,
    from label_aliases

),

-- "Ain", "de l'Ain", "Département de l'Ain".
label_spellings as (

    select
        known_labels.department_code,
        'label' as spelling_kind,
        words.word || articles.article || known_labels.label as spelling,
    from known_labels
    cross join (values (''), ('DEPARTEMENT ')) as words (word)
    cross join
        (values (''), ('DE '), ('D '), ('DE LA '), ('DE L '), ('DU '), ('DES '))
            as articles (article)

),

final as (

    select
        spelling_kind,
        spelling,
        department_code,
    from code_spellings
    union
    select
        spelling_kind,
        spelling,
        department_code,
    from label_spellings

)

select * from final
