{#-
    Creates the view raw.contents: for each table, its columns, its number of rows and a sum of their hashes; for each view, its
    definition. It tells whether a relation is still what dbt built and tested. Tables of more than a million rows that are not
    published are left out: reading them takes seconds.
-#}
{% macro show_contents() %}

    {%- set tables = run_query("
        select format('{}.{}', tables.schema_name, tables.table_name),
        from duckdb_tables() as tables
        inner join raw.project_nodes as nodes
            on tables.schema_name = nodes.schema_name and tables.table_name = nodes.table_name
        where
            tables.database_name = current_database()
            and (tables.estimated_size <= 1000000 or tables.schema_name in ('marts', 'open_data'))
        order by all
    ") -%}
    {%- set contents = ["
        select format('{}.{}', schema_name, view_name) as name, md5(sql) as contents,
        from duckdb_views()
        where database_name = current_database() and not internal and schema_name != 'raw'
    "] -%}
    {%- for row in tables.rows -%}
        {%- do contents.append(
            "select '" ~ row[0] ~ "', concat_ws(' ', md5(any_value(typeof(one))), count(*), sum(hash(one))) from "
            ~ row[0] ~ " as one"
        ) -%}
    {%- endfor -%}
    {%- do run_query("create or replace view raw.contents as " ~ contents | join(' union all ')) -%}

{% endmacro %}
