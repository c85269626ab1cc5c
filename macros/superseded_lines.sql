{#
  The lines of the rows that repeat an id and are not the one kept: the last modified, then the last of the file (indicator.md).
  Repeated ids are rare: their hashes are found first, side by side once sorted, in half the time of a grouping, so that only
  their rows are ranked. Rows with an empty id are no one's duplicates.
#}
{% macro superseded_lines(rows, id) -%}
    select file_line
    from {{ rows }}
    where
        hash({{ id }}) in (
            select hashed.id_hash
            from (select hash({{ id }}) as id_hash from {{ rows }}) as hashed
            qualify
                hashed.id_hash = lag(hashed.id_hash) over (order by hashed.id_hash)
                and hashed.id_hash != hash(cast(null as varchar))
        )
    qualify
        row_number() over (
            partition by {{ id }}
            order by modified_at desc nulls last, file_line desc
        ) > 1
{%- endmacro %}
