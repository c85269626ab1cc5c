"use strict";

// The country beside the stock: who comes and leaves, people of a year, structures, declarations; and what we said before.

const { country, said } = data;
const countryTypes = types.filter(({ id }) => country.entries?.[id] || country.nb_structures?.[id]);
const figureOf = (name, id, index) => country[name]?.[id]?.[index] ?? null;

async function showCountry() {
  showDeclarations();
  showWhatWeSaid();
  if (!byId("pays")) return;
  showPeople();
  showStructures();
  await showFlows();
}

// ---- People of a year, beside the stocks of its months

/** Mean and last stock of a component over the months of a year. */
function stocksOfYear(component, year) {
  const stock = measureOf(component)?.stock.FR ?? [];
  const indexes = months.map((_, index) => index).filter((index) => months[index].startsWith(`${year}`) && stock[index] != null);
  return indexes.length ? { mean: indexes.reduce((sum, index) => sum + stock[index], 0) / indexes.length, last: stock[indexes.at(-1)], month: months[indexes.at(-1)] } : {};
}

const componentName = (component) => (component === "constant" ? "Périmètre constant" : component);

function showPeople() {
  const rows = country.people.map((row) => ({ ...row, ...stocksOfYear(row.component, row.year) })).filter(({ mean }) => mean != null).reverse();
  byId("personnes").hidden = !rows.length;
  if (!rows.length) {
    setText("pays-title", "La France, au-delà de l’effectif");
    return;
  }
  const main = rows.some(({ component }) => component === "constant") ? "constant" : rows[0].component;
  const ofMain = rows.filter(({ component }) => component === main);
  const told = ofMain.find((row) => row.months === 12) ?? ofMain[0];
  setText("pays-title", `France, ${told.year}${main === "constant" ? ", à périmètre constant" : ""} : ${people(Math.round(told.mean))} en moyenne un mois donné, ${count(told.people)} différentes dans l’année`);
  setText("personnes-title", `France : personnes de l’année et effectif mensuel, ${main === "constant" ? "périmètre constant" : main}`);
  const columns = [
    ["Année", ({ year, months: number }) => (number === 12 ? `${year}` : unbroken(`${year} (${number} mois)`))],
    ["Effectif moyen d’un mois", ({ mean }) => Math.round(mean), count],
    ["Effectif du dernier mois", ({ last }) => last, count],
    ["Personnes différentes dans l’année", ({ people: number }) => number, count],
  ];
  byId("personnes").querySelector(".table").replaceChildren(table(byId("personnes-title").textContent, columns, ofMain, "personnes-table"));
  fillWhenOpened(byId("personnes").querySelector("details"), () => table("Personnes de l’année par type, France", [["Type", ({ component }) => componentName(component)], ...columns], rows));
}

// ---- Entries and exits

async function showFlows() {
  const shown = countryTypes.filter(({ id }) => country.entries?.[id]?.some((value) => value != null));
  byId("mouvements").hidden = !shown.length;
  if (!shown.length) return;
  const last = Math.max(...shown.map(({ id }) => lastIndexWith(country.entries[id])));
  const first = Math.min(...shown.map(({ id }) => country.entries[id].findIndex((value) => value != null)));
  const index = Math.min(Math.max(state.month, first), last);
  setText("mouvements-title", `France : entrées et sorties par type de structure en ${fullMonth(months[index])}`);
  showLegend("mouvements-legend", FLOWS.map(({ name, color }) => ({ name, color, width: 2 })));
  fillWhenOpened(byId("mouvements").querySelector("details"), () => table("Entrées, sorties et retours par type, France", [
    ["Mois", (row) => fullMonth(months[row])],
    ...shown.flatMap(({ id }) => [["entries", "entrées"], ["exits", "sorties"], ["returns", "dont retours"]].map(([name, title]) => [`${id}, ${title}`, (row) => figureOf(name, id, row), count])),
  ], months.map((_, row) => row).filter((row) => shown.some(({ id }) => figureOf("entries", id, row) != null)).reverse()));
  if (!byId("mouvements-cards").children.length) byId("mouvements-cards").replaceChildren(...shown.map(flowCard));
  await Promise.all(shown.map(async (type) => {
    const chart = byId(`mouvements-${type.id}`);
    const [figure, detail] = flowWords(type, index);
    chart.parentElement.querySelector(".figure").textContent = figure;
    chart.parentElement.querySelector(".detail").textContent = spacedMarks(detail);
    await draw(chart, flowSpec(type, first, last), `Courbes des entrées et des sorties, ${type.label}, France : ${figure}, ${detail}`);
  }));
}

const FLOWS = [{ key: "entries", name: "Entrées", color: COLORS.main }, { key: "exits", name: "Sorties", color: COLORS.other }];

const flowCard = (type) => element("div", { class: "card" }, element("h3", {}, type.id), element("p", { class: "label" }, type.label),
  element("p", { class: "figure" }), element("p", { class: "detail" }), element("div", { class: "chart", id: `mouvements-${type.id}` }));

function flowWords(type, index) {
  const [entries, exits, returns] = ["entries", "exits", "returns"].map((name) => figureOf(name, type.id, index));
  if (entries == null) return ["–", `pas de chiffre en ${fullMonth(months[index])}`];
  const back = returns == null ? "" : `dont ${plural(returns, "retour", "retours")} ; `;
  return [plural(entries, "entrée", "entrées"), `${back}${plural(exits, "sortie", "sorties")}${provisionalMark(type, index)}`];
}

function flowSpec(type, first, last) {
  const indexes = months.map((_, index) => index).filter((index) => figureOf("entries", type.id, index) != null);
  const spec = linesSpec({
    shown: months.slice(first, last + 1), isWhole: true, height: 110, ticks: 3,
    isProvisional: (month) => type.provisional[months.indexOf(month)],
    lines: FLOWS.map(({ key, color }) => ({ color, width: 2, rows: lineRows(country[key][type.id], type.provisional, null) })),
    pointerRows: indexes.map((index) => ({
      time: time(months[index]), month: months[index], monthName: capital(fullMonth(months[index])) + provisionalMark(type, index),
      ...Object.fromEntries(FLOWS.map(({ key }) => [key, count(figureOf(key, type.id, index))])),
    })),
    tooltip: [["monthName", "Mois"], ...FLOWS.map(({ key, name }) => [key, name])],
  });
  return shortYears(spec);
}

// ---- Structures

function showStructures() {
  const shown = countryTypes.filter(({ id }) => country.nb_structures?.[id]);
  byId("structures").hidden = !shown.length;
  if (!shown.length) return;
  const index = Math.min(state.month, Math.max(...shown.map(({ id }) => lastIndexWith(country.nb_structures[id]))));
  const rows = shown.map((type) => ({ type, structures: figureOf("nb_structures", type.id, index), stock: valuesOf(type, "FR")[index] ?? null }))
    .filter(({ structures }) => structures != null);
  setText("structures-title", `France : structures et personnes par structure en ${fullMonth(months[index])}`);
  byId("structures").querySelector(".table").replaceChildren(table(byId("structures-title").textContent, [
    ["Type", ({ type }) => type.name],
    ["Structures", ({ structures }) => structures, count],
    ["Personnes", ({ stock }) => stock, count],
    ["Personnes par structure", ({ structures, stock }) => (structures && stock != null ? stock / structures : null), decimal],
  ], rows, "structures-table"));
}

// ---- How complete the last months are

function showDeclarations() {
  if (!byId("declarations")) return;
  const measure = currentMeasure();
  const ids = Object.keys(country.nb_expected).filter((id) => measure.id === id || !measure.label).sort();
  const shown = months.map((_, index) => index).filter((index) => measure.provisional[index] && ids.some((id) => figureOf("nb_expected", id, index))).reverse();
  byId("declarations").hidden = measure.id === "published" || !shown.length;
  if (byId("declarations").hidden) return;
  const sum = (name, index, chosen) => chosen.reduce((total, id) => total + (figureOf(name, id, index) ?? 0), 0);
  const rate = (index, chosen) => { const expected = sum("nb_expected", index, chosen); return expected ? (100 * sum("nb_declared", index, chosen)) / expected : null; };
  const percent = (value) => (value == null ? "–" : `${decimal(value)}\u00a0%`);
  setText("declarations-title", "Derniers mois : structures qui ont déclaré, France (% des structures attendues)");
  byId("declarations").querySelector(".table").replaceChildren(table(byId("declarations-title").textContent, [
    ["Mois provisoire", (index) => fullMonth(months[index])],
    ...(ids.length > 1 ? [["Ensemble", (index) => rate(index, ids), percent]] : []),
    ...ids.map((id) => [id, (index) => rate(index, [id]), percent]),
  ], shown, "declarations-table"));
}

// ---- What our own editions said

function showWhatWeSaid() {
  if (!byId("disions")) return;
  const measure = currentMeasure();
  const territory = territories.get(state.territory);
  const now = valuesOf(measure, territory.id)[state.month] ?? null;
  byId("disions").hidden = measure.id === "published" || now == null;
  if (byId("disions").hidden) return;
  const rows = said.map(({ name, stock }) => {
    const other = stock[measure.id]?.[territory.id] ?? {};
    return { name, value: state.month in other ? other[state.month] : now };
  }).filter(({ value }) => value != null);
  const month = fullMonth(months[state.month]);
  setText("disions-title", `Ce que nous disions : ${territory.name}, ${month}`);
  byId("disions").querySelector(".table").replaceChildren(table(`${measure.name}, ${territory.name}, ${month}, d’une édition à l’autre`, [
    ["Notre édition du", ({ name }) => name],
    ["Personnes", ({ value }) => value, count],
    ["Révision", (row) => (row === rows[0] ? null : row.value - rows[rows.indexOf(row) - 1].value), signed],
  ], rows, "disions-table"));
}
