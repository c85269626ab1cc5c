{#-
    Writes what the project is as this run reads it: its files, and every relation and test that it defines, with a fingerprint
    of its code. A change of a file that all share (macros, settings, versions) changes every fingerprint.
-#}
{% macro record_project() %}

    {%- set folder = project_folder() -%}
    {%- set patterns = [] -%}
    {%- set paths = [] -%}
    {%- for pattern in [
        'dbt_project.yml', 'profiles.yml', 'requirements.lock', 'scripts/iae/protection/*.py', 'macros/**/*.sql',
        'models/**/*.md', 'models/**/*.sql',
        'models/**/*.py', 'models/**/*.y*ml', 'seeds/**/*.csv', 'seeds/**/*.y*ml', 'tests/generic/**/*.sql', 'tests/singular/**/*.sql',
        'tests/singular/**/*.y*ml'
    ] if run_query('select 1 from glob(' ~ in_folder(folder, pattern) ~ ') limit 1').rows -%}
        {%- do patterns.append(pattern) -%}
        {%- do paths.append(in_folder(folder, pattern)) -%}
    {%- endfor -%}

    {#- What is on disk is read again where a publication is made: were it another project, its files would differ. A file that
        changed after dbt began to read has no digest: nobody knows which of the two was built. -#}
    {%- do run_query("
        create or replace view raw.project_files_on_disk as
        select
            replace(filename, '\\', '/') as path,
            sha256(content) as digest,
        from read_blob(" ~ patterns ~ ");

        create or replace table raw.project_files as
        select
            replace(filename, '\\', '/')[" ~ (folder | length + 2) ~ ":] as path,
            if(
                epoch(last_modified) between " ~ run_started_at.timestamp() ~ " and epoch(now()), null, sha256(content)
            ) as digest,
        from read_blob([" ~ paths | join(', ') ~ "]);
    ") -%}

    {%- set nodes = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type in ['model', 'seed', 'snapshot', 'test'] -%}
        {%- set definition = [] -%}
        {%- for part in ['raw_code', 'config', 'columns', 'constraints', 'description', 'test_metadata', 'column_name'] -%}
            {%- do definition.append(node.get(part) | string) -%}
        {%- endfor -%}
        {%- set is_test = node.resource_type == 'test' -%}
        {%- do nodes.append({
            'unique_id': node.unique_id,
            'kind': node.resource_type,
            'name': describe_test(node) if is_test else node.schema ~ '.' ~ node.alias,
            'schema_name': none if is_test else node.schema,
            'table_name': none if is_test else node.alias,
            'definition': local_md5(definition | join('|')),
            'path': node.original_file_path | replace('\\', '/'),
            'parents': node.depends_on.nodes or [],
        }) -%}
    {%- endfor -%}
    {#- dbt does not show hooks the unit tests of the project: they are read where they are written. -#}
    {%- set files_of_models = run_query(
        'select content from read_text(' ~ in_folder(folder, 'models/**/*.y*ml') ~ ") where contains(content, 'unit_tests:')"
    ) if 'models/**/*.y*ml' in patterns -%}
    {%- for file in files_of_models.rows if files_of_models -%}
        {%- for unit_test in fromyaml(file[0]).unit_tests if unit_test.get('config', {}).get('enabled', true) -%}
            {%- do nodes.append({
                'unique_id': 'unit_test.' ~ project_name ~ '.' ~ unit_test.model ~ '.' ~ unit_test.name,
                'kind': 'unit_test',
                'name': unit_test.name,
                'definition': local_md5(unit_test | string),
                'parents': ['model.' ~ project_name ~ '.' ~ unit_test.model],
            }) -%}
        {%- endfor -%}
    {%- endfor -%}

    {%- do run_query("
        delete from raw.project_nodes;

        insert into raw.project_nodes
        select
            nodes.unique_id,
            nodes.kind,
            nodes.name,
            nodes.schema_name,
            nodes.table_name,
            md5(concat_ws('|', nodes.definition, files.digest, shared.digest)),
            nodes.parents,
        from " ~ rows_of_json(nodes, {
            'unique_id': 'varchar',
            'kind': 'varchar',
            'name': 'varchar',
            'schema_name': 'varchar',
            'table_name': 'varchar',
            'definition': 'varchar',
            'path': 'varchar',
            'parents': ['varchar'],
        }) ~ " as nodes
        left join raw.project_files as files
            on nodes.path = files.path and regexp_matches(files.path, '[.](csv|py|sql)$')
        cross join (
            select string_agg(path || coalesce(digest, ''), ' ' order by path) as digest,
            from raw.project_files
            where not regexp_matches(path, '^(models|seeds|tests/singular)/')
        ) as shared;

        delete from raw.node_results where unique_id not in (from raw.project_nodes select unique_id);
    ") -%}

{% endmacro %}
