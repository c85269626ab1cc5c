{#- A table, replaced in place (see build_in_place), with the columns and constraints of its contract where it has one. -#}
{% materialization table, adapter='duckdb' -%}

    {%- set definition -%}
        {%- if config.get('contract').enforced -%}
            {{ get_assert_columns_equivalent(compiled_code) }}
            create or replace table {{ this }}
            {{ get_table_columns_and_constraints() }};
            insert into {{ this }} {{ get_column_names() }} (
                {{ get_select_subquery(compiled_code) }}
            );
        {%- else -%}
            create or replace table {{ this }} as (
                {{ compiled_code }}
            );
        {%- endif -%}
    {%- endset -%}
    {{ return(build_in_place(this.incorporate(type='table'), definition)) }}

{%- endmaterialization %}
