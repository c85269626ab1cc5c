{{ rows_of_departments(
    'fct_composite_stock',
    ['month', 'territory_id', 'official_stock', 'constant_stock', 'population', 'is_provisional'],
) }}
