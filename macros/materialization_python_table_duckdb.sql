{#-
    A table made by a Python model, replaced in place. dbt wants a Python model to be run by its materialization itself, so that
    build_in_place cannot do it.
-#}
{% materialization python_table, adapter='duckdb', supported_languages=['python'] -%}

    {%- set relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- do adapter.ensure_transaction() -%}
    {%- call statement('main', language='python') -%}
        {{ py_write_table(False, relation, compiled_code) | replace("'create table ", "'create or replace table ") }}
    {%- endcall -%}
    {%- do persist_docs(relation, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [relation]}) }}

{%- endmaterialization %}
