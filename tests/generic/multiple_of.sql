{#- Every figure is a multiple of a base. -#}
{% test multiple_of(model, column_name, base) %}

select {{ column_name }}
from {{ model }}
where {{ column_name }} % {{ base }} != 0

{% endtest %}
