{#-
    Writes the descriptions of a model and of its columns into the database, in one statement. dbt's own macro asks for the
    columns first, twice, and so takes a tenth of the time that dbt itself needs for a build. A description of a column that
    is not there is an error here, where dbt warns.
-#}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}

    {%- set comments = [] -%}
    {%- if for_relation and config.persist_relation_docs() and model.description -%}
        {%- do comments.append(alter_relation_comment(relation, model.description)) -%}
    {%- endif -%}
    {%- if for_columns and config.persist_column_docs() -%}
        {%- for column in model.columns.values() if column.description -%}
            {%- do comments.append(
                'comment on column ' ~ relation ~ '.' ~ adapter.quote(column.name) ~ ' is '
                ~ duckdb_escape_comment(column.description) ~ ';'
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if comments -%}
        {%- do run_query(comments | join('\n')) -%}
    {%- endif -%}

{%- endmacro %}
