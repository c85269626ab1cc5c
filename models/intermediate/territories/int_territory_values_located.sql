with

territory_values as (select * from {{ ref('int_territory_values') }}),

departments as (select * from {{ ref('departments') }}),

postcode_departments as (select * from {{ ref('postcode_departments') }}),

spellings as (select * from {{ ref('int_territory_spellings') }}),

-- Codes are compared without what spreadsheets add to them, labels word by word.
compared_values as (

    select
        value_kind,
        raw_value,
        upper({{ strip_spreadsheet_marks('raw_value') }}) as code,
        {{ normalise_label('raw_value') }} as words,
    from territory_values

),

-- `99132` (abroad) and `20001` (Corsica before its letters) begin with no department: the last
-- join leaves them without one.
commune_candidates as (

    select
        value_kind,
        raw_value,
        {{ department_prefix(restore_leading_zero('code')) }} as department_code,
    from compared_values
    where
        value_kind = 'commune'
        and regexp_full_match(code, '\d{4,5}|2[AB]\d{3}')

),

postcodes as (

    select
        value_kind,
        raw_value,
        {{ restore_leading_zero('code') }} as postcode,
    from compared_values
    where
        value_kind = 'postcode'
        and regexp_full_match(code, '\d{4,5}')

),

-- Saint-Barthélemy (97133) and Saint-Martin (97150) keep postcodes of Guadeloupe: the reference
-- comes first. CEDEX postcodes are in no reference: their prefix tells the department, 977 and 978
-- that of La Réunion.
postcode_candidates as (

    select
        postcodes.value_kind,
        postcodes.raw_value,
        case
            when postcode_departments.department_code is not null
                then postcode_departments.department_code
            when left(postcodes.postcode, 3) in ('200', '201', '207') then '2A'
            when left(postcodes.postcode, 3) in ('202', '204', '206') then '2B'
            when left(postcodes.postcode, 3) in ('977', '978') then '974'
            else {{ department_prefix('postcodes.postcode') }}
        end as department_code,
    from postcodes
    left join postcode_departments
        on
            postcodes.postcode = postcode_departments.postcode
            and postcode_departments.is_majority

),

-- "Département 59", "Dép. 2A", "Région Bretagne": what follows the word is a code or a label too.
named_values as (

    select
        value_kind,
        raw_value,
        words,
        regexp_replace(
            words,
            if(
                value_kind = 'region',
                '^(?:(?:LE|LA|LES|L) )?REGION ',
                '^(?:(?:LE|LA|LES|L) )?(?:DEPARTEMENT|DEPT|DPT|DEP) (?:(?:N|NO|NUMERO) )?'
            ),
            ''
        ) as words_without_level,
    from compared_values
    where value_kind in ('department', 'region')

),

codes as (

    select
        value_kind,
        raw_value,
        code,
    from compared_values
    where value_kind in ('department', 'region')
    union all
    select
        value_kind,
        raw_value,
        words_without_level as code,
    from named_values
    where words_without_level != words

),

labels as (

    select
        value_kind,
        raw_value,
        words,
    from named_values
    union
    select
        value_kind,
        raw_value,
        words_without_level as words,
    from named_values

),

-- "01 - Ain" and "Côtes-d'Armor (22)".
labels_with_a_code as (

    select
        value_kind,
        raw_value,
        regexp_extract(words, '^((?:FR )?[0-9A-Z]+) (.+)$', 1) as code,
        regexp_extract(words, '^((?:FR )?[0-9A-Z]+) (.+)$', 2) as words,
    from labels
    union all
    select
        value_kind,
        raw_value,
        regexp_extract(words, '^(.+?) ((?:FR )?[0-9A-Z]+)$', 2) as code,
        regexp_extract(words, '^(.+?) ((?:FR )?[0-9A-Z]+)$', 1) as words,
    from labels

),

spelled_values as (

    select
        codes.value_kind,
        codes.raw_value,
        spellings.territory_code,
    from codes
    inner join spellings
        on
            codes.value_kind = spellings.value_kind
            and {{ territory_code_key('codes.value_kind', 'codes.code') }} = spellings.spelling
            and spellings.spelling_kind = 'code'
    union
    select
        labels.value_kind,
        labels.raw_value,
        spellings.territory_code,
    from labels
    inner join spellings
        on
            labels.value_kind = spellings.value_kind
            and {{ drop_leading_article('labels.words') }} = spellings.spelling
            and spellings.spelling_kind = 'label'
    union
    -- Code and name agree, or the value names nothing: "75 - Val-de-Marne".
    select
        labels_with_a_code.value_kind,
        labels_with_a_code.raw_value,
        label_spellings.territory_code,
    from labels_with_a_code
    inner join spellings as code_spellings
        on
            labels_with_a_code.value_kind = code_spellings.value_kind
            and {{ territory_code_key('labels_with_a_code.value_kind', 'labels_with_a_code.code') }}
            = code_spellings.spelling
            and code_spellings.spelling_kind = 'code'
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
    from spelled_values

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
    inner join territories using (territory_level, territory_code)

),

final as (

    select
        territory_values.value_kind,
        territory_values.raw_value,
        located.territory_level,
        located.territory_code,
        located.is_covered,
    from territory_values
    left join located using (value_kind, raw_value)

)

select * from final
