"use strict";

// The series over time: people, index, rate, or the same months of each year.

function showCurve() {
  const measure = currentMeasure();
  const territory = territories.get(state.territory);
  const known = valuesOf(measure, territory.id).some((value) => value != null);
  if (!known) return showFigure("courbe", null);
  return state.view === "season" ? showSeasons(measure, territory) : showLines(measure, territory);
}

/** The territories of the chart: the one chosen, the second one, and what they are part of. */
function curveTerritories(territory) {
  const others = [state.other];
  if (state.view !== "stock") others.push(territory.region, territory.id === "FR" ? null : "FR");
  return [territory.id, ...new Set(others.filter((id) => id && id !== territory.id))].map((id) => territories.get(id));
}

function curveLines(measure, territory) {
  const shown = curveTerritories(territory);
  const colorOf = ({ id, level }) => (id === territory.id ? COLORS.main : id === state.other ? COLORS.other : level === "national" ? COLORS.country : COLORS.region);
  const base = months.findIndex((_, index) => shown.every(({ id }) => valuesOf(measure, id)[index]));
  const convert = {
    stock: (value) => value,
    index: (value, { id }) => (base < 0 ? null : (100 * value) / valuesOf(measure, id)[base]),
    rate: (_, { id }, index) => rateOf(measure, id, index),
  }[state.view];
  const lines = shown.map((one) => ({
    id: one.id, name: one.name, color: colorOf(one), width: one.id === territory.id ? 3 : 2, breakAt: measure.breakAt, provisional: measure.provisional,
    values: months.map((_, index) => { const value = valuesOf(measure, one.id)[index]; return value == null ? null : convert(value, one, index); }),
  })).filter(({ values }) => values.some((value) => value != null));
  // Both scopes of the recomputed composite belong together.
  const twin = { official: "constant", constant: "official" }[measure.id];
  if (state.view === "stock" && twin && measureOf(twin)) {
    const other = measureOf(twin);
    lines.push({ id: "twin", name: other.name.toLowerCase(), color: COLORS.constant, width: 2, breakAt: other.breakAt, provisional: other.provisional, values: valuesOf(other, territory.id) });
    lines[0].name = `${territory.name}, ${measure.name.toLowerCase()}`;
  }
  return { lines, base };
}

async function showLines(measure, territory) {
  const { lines, base } = curveLines(measure, territory);
  const format = { stock: count, index: (value) => decimal(value), rate: anyRate }[state.view];
  const indexes = months.map((_, index) => index).filter((index) => lines.some(({ values }) => values[index] != null));
  const shown = months.slice(indexes[0], indexes.at(-1) + 1);
  const pointerRows = indexes.map((index) => ({
    time: time(months[index]), month: months[index], monthName: capital(fullMonth(months[index])) + provisionalMark(measure, index),
    ...Object.fromEntries(lines.map(({ values }, position) => [`v${position}`, format(values[index])])),
  }));
  const tooltip = [["monthName", "Mois"], ...lines.map(({ name }, position) => [`v${position}`, name])];
  const lowest = lines[0].values[months.indexOf("2020-04")];
  const named = lowest == null || state.view !== "stock" ? null
    : { time: time("2020-04"), month: "2020-04", value: lowest, label: `avril 2020\u00a0: ${format(lowest)}` };
  const what = { stock: "nombre de personnes", index: `indice, base 100 en ${base < 0 ? "" : fullMonth(months[base])}`, rate: "personnes pour 10 000 habitants" }[state.view];
  setText("courbe-title", `${territory.name} : ${what}, de ${fullMonth(shown[0])} à ${fullMonth(shown.at(-1))}`.replace(/ de (?=[aoAO])/, " d’"));
  setText("courbe-note", curveNote(measure));
  showLegend("courbe-legend", [
    ...lines.map(({ name, color, width }) => ({ name, color, width })),
    ...(measure.provisional.includes(true) ? [{ name: "provisoire", color: COLORS.main, width: 3, dash: true }] : []),
  ]);
  const facts = lines.map(({ name, values }) => {
    const [first, last] = [values.findIndex((value) => value != null), lastIndexWith(values)];
    return `${name} : ${format(values[first])} en ${fullMonth(months[first])}, ${format(values[last])} en ${fullMonth(months[last])}`;
  });
  await showFigure("courbe",
    linesSpec({
      shown, breakAt: measure.breakAt, named, pointerRows, tooltip, isWhole: state.view === "stock",
      isProvisional: (month) => measure.provisional[months.indexOf(month)],
      lines: lines.map((line) => ({ ...line, rows: lineRows(line.values, line.provisional, line.breakAt) })),
    }),
    `Courbe. ${byId("courbe-title").textContent}. ${facts.join(" ; ")}. Les chiffres sont dans le tableau.`,
    () => curveTable(measure, territory));
}

function curveNote(measure) {
  const sentences = [];
  if (measure.breakAt) sentences.push(`Rupture en ${fullMonth(measure.breakAt)} : ${data.entering} entrent dans le champ. De part et d’autre, les niveaux ne se comparent pas.`);
  if (measure.provisional.includes(true)) sentences.push("En tirets, les derniers mois : ils seront révisés.");
  sentences.push("Un effectif mensuel ne s’additionne pas d’un mois à l’autre.");
  return sentences.join(" ");
}

async function showSeasons(measure, territory) {
  const values = valuesOf(measure, territory.id);
  const years = [...new Set(months.map((month) => month.slice(0, 4)))].filter((year) => months.some((month, index) => month.startsWith(year) && values[index] != null));
  const lines = years.map((year, position) => ({
    name: year, color: orderedColor(position, years.length), width: position === years.length - 1 ? 3 : 2,
    rows: lineRows(values, measure.provisional, null).filter(({ month }) => month.startsWith(year))
      .map((row) => ({ ...row, position: Number(row.month.slice(5)) - 1, part: `${row.isProvisional}` })),
  }));
  const tooltipRows = MONTHS.map((name, position) => ({
    position, month: name, ...Object.fromEntries(years.map((year) => [`y${year}`, count(values[months.indexOf(`${year}-${String(position + 1).padStart(2, "0")}`)] ?? null)])),
  }));
  setText("courbe-title", `${territory.name} : le même mois d’une année à l’autre`);
  setText("courbe-note", curveNote(measure));
  showLegend("courbe-legend", lines);
  await showFigure("courbe", seasonSpec({ lines, tooltipRows, tooltip: [["month", "Mois"], ...years.map((year) => [`y${year}`, year])] }),
    `Courbes par mois de l’année, une par année de ${years[0]} à ${years.at(-1)}, ${territory.name}. Les chiffres sont dans le tableau.`,
    () => curveTable(measure, territory));
}

function curveTable(measure, territory) {
  const shown = [territory, ...curveTerritories(territory).slice(1)];
  const rows = months.map((_, index) => index).filter((index) => shown.some(({ id }) => valuesOf(measure, id)[index] != null)).reverse();
  const columns = [["Mois", (index) => fullMonth(months[index]) + provisionalMark(measure, index)]];
  for (const one of shown) {
    columns.push([one.name, (index) => valuesOf(measure, one.id)[index] ?? null, count]);
    if (one.population) columns.push([`${one.name}, pour 10 000 habitants`, (index) => rateOf(measure, one.id, index), anyRate]);
  }
  columns.push(["Évolution sur un an (personnes)", (index) => changeOf(measure, territory.id, index).change, signed],
    ["Évolution sur un an (%)", (index) => changeOf(measure, territory.id, index).percent, signedPercent]);
  const twin = { official: "constant", constant: "official" }[measure.id];
  if (twin && measureOf(twin)) columns.splice(2, 0, [measureOf(twin).name, (index) => valuesOf(measureOf(twin), territory.id)[index] ?? null, count]);
  return table(`${measure.name}, ${territory.name}`, columns, rows);
}

/** The thirteen months up to the one chosen, for the printed page. */
function showPrintTable() {
  const measure = currentMeasure();
  const territory = territories.get(state.territory);
  const values = valuesOf(measure, territory.id);
  const rows = months.map((_, index) => index).filter((index) => values[index] != null && index <= state.month).slice(-13).reverse();
  const columns = [
    ["Mois", (index) => fullMonth(months[index]) + provisionalMark(measure, index)],
    ["Personnes", (index) => values[index], count],
    ["Pour 10 000 habitants", (index) => rateOf(measure, territory.id, index), anyRate],
    ["Évolution sur un an (personnes)", (index) => changeOf(measure, territory.id, index).change, signed],
    ["Évolution sur un an (%)", (index) => changeOf(measure, territory.id, index).percent, signedPercent],
  ];
  byId("print-table").replaceChildren(table(`${measure.name}, ${territory.name}`, columns, rows));
}
