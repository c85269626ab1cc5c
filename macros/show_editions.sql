{#-
    Creates the view raw.editions over the archive: one Parquet file per edition that was published, in the folder editions
    beside the warehouse or in IAE_EDITIONS. It has no rows where there is no archive yet.
-#}
{% macro show_editions() %}

    {%- set beside = target.path.replace('\\', '/').rpartition('/')[0] or '.' -%}
    {%- set folder = env_var('IAE_EDITIONS', '') or beside ~ '/editions' -%}
    {%- if folder.startswith('~/') -%}
        {%- set folder = env_var('HOME', '~') ~ folder[1:] -%}
    {%- endif -%}
    {%- set files = in_folder(folder, '????-??-??_release_*.parquet') -%}
    {%- if run_query('select 1 from glob(' ~ files ~ ') limit 1').rows -%}
        {%- set rows = 'read_parquet(' ~ files ~ ')' -%}
    {%- else -%}
        {%- set rows = "(
            select
                null::date as edition,
                null::integer as release,
                null::boolean as is_synthetic,
                null::timestamp as published_at,
                null::date as month,
                null::varchar as territory_id,
                null::varchar as structure_type,
                null::bigint as stock,
                null::boolean as is_provisional,
            where false
        )" -%}
    {%- endif -%}
    {%- do run_query('create or replace view raw.editions as from ' ~ rows) -%}

{% endmacro %}
