{#-
    The settings of this run under which figures are not the project's own, as they are typed: other variables than those of
    dbt_project.yml, other profiles or another target than those of profiles.yml, rows left out, relations of another place. An
    empty list for a run of the project's own.
-#}
{% macro foreign_settings() %}

    {%- set settings = [] -%}

    {%- set project = fromyaml(file_content(project_folder(), 'dbt_project.yml')) -%}
    {%- set own_vars = project.get('vars', {}) -%}
    {%- set given_vars = invocation_args_dict.get('vars') or {} -%}
    {%- if given_vars is string -%}
        {%- set given_vars = fromyaml(given_vars) -%}
    {%- endif -%}
    {%- for name, value in given_vars.items() if name not in own_vars or own_vars[name] != value -%}
        {%- do settings.append("--vars '{" ~ name ~ ': ' ~ value ~ "}'") -%}
    {%- endfor -%}

    {%- set own_profiles = file_content(project_folder(), 'profiles.yml') -%}
    {%- if own_profiles != file_content(invocation_args_dict.get('profiles_dir') or '.', 'profiles.yml') -%}
        {%- do settings.append('--profiles-dir') -%}
    {%- endif -%}
    {%- set profiles = fromyaml(own_profiles or '{}') -%}
    {%- set own_target = profiles.get(project.profile, {}).get('target', target.name) -%}
    {%- if target.name != own_target -%}
        {%- do settings.append('--target ' ~ target.name) -%}
    {%- endif -%}

    {%- for option in ['empty', 'sample', 'defer'] if invocation_args_dict.get(option) -%}
        {%- do settings.append('--' ~ option) -%}
    {%- endfor -%}

    {{ return(settings) }}

{% endmacro %}
