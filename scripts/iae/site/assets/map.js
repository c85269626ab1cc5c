"use strict";

// The map and the ranking, of departments or regions, by rate, number or change.

const RANKING_SHORT = 15;
const RING = ["75", "92", "93", "94"];
const BY = {
  rate: { name: "Pour 10\u00a0000 habitants", short: "pour 10 000 habitants", format: anyRate },
  stock: { name: "Personnes", short: "personnes", format: count },
  percent: { name: "Évolution sur un an (%)", short: "sur un an", format: signedPercent },
};
const CHANGE_BOUNDS = [-10, -3, 0, 3, 10];
const places = (number) => plural(number, ...(state.level === "regional" ? ["région", "régions"] : ["département", "départements"]));
const departmentRegion = new Map(data.territories.filter(({ level }) => level === "departmental").map(({ code, region }) => [code, region]));

/** Lower bounds of the classes: sixths of all months and places, so that colours hold over time. */
function classesOf(measure) {
  if (state.by === "percent") return CHANGE_BOUNDS;
  const key = `${state.level}-${state.by}`;
  if (!measure.classes[key]) {
    const values = ofLevel(state.level).flatMap(({ id, population }) =>
      valuesOf(measure, id).map((stock) => (state.by === "rate" ? per10000(stock, population) : stock)).filter((value) => value > 0)).sort((a, b) => a - b);
    const digits = values.at(-1) > 20 ? 0 : values.at(-1) > 2 ? 1 : 2;
    const round = (value) => (state.by === "stock" && value > 100 ? Number(value.toPrecision(2)) : Number(value.toFixed(digits)));
    const bounds = [1, 2, 3, 4, 5].map((sixth) => round(values[Math.floor((values.length * sixth) / 6)] ?? 0));
    measure.classes[key] = [...new Set(bounds.filter((bound) => bound > 0))];
  }
  return measure.classes[key];
}

const paletteOf = (classes) => (state.by === "percent" ? CHANGE_COLORS : MAP_COLORS.slice(MAP_COLORS.length - 1 - classes.length));
function colorOf(classes, value) {
  if (value == null) return NO_DATA;
  if (value === 0 && state.by !== "percent") return NO_PEOPLE;
  return paletteOf(classes)[classes.filter((bound) => value >= bound).length];
}

const nameOfCode = (code) => { const name = territories.get(`D${code}`)?.name; return name ? `${name} (${code})` : code; };

let mapViews = null;
let currentRanking = { all: [] };

async function showMap() {
  const measure = currentMeasure();
  const index = state.month;
  const rows = rowsOfLevel(measure, state.level, index);
  const ranks = ranksOf(rows, state.by);
  const ranked = rows.map((row) => ({ ...row, ...ranks.get(row.id) }));
  mapWords(measure, ranked, index);
  showMapLegend(measure, ranked);
  showRanking(measure, ranked, index);

  const byId_ = new Map(ranked.map((row) => [row.id, row]));
  const features = departmentShapes.map((shape) => {
    const { code } = shape.properties;
    return feature(measure, shape, byId_.get(state.level === "regional" ? departmentRegion.get(code) : `D${code}`));
  }).sort((a, b) => a.order - b.order);
  const inRing = features.filter((shape) => RING.includes(shape.code));
  if (mapViews) {
    await Promise.all([mapViews[0].data("departments", features).runAsync(), mapViews[1].data("departments", inRing).runAsync()]);
  } else {
    const tooltip = [["name", "Territoire"], ["stockLabel", "Personnes"], ["rateLabel", "Pour 10 000 hab."], ["changeLabel", "Sur un an"], ["rankLabel", "Rang"]];
    const [whole, ring] = [byId("map-france"), byId("map-paris")];
    mapViews = await Promise.all([
      draw(whole, mapSpec(features, Math.round(whole.clientWidth * 0.98), tooltip), ""),
      draw(ring, mapSpec(inRing, Math.round(ring.clientWidth * 0.85), tooltip), ""),
    ]);
    for (const view of mapViews) view.addEventListener("click", (_, item) => item?.datum?.id && choose({ territory: item.datum.id }));
  }
  describe(byId("map-france"), `Carte des ${LEVELS[state.level] === "regions" ? "régions" : "départements"}. ${byId("map-title").textContent}. ${byId("map-deck").textContent} Les chiffres sont dans le classement.`);
  describe(byId("map-paris"), "Agrandissement de la carte : Paris, Hauts-de-Seine, Seine-Saint-Denis et Val-de-Marne.");
}

function feature(measure, shape, row) {
  const selected = territories.get(state.territory);
  const { code } = shape.properties;
  const isSelected = row?.id === state.territory || (state.level === "departmental" && selected.level === "regional" && row?.region === selected.id)
    || (state.level === "regional" && selected.region === row?.id);
  const isOther = state.other && row?.id === state.other;
  const value = row?.[state.by] ?? null;
  return {
    ...shape, id: row?.id, code, name: !row ? nameOfCode(code) : row.level === "regional" ? row.name : `${row.name} (${row.code})`,
    color: colorOf(classesOf(measure), value), strokeWidth: isSelected ? 2.6 : isOther ? 2.6 : 0.7,
    stroke: isSelected ? "#161616" : isOther ? COLORS.other : value ? "#ffffff" : "#8f8f8f", order: isSelected ? 3 : isOther ? 2 : value ? 1 : 0,
    stockLabel: row?.stock == null ? "pas de données" : count(row.stock),
    rateLabel: row?.stock != null && row.rate == null ? "pas de population" : anyRate(row?.rate ?? null),
    changeLabel: row?.change == null ? "non comparable" : `${signed(row.change)} (${signedPercent(row.percent)})`,
    rankLabel: row?.rank ? rankInWords(row, row.level) : "–",
  };
}

function mapWords(measure, rows, index) {
  const { short, format } = BY[state.by];
  const known = rows.filter((row) => row[state.by] != null).sort((a, b) => b[state.by] - a[state.by]);
  const month = fullMonth(months[index]);
  const mark = provisionalMark(measure, index);
  const what = state.level === "regional" ? "régions" : "départements";
  if (!known.length) {
    setText("map-title", state.by === "percent" ? `Évolution sur un an : non comparable en ${month}` : `Pas de chiffre par ${what.slice(0, -1)} en ${month}`);
  } else {
    const first = known.filter((row) => row[state.by] === known[0][state.by]);
    const names = first.length > 3 ? `${places(first.length)} à égalité` : listInWords(first.map(({ name }) => name));
    const unit = state.by === "rate" ? ` ${known[0].rate < 2 ? "personne" : "personnes"} pour 10\u00a0000 habitants` : state.by === "stock" ? ` ${known[0].stock < 2 ? "personne" : "personnes"}` : ` ${short}`;
    setText("map-title", known[0][state.by] === 0 && state.by !== "percent" ? `Personne n’est compté en ${month}`
      : `${names}, en tête des ${what} en ${month} : ${format(known[0][state.by])}${unit}${mark}`);
  }
  const sentences = [];
  const chosen = rows.find(({ id }) => id === state.territory);
  if (chosen?.rank) sentences.push(`${chosen.name} : ${rankInWords(chosen, chosen.level)}, ${format(chosen[state.by])}.`);
  if (known.length) sentences.push(`Médiane des ${what} : ${format(medianOf(known.map((row) => row[state.by])))}.`);
  if (state.by === "percent" && isFilling(measure, index)) sentences.push("En partie le programme ITI, qui se remplissait encore un an plus tôt.");
  const without = rows.filter((row) => row[state.by] == null && row.stock != null && !row.population);
  if (state.by === "rate" && without.length) sentences.push(`${listInWords(without.map(({ name, stock }) => `${name} compte ${people(stock)}`))}, sans population de référence.`);
  const missing = rows.filter(({ stock }) => stock == null).length;
  if (missing) sentences.push(`${places(missing)} sans données.`);
  const unlocated = valuesOf(measure, "NL")[index];
  if (unlocated) sentences.push(`Structure non localisée : ${people(unlocated)}.`);
  setText("map-deck", sentences.join(" "));
}

/** Departments drawn that no row has: outside the coverage of our own series. */
const isOutside = (rows) => departmentShapes.some(({ properties: { code } }) => !rows.some(({ id }) => id === (state.level === "regional" ? departmentRegion.get(code) : `D${code}`)));

function showMapLegend(measure, rows) {
  const classes = classesOf(measure);
  const step = (bound) => (state.by === "percent" ? `${signed(bound)}\u00a0%` : decimal(bound, Number.isInteger(bound) ? 0 : bound < 1 ? 2 : 1));
  const colors = paletteOf(classes);
  const names = colors.map((_, position) =>
    !classes.length ? "plus de 0"
    : position === 0 ? `moins de ${step(classes[0])}`
    : position === classes.length ? `${step(classes.at(-1))} et plus`
    : `${step(classes[position - 1])} à ${step(classes[position])}`);
  const items = colors.map((color, position) => [color, names[position]]);
  if (state.by !== "percent" && rows.some((row) => row[state.by] === 0)) items.unshift([NO_PEOPLE, "personne"]);
  if (rows.some((row) => row[state.by] == null)) items.push([NO_DATA, state.by === "percent" ? "non comparable" : "pas de données ou de taux"]);
  else if (isOutside(rows)) items.push([NO_DATA, "hors du champ"]);
  setText("map-legend-title", `${BY[state.by].name}, ${fullMonth(months[state.month])}`);
  byId("map-legend").replaceChildren(...items.map(([color, name]) => element("li", {},
    element("i", { class: color === NO_DATA ? "swatch hatched" : "swatch", "data-color": color, style: color === NO_DATA ? null : `border-color:${color}` }), name)));
}

const SPARK = { width: 92, height: 22 };

/** A small curve of the series, each on its own scale from zero. */
function sparkline(measure, id) {
  const values = valuesOf(measure, id);
  const highest = Math.max(1, ...values.filter((value) => value != null));
  const x = (index) => ((index - measure.first) * SPARK.width) / Math.max(1, measure.last - measure.first);
  const y = (value) => SPARK.height - 1 - (value * (SPARK.height - 3)) / highest;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({ width: SPARK.width, height: SPARK.height, viewBox: `0 0 ${SPARK.width} ${SPARK.height}`, "aria-hidden": "true" })) svg.setAttribute(name, value);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  let isDrawing = false;
  path.setAttribute("d", values.map((value, index) => {
    const isCut = value == null || months[index] === measure.breakAt;
    const command = value == null ? "" : `${isDrawing && !isCut ? "L" : "M"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
    isDrawing = value != null;
    return command;
  }).join(""));
  const dot = document.createElementNS("http://www.w3.org/2000/svg", "circle");
  if (values[state.month] != null) for (const [name, value] of Object.entries({ cx: x(state.month), cy: y(values[state.month]), r: 2.4 })) dot.setAttribute(name, value);
  svg.append(path, dot);
  return svg;
}

const RANKING_COLUMNS = [["stock", "Personnes", count], ["rate", "Pour 10 000 hab.", anyRate], ["change", "Évolution sur un an (pers.)", signed], ["percent", "Évolution sur un an (%)", signedPercent]];
const rankedBy = () => ({ rate: "pour 10 000 habitants", stock: "par l’effectif", percent: "par l’évolution" })[state.by];

function sortedRows(rows) {
  const direction = state.ascending ? 1 : -1;
  return [...rows].sort((a, b) => {
    if (state.sort === "name") return direction * a.name.localeCompare(b.name, "fr");
    const [left, right] = [a[state.sort], b[state.sort]];
    if (left == null || right == null) return (left == null) - (right == null) || a.name.localeCompare(b.name, "fr"); // without figure: last, both ways
    return direction * (left - right) || a.name.localeCompare(b.name, "fr");
  });
}

function showRanking(measure, rows, index) {
  const compared = rows.filter(({ change }) => change != null);
  const risers = compared.filter(({ change }) => change > 0).length;
  const fallers = compared.filter(({ change }) => change < 0).length;
  setText("ranking-title", compared.length ? `Sur un an, ${trendInWords(risers, fallers)}` : `Classement ${rankedBy()}, ${fullMonth(months[index])}`);
  const sorted = sortedRows(rows);
  const words = plain(state.filter);
  const kept = sorted.filter(({ name, code, region }) => (!state.region || region === state.region || state.level === "regional")
    && (!words || ` ${plain(name)}`.includes(` ${words}`) || plain(code) === words));
  const isWhole = state.isWhole || Boolean(words) || Boolean(state.region && state.level === "departmental");
  const shown = kept.filter(({ id }, position) => isWhole || position < RANKING_SHORT || id === state.territory || id === state.other);
  currentRanking = { all: sorted };
  replaceKeepingFocus(byId("ranking").querySelector(".table"), rankingTable(shown));
  byId("region-field").hidden = state.level === "regional";
  const more = byId("ranking-more");
  more.hidden = kept.length <= RANKING_SHORT || isWhole !== state.isWhole;
  more.textContent = state.isWhole ? `Réduire aux ${RANKING_SHORT} premières lignes` : `Voir les ${places(rows.length)}`;
  more.setAttribute("aria-expanded", state.isWhole);
  setText("ranking-count", words || state.region ? `${places(kept.length)} sur ${count(rows.length)}` : "");
}

function trendInWords(risers, fallers) {
  const verbs = (number, one, many) => `${places(number)} ${number < 2 ? one : many}`;
  const none = state.level === "regional" ? "aucune" : "aucun";
  if (!risers && !fallers) return `${none === "aucune" ? "aucune région" : "aucun département"} ne progresse ni ne recule`;
  if (!risers) return `${verbs(fallers, "recule", "reculent")} et ${none} ne progresse`;
  if (!fallers) return `${verbs(risers, "progresse", "progressent")} et ${none} ne recule`;
  return `${verbs(risers, "progresse", "progressent")} et ${count(fallers)} ${fallers < 2 ? "recule" : "reculent"}`;
}

/** The ranking as a table; the place of each is its rank on the map, whatever the order of rows. */
function rankingTable(rows) {
  const measure = currentMeasure();
  const heading = (key, title, isNumber) => {
    const button = element("button", { type: "button", "data-focus": `sort-${key}` }, title);
    button.onclick = () => choose({ sort: key, ascending: state.sort === key ? !state.ascending : key === "name" || key === "rank" });
    return element("th", {
      scope: "col", class: [isNumber && "number", key].filter(Boolean).join(" "),
      "aria-sort": state.sort === key && (state.ascending ? "ascending" : "descending"),
    }, button);
  };
  const body = rows.map((row) => {
    const isChosen = row.id === state.territory;
    const button = element("button", { type: "button", title: "Choisir ce territoire", "data-focus": `row-${row.id}`, "aria-pressed": isChosen }, row.name);
    button.onclick = () => choose({ territory: row.id });
    return element("tr", { class: isChosen ? "selected" : row.id === state.other ? "other" : null, "data-id": row.id },
      element("td", { class: "number rank", "data-value": row.rank ?? "" }, row.rank ? rankInWords(row, row.level) : "–"),
      element("th", { scope: "row" }, button),
      ...RANKING_COLUMNS.map(([key, , format]) => element("td", { class: `number ${key}`, "data-value": row[key] ?? "" }, format(row[key]))),
      element("td", { class: "spark" }, sparkline(measure, row.id)));
  });
  return element("table", {},
    element("caption", { class: "visually-hidden" }, `Classement ${rankedBy()}, ${measure.name}, ${fullMonth(months[state.month])}`),
    element("thead", {}, element("tr", {}, heading("rank", "Rang", true), heading("name", state.level === "regional" ? "Région" : "Département"),
      ...RANKING_COLUMNS.map(([key, title]) => heading(key, title, true)),
      element("th", { scope: "col", class: "spark" }, "Série"))),
    element("tbody", {}, ...body));
}
