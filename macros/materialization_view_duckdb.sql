{#- A view, replaced in place (see build_in_place). -#}
{% materialization view, adapter='duckdb' -%}

    {%- set definition -%}
        create or replace view {{ this }} as (
            {{ compiled_code }}
        );
    {%- endset -%}
    {{ return(build_in_place(this.incorporate(type='view'), definition)) }}

{%- endmaterialization %}
