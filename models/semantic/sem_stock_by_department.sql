{{ rows_of_departments(
    'fct_stock_by_structure_type',
    ['month', 'territory_id', 'structure_type', 'stock', 'is_provisional'],
) }}
