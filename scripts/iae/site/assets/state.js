"use strict";

// The data, what is chosen, and the address that says it.

const data = JSON.parse(document.getElementById("data").textContent);
const departmentShapes = JSON.parse(document.getElementById("departments").textContent).features;

const { months, measures, editions } = data;
const territories = new Map(data.territories.map((territory) => [territory.id, territory]));
const ofLevel = (level) => data.territories.filter((territory) => territory.level === level);
for (const measure of measures) {
  const known = months.map((_, index) => Object.values(measure.stock).some((values) => values[index] != null));
  Object.assign(measure, { first: known.indexOf(true), last: known.lastIndexOf(true), classes: {} });
}
const measureOf = (id) => measures.find((measure) => measure.id === id);
if (editions.length) editions.at(-1).stock = measureOf("published").stock;
const types = measures.filter(({ label }) => label);

const DEFAULTS = {
  territory: "FR", other: null, measure: data.lead, month: data.month, view: "stock",
  level: "departmental", by: "rate", sort: "rank", ascending: true, region: null,
};
const state = { ...DEFAULTS, filter: "", isWhole: false };

const LEVELS = { departmental: "departements", regional: "regions" };
const PARAMETERS = { territory: "territoire", other: "avec", measure: "indicateur", view: "vue", level: "niveau", by: "carte", sort: "tri", region: "region" };
const ACCEPTED = {
  territory: (id) => territories.has(id),
  other: (id) => territories.has(id),
  measure: (id) => Boolean(measureOf(id)),
  view: (id) => ["stock", "index", "rate", "season"].includes(id),
  level: (id) => id in LEVELS,
  by: (id) => ["rate", "stock", "percent"].includes(id),
  sort: (id) => ["rank", "name", "stock", "rate", "change", "percent"].includes(id),
  region: (id) => territories.get(id)?.level === "regional",
};

/** What an address says; a value that means nothing here is left out. */
function readAddress() {
  const query = new URLSearchParams(location.search);
  const chosen = { ...DEFAULTS };
  for (const [key, name] of Object.entries(PARAMETERS)) {
    const value = query.get(name);
    if (value && ACCEPTED[key](value)) chosen[key] = value;
  }
  const month = months.indexOf(query.get("mois"));
  if (month >= 0) chosen.month = month;
  else if (chosen.measure !== DEFAULTS.measure) chosen.month = Math.min(data.month, measureOf(chosen.measure).last);
  if (query.has("ordre")) chosen.ascending = query.get("ordre") === "croissant";
  return chosen;
}

/** The address of what is shown, with nothing in it that goes without saying. */
function address(more = {}) {
  const query = new URLSearchParams();
  for (const [key, name] of Object.entries(PARAMETERS)) {
    if (state[key] && state[key] !== DEFAULTS[key]) query.set(name, state[key]);
  }
  if (state.month !== DEFAULTS.month) query.set("mois", months[state.month]);
  if (state.ascending !== DEFAULTS.ascending) query.set("ordre", state.ascending ? "croissant" : "decroissant");
  for (const [name, value] of Object.entries(more)) query.set(name, value);
  const text = query.toString();
  return location.href.split(/[?#]/)[0] + (text && `?${text}`);
}

// ---- Figures

const currentMeasure = () => measureOf(state.measure);
const valuesOf = (measure, territoryId) => measure.stock[territoryId] ?? [];
const lastIndexWith = (values) => values.findLastIndex((value) => value != null);
const provisionalMark = (measure, index) => (measure.provisional[index] ? " (provisoire)" : "");
const per10000 = (stock, population) => (stock == null || !population ? null : (10000 * stock) / population);

// Mayotte is in the published country, and has no population here: it is in neither side of a rate.
const withoutPopulation = ofLevel("departmental").filter(({ population }) => !population).map(({ id }) => id);
function rateOf(measure, id, index) {
  const stock = valuesOf(measure, id)[index];
  if (stock == null) return null;
  const outside = id === "FR" ? withoutPopulation.reduce((sum, one) => sum + (valuesOf(measure, one)[index] ?? 0), 0) : 0;
  return per10000(stock - outside, territories.get(id)?.population);
}
/** Whether the programme ITI, whose first twelve months fill its window, still filled a year before. */
const isFilling = (measure, index) =>
  measure.id === "published" && measure.breakAt && monthBefore(index) >= measure.breakAt && index - 12 - months.indexOf(measure.breakAt) < 11;
const monthBefore = (index) => `${Number(months[index].slice(0, 4)) - 1}${months[index].slice(4)}`;
const since = (index) => `qu’en ${fullMonth(monthBefore(index))}`;

/** The change on a year: where the tables give it, else like for like, never across a break. */
function changeOf(measure, territoryId, index) {
  const values = valuesOf(measure, territoryId);
  const [now, before] = [values[index] ?? null, index >= 12 ? values[index - 12] ?? null : null];
  const isAcross = measure.comparable ? !measure.comparable[index]
    : measure.breakAt && months[index] >= measure.breakAt && monthBefore(index) < measure.breakAt;
  if (now == null || before == null || isAcross) return { change: null, percent: null };
  return { change: now - before, percent: before ? (100 * (now - before)) / before : null };
}

/** What the map, the ranking and the tiles show of a territory. */
function rowOf(measure, territory, index) {
  const stock = valuesOf(measure, territory.id)[index] ?? null;
  return { ...territory, stock, rate: per10000(stock, territory.population), ...changeOf(measure, territory.id, index) };
}

const rowsOfLevel = (measure, level, index) =>
  ofLevel(level).filter(({ id }) => valuesOf(measure, id).some((value) => value != null) || territories.get(id).isCovered)
    .map((territory) => rowOf(measure, territory, index));

/** Rank from the highest down, shared by those that tie; those without figure have none. */
function ranksOf(rows, key) {
  const known = rows.filter((row) => row[key] != null);
  return new Map(known.map((row) => [row.id, {
    rank: 1 + known.filter((other) => other[key] > row[key]).length,
    isTied: known.filter((other) => other[key] === row[key]).length > 1,
    among: known.length,
  }]));
}
