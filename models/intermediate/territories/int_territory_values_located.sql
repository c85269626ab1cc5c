{#- A department or region code inside a normalised label: `01`, `D2A`, `FR 75`. -#}
{% set code_pattern = '(?:FR )?D?[0-9][0-9A-Z]{0,2}' -%}

with

territory_values as (

    select * from {{ ref('int_territory_values') }}

),

departments as (

    select * from {{ ref('departments') }}

),

postcode_departments as (

    select * from {{ ref('postcode_departments') }}

),

department_spellings as (

    select * from {{ ref('int_department_spellings') }}

),

region_spellings as (

    select * from {{ ref('int_region_spellings') }}

),

-- Codes are compared as written, labels word by word.
compared_values as (

    select
        value_kind,
        raw_value,
        upper(raw_value) as code,
        {{ restore_leading_zero('upper(raw_value)') }} as padded_code,
        {{ normalise_label('raw_value') }} as words,
    from territory_values

),

-- `99132` (abroad) and `20001` (Corsica before its letters) begin with no department: the last
-- join leaves them without one.
commune_candidates as (

    select
        value_kind,
        raw_value,
        {{ department_prefix('padded_code') }} as department_code,
    from compared_values
    where
        value_kind = 'commune'
        and length(padded_code) = 5

),

-- Saint-Barthélemy (97133) and Saint-Martin (97150) keep postcodes of Guadeloupe: the reference
-- comes first. CEDEX postcodes are in no reference: their prefix tells the department.
postcode_candidates as (

    select
        compared_values.value_kind,
        compared_values.raw_value,
        case
            when postcode_departments.department_code is not null
                then postcode_departments.department_code
            when left(compared_values.padded_code, 3) in ('200', '201', '207') then '2A'
            when left(compared_values.padded_code, 3) in ('202', '204', '206') then '2B'
            else {{ department_prefix('compared_values.padded_code') }}
        end as department_code,
    from compared_values
    left join postcode_departments
        on
            compared_values.padded_code = postcode_departments.postcode
            and postcode_departments.is_majority
    where
        compared_values.value_kind = 'postcode'
        and regexp_full_match(compared_values.padded_code, '[0-9]{5}')

),

spellings as (

    select
        'department' as value_kind,
        spelling_kind,
        spelling,
        department_code as territory_code,
    from department_spellings
    union all
    select
        'region' as value_kind,
        spelling_kind,
        spelling,
        region_code as territory_code,
    from region_spellings

),

codes_or_labels_spelled as (

    select
        compared_values.value_kind,
        compared_values.raw_value,
        spellings.territory_code,
    from compared_values
    inner join spellings
        on
            compared_values.value_kind = spellings.value_kind
            and if(
                spellings.spelling_kind = 'code',
                compared_values.code,
                {{ drop_leading_article('compared_values.words') }}
            ) = spellings.spelling

),

-- "01 - Ain" and "Côtes-d'Armor (22)".
labels_with_a_code as (

    select
        value_kind,
        raw_value,
        regexp_extract(words, '^({{ code_pattern }}) ', 1) as code,
        regexp_replace(words, '^{{ code_pattern }} ', '') as words,
    from compared_values
    union all
    select
        value_kind,
        raw_value,
        regexp_extract(words, ' ({{ code_pattern }})$', 1) as code,
        regexp_replace(words, ' {{ code_pattern }}$', '') as words,
    from compared_values

),

labels_with_a_code_spelled as (

    select
        labels_with_a_code.value_kind,
        labels_with_a_code.raw_value,
        label_spellings.territory_code,
    from labels_with_a_code
    inner join spellings as code_spellings
        on
            labels_with_a_code.value_kind = code_spellings.value_kind
            and replace(labels_with_a_code.code, 'FR ', 'FR-') = code_spellings.spelling
            and code_spellings.spelling_kind = 'code'
    -- Code and name agree, or the value names nothing: "75 - Val-de-Marne".
    inner join spellings as label_spellings
        on
            labels_with_a_code.value_kind = label_spellings.value_kind
            and {{ drop_leading_article('labels_with_a_code.words') }} = label_spellings.spelling
            and label_spellings.spelling_kind = 'label'
            and code_spellings.territory_code = label_spellings.territory_code

),

candidates as (

    select
        value_kind,
        raw_value,
        'departmental' as territory_level,
        department_code as territory_code,
    from commune_candidates
    union all
    select
        value_kind,
        raw_value,
        'departmental' as territory_level,
        department_code as territory_code,
    from postcode_candidates
    union all
    select
        value_kind,
        raw_value,
        if(value_kind = 'region', 'regional', 'departmental') as territory_level,
        territory_code,
    from codes_or_labels_spelled
    union all
    select
        value_kind,
        raw_value,
        if(value_kind = 'region', 'regional', 'departmental') as territory_level,
        territory_code,
    from labels_with_a_code_spelled

),

-- The same two digits name a region and a department: the key is always level and code.
territories as (

    select
        'departmental' as territory_level,
        department_code as territory_code,
        is_covered,
    from departments
    union all
    select
        'regional' as territory_level,
        region_code as territory_code,
        bool_or(is_covered) as is_covered,
    from departments
    group by region_code

),

located as (

    select
        candidates.value_kind,
        candidates.raw_value,
        territories.territory_level,
        territories.territory_code,
        territories.is_covered,
    from candidates
    inner join territories
        on
            candidates.territory_level = territories.territory_level
            and candidates.territory_code = territories.territory_code

),

final as (

    select
        territory_values.value_kind,
        territory_values.raw_value,
        located.territory_level,
        located.territory_code,
        located.is_covered,
    from territory_values
    left join located
        on
            territory_values.value_kind = located.value_kind
            and territory_values.raw_value = located.raw_value

)

select * from final
