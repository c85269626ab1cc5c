{#-
    Creates what is missing of the tables in which runs are recorded: the runs, the last result of each relation and test, and
    the relations, tests and files that the project had when dbt read it last.
-#}
{% macro create_build_log() %}

    {%- do run_query("
        create table if not exists raw.builds (invocation_id varchar);
        alter table raw.builds add column if not exists run_number integer;
        alter table raw.builds add column if not exists command varchar;
        alter table raw.builds add column if not exists selection varchar;
        alter table raw.builds add column if not exists vars varchar;
        alter table raw.builds add column if not exists foreign_settings varchar;
        alter table raw.builds add column if not exists status varchar;
        alter table raw.builds add column if not exists started_at timestamp;
        alter table raw.builds add column if not exists ended_at timestamp;
        alter table raw.builds add column if not exists load_ids integer[];

        create table if not exists raw.node_results (
            unique_id varchar,
            invocation_id varchar,
            fingerprint varchar,
            contents varchar,
            status varchar,
            warning varchar,
            started_at timestamp,
            ended_at timestamp
        );

        create table if not exists raw.project_nodes (
            unique_id varchar,
            kind varchar,
            name varchar,
            schema_name varchar,
            table_name varchar,
            fingerprint varchar,
            parents varchar[]
        );

        create table if not exists raw.project_files (path varchar, digest varchar);
    ") -%}

{% endmacro %}
