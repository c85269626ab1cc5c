{{ rows_of_departments(
    'fct_structures_by_structure_type',
    ['month', 'territory_id', 'structure_type', 'nb_structures'],
) }}
