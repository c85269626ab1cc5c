{{ rows_of_departments(
    'fct_flows_by_structure_type',
    ['month', 'territory_id', 'structure_type', 'entries', 'exits', 'is_provisional'],
) }}
