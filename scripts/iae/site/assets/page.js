"use strict";

// The page: what is chosen (territory, measure, month, order) and how each section shows it.

const data = JSON.parse(document.getElementById("data").textContent);
const departmentShapes = JSON.parse(document.getElementById("departments").textContent).features;

const { months, composite, types, published } = data;
const typographic = (text) => text.replaceAll("'", "’");
for (const territory of data.territories) territory.name = typographic(territory.name);
for (const type of types) type.label = typographic(type.label);
const territories = new Map(data.territories.map((territory) => [territory.id, territory]));
const departments = data.territories.filter(({ level }) => level === "departmental");
const RING = ["75", "92", "93", "94"];
const RANKING_SHORT = 15;

const state = { territory: "FR", measure: null, month: null, sort: "rate", ascending: false, wholeRanking: false };

const byId = (id) => document.getElementById(id);
const lastIndexWith = (values, test = (value) => value != null) => (values ?? []).findLastIndex(test);
const setText = (id, text) => { byId(id).textContent = spacedMarks(text); };

/** Create an element: attributes, then children (text or elements). */
function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value != null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

/** A table: columns are [title, value of a row, is it a number]. */
function table(caption, columns, rows) {
  const head = columns.map(([title, , isNumber]) => element("th", { scope: "col", class: isNumber && "number" }, title));
  const body = rows.map((row) => element("tr", {}, ...columns.map(([, value, isNumber], position) =>
    element(position ? "td" : "th", { scope: position ? null : "row", class: isNumber && "number" }, value(row)))));
  return element("table", {},
    element("caption", { class: "visually-hidden" }, caption),
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...body));
}

/** Draw a figure, or say why there is nothing to draw; its table is filled when opened. */
async function showFigure(id, spec, alternative, makeTable) {
  const figure = byId(id);
  const chart = figure.querySelector(".chart");
  const details = figure.querySelector("details");
  figure.querySelector(".legend")?.toggleAttribute("hidden", !spec);
  details.hidden = !spec;
  if (!spec) {
    for (const name of ["role", "aria-label"]) chart.removeAttribute(name);
    chart.replaceChildren(element("p", { class: "empty" }, alternative));
    return;
  }
  fillWhenOpened(details, makeTable);
  await draw(chart, spec, alternative);
}

/** In a legend, only the lines that are drawn. */
function showKeys(id, rows, lines) {
  for (const line of lines) {
    const key = byId(id).querySelector(`.key.${line.id}`);
    key.parentElement.hidden = !rows.some(({ series }) => series === line.id);
  }
}

function fillWhenOpened(details, makeTable) {
  const fill = () => {
    if (!details.open) return;
    const made = makeTable();
    const region = details.querySelector(".table");
    region.setAttribute("aria-label", made.caption.textContent);
    region.replaceChildren(made);
  };
  details.ontoggle = fill;
  fill();
}

/** Rows of a line: cut at `breakAt`, dashed where provisional (joined to the last definitive point). */
function lineRows(series, values, provisional, breakAt) {
  const rows = [];
  values.forEach((value, index) => {
    if (value == null) return;
    const isBroken = breakAt && months[index] >= breakAt;
    const part = isBroken ? "after" : "before";
    const row = { series, value, time: time(months[index]) };
    rows.push({ ...row, provisional: Boolean(provisional[index]), part: `${part}-${Boolean(provisional[index])}` });
    const next = index + 1;
    const staysTogether = next < months.length && (!breakAt || isBroken || months[next] < breakAt);
    if (staysTogether && !provisional[index] && provisional[next]) {
      rows.push({ ...row, provisional: true, part: `${part}-true` });
    }
  });
  return rows;
}

const SCOPES = [
  { id: "official", name: "périmètre officiel", color: COLORS.official, width: 5, breakAt: BREAK },
  { id: "constant", name: "périmètre constant", color: COLORS.constant, width: 2, breakAt: null },
];
const stockOf = (scope, territory) => composite[scope].stock[territory] ?? [];
const provisionalMark = (index, provisional = composite.provisional) => (provisional[index] ? " (provisoire)" : "");
const since = (index) => `qu’en ${fullMonth(`${Number(months[index].slice(0, 4)) - 1}${months[index].slice(4)}`)}`;

const changeOf = (scope, territory, index) => ({
  change: composite[scope].change[territory]?.[index] ?? null,
  percent: composite[scope].percent[territory]?.[index] ?? null,
});

// ---------------------------------------------------------------- the composite over time

async function showComposite() {
  const territory = territories.get(state.territory);
  const official = stockOf("official", territory.id);
  const constant = stockOf("constant", territory.id);
  const lastOfficial = lastIndexWith(official);
  const lastConstant = lastIndexWith(constant);
  const last = Math.max(lastOfficial, lastConstant);

  if (last < 0) {
    setText("evolution-title", `${territory.name} : pas de chiffre pour l’indicateur composite`);
    setText("evolution-deck", "Aucun périmètre n’est complet : il manque au moins une de ses composantes.");
    setText("composite-title", "Les deux périmètres");
    byId("tiles").replaceChildren();
    await showFigure("composite", null, "Pas de donnée : il manque au moins une composante à chaque périmètre.");
    return;
  }

  const scope = lastOfficial >= lastConstant ? "official" : "constant";
  const stock = stockOf(scope, territory.id)[last];
  const { change, percent } = changeOf(scope, territory.id, last);
  const words = changeInWords(percent, change, since(last));
  setText("evolution-title",
    `${territory.name} : ${people(stock)} en insertion en ${fullMonth(months[last])}${words && `, ${words}`}${provisionalMark(last)}`);
  setText("evolution-deck", compositeDeck(scope, last, lastOfficial, constant));
  byId("tiles").replaceChildren(...tiles(territory, last));
  setText("composite-title", compositeTitle(official, constant));

  const rows = SCOPES.flatMap(({ id, breakAt }) => lineRows(id, stockOf(id, territory.id), composite.provisional, breakAt));
  const pointerRows = months.flatMap((month, index) => (official[index] ?? constant[index]) == null ? [] : [{
    time: time(month), month: fullMonth(month) + provisionalMark(index),
    official: count(official[index] ?? null), constant: count(constant[index] ?? null),
  }]);
  const tooltip = [["month", "Mois"], ["official", "Périmètre officiel"], ["constant", "Périmètre constant"]];
  const shown = monthsShown(official, constant);
  showKeys("composite", rows, SCOPES);
  await showFigure("composite",
    compositeSpec({
      months: shown, provisional: composite.provisional.slice(months.indexOf(shown[0])),
      rows, pointerRows, tooltip, lines: SCOPES, low: lowestMonth(constant, shown),
    }),
    `Courbe du nombre de personnes par mois, ${territory.name}. ${byId("composite-title").textContent}. ${byId("evolution-deck").textContent}`,
    () => compositeTable(territory));
}

function monthsShown(...series) {
  const has = (index) => series.some((values) => values[index] != null);
  const indexes = months.map((_, index) => index).filter(has);
  return months.slice(indexes[0], indexes.at(-1) + 1);
}

function compositeDeck(scope, last, lastOfficial, constant) {
  const sentences = [];
  if (scope === "official") {
    sentences.push("Périmètre officiel.");
  } else {
    const missing = composite.missing[last];
    sentences.push("Périmètre constant (ACI, AI, EI et ETTI).",
      missing ? `Le périmètre officiel n’est pas donné : il manque ${listInWords(missing.split(","))}.` : "");
    if (lastOfficial >= 0) sentences.push(`Il s’arrête en ${fullMonth(months[lastOfficial])}.`);
  }
  const definitive = months.findLastIndex((_, index) => constant[index] != null && !composite.provisional[index]);
  if (definitive >= 0 && composite.provisional[last]) {
    const { change, percent } = changeOf("constant", state.territory, definitive);
    const words = changeInWords(percent, change, since(definitive));
    sentences.push(`Dernier mois définitif : ${fullMonth(months[definitive])}, ${people(constant[definitive])} à périmètre constant${words && `, ${words}`}.`);
  }
  return sentences.filter(Boolean).join(" ");
}

function compositeTitle(official, constant) {
  const at = months.indexOf(BREAK);
  if (at >= 0 && official[at] != null && constant[at] != null) {
    return `En ${fullMonth(BREAK)}, l’élargissement du périmètre officiel ajoute ${people(official[at] - constant[at])}`;
  }
  return "Les deux périmètres, mois par mois";
}

/** The lowest definitive month of the constant scope, to be named on the chart. */
function lowestMonth(constant, shown) {
  const definitive = shown.map((month) => months.indexOf(month)).filter((index) => constant[index] != null && !composite.provisional[index]);
  if (!definitive.length) return null;
  const index = definitive.reduce((low, other) => (constant[other] < constant[low] ? other : low));
  return {
    time: time(months[index]), value: constant[index], isEarly: shown.indexOf(months[index]) < shown.length / 2,
    label: `${fullMonth(months[index])}\u00a0: ${count(constant[index])}`,
  };
}

function tiles(territory, last) {
  const tile = (what, figure, detail) => element("div", { class: "tile" },
    element("p", { class: "what" }, what), element("p", { class: "figure" }, figure), element("p", { class: "detail" }, detail));
  const ofScope = ({ id, name }) => {
    const index = lastIndexWith(stockOf(id, territory.id));
    const title = name[0].toUpperCase() + name.slice(1);
    if (index < 0) return tile(title, "–", "pas donné : une composante manque");
    const { change, percent } = changeOf(id, territory.id, index);
    const trend = change == null ? "évolution sur un an non comparable" : `${signed(change)} sur un an${percent == null ? "" : ` (${signedPercent(percent)})`}`;
    return tile(title, count(stockOf(id, territory.id)[index]), `${fullMonth(months[index])}${provisionalMark(index)} ; ${trend}`);
  };
  const shown = SCOPES.map(ofScope);
  const scope = stockOf("official", territory.id)[last] == null ? "constant" : "official";
  const rate = (id) => per10000(stockOf(scope, id)[last], territories.get(id)?.population);
  if (rate(territory.id) != null) {
    const detail = territory.id === "FR" ? `en ${fullMonth(months[last])}, périmètre ${scope === "official" ? "officiel" : "constant"}` : `contre ${anyRate(rate("FR"))} en France, ${fullMonth(months[last])}`;
    shown.push(tile("Pour 10\u00a0000 habitants", anyRate(rate(territory.id)), detail));
  }
  return shown;
}

const per10000 = (stock, population) => (stock == null || !population ? null : (10000 * stock) / population);

const anyRate = (rate) => decimal(rate, rate < 2 ? 2 : 1);

function compositeTable(territory) {
  const rows = months.map((_, index) => index).filter((index) => SCOPES.some(({ id }) => stockOf(id, territory.id)[index] != null)).reverse();
  const columns = [["Mois", (index) => fullMonth(months[index]) + provisionalMark(index), false]];
  for (const { id, name } of SCOPES) {
    columns.push([name[0].toUpperCase() + name.slice(1), (index) => count(stockOf(id, territory.id)[index] ?? null), true],
      ["Sur 12 mois", (index) => signed(changeOf(id, territory.id, index).change), true],
      ["En %", (index) => signedPercent(changeOf(id, territory.id, index).percent), true]);
  }
  return table(`Indicateur composite, ${territory.name}`, columns, rows);
}

// ---------------------------------------------------------------- the stock by type

async function showTypes() {
  const territory = territories.get(state.territory);
  const stockOfType = (type) => type.stock[territory.id] ?? [];
  const loaded = types.filter((type) => lastIndexWith(stockOfType(type)) >= 0);
  const common = Math.min(...loaded.map((type) => lastIndexWith(stockOfType(type))));
  const total = loaded.reduce((sum, type) => sum + stockOfType(type)[common], 0);
  const figure = byId("by-type");
  figure.querySelector("details").hidden = !loaded.length;

  if (!loaded.length) {
    setText("types-title", `${territory.name} : aucun type de structure n’a de chiffre`);
    setText("types-deck", "Aucun extrait qui permette de compter par type n’est chargé.");
    byId("type-cards").replaceChildren();
    return;
  }
  const share = (type) => (total ? (100 * stockOfType(type)[common]) / total : 0);
  const first = loaded.reduce((most, type) => (share(type) > share(most) ? type : most));
  const lowerFirst = (text) => text[0].toLowerCase() + text.slice(1);
  setText("types-title", total
    ? `${territory.name} : les ${lowerFirst(first.label)} comptent ${decimal(share(first))}\u00a0% des personnes en ${fullMonth(months[common])}`
    : `${territory.name} : personne n’est compté en ${fullMonth(months[common])}`);
  const unknown = types.filter((type) => !loaded.includes(type)).map(({ id }) => id);
  setText("types-deck", "Chaque type a sa propre échelle, à partir de zéro. Une personne présente dans deux types compte dans chacun."
    + (unknown.length ? ` Pas de donnée chargée pour ${listInWords(unknown)}.` : ""));

  const cards = types.map((type) => [type, typeCard(type, stockOfType(type))]);
  byId("type-cards").replaceChildren(...cards.map(([, card]) => card),
    ...(total ? [sharesCard(loaded, share, common)] : []));
  fillWhenOpened(figure.querySelector("details"), () => typesTable(territory, loaded, stockOfType));
  await Promise.all(cards.filter(([type]) => loaded.includes(type)).map(([type, card]) => {
    const values = stockOfType(type);
    const pointerRows = months.flatMap((month, index) => values[index] == null ? [] : [{
      time: time(month), value: values[index], label: count(values[index]),
      month: fullMonth(month) + provisionalMark(index, type.provisional),
    }]);
    const shown = months.slice(0, Math.max(...loaded.map((other) => lastIndexWith(stockOfType(other)))) + 1);
    return draw(card.querySelector(".chart"),
      typeSpec(shown, type.provisional, lineRows("type", values, type.provisional, null), pointerRows),
      `${type.label}, ${territory.name} : ${card.querySelector(".figure").textContent}, ${card.querySelector(".detail").textContent}`);
  }));
}

function typeCard(type, values) {
  const last = lastIndexWith(values);
  const title = [element("h3", {}, type.id), element("p", { class: "label" }, type.label)];
  if (last < 0) return element("div", { class: "card" }, ...title, element("p", { class: "empty" }, "Aucune donnée chargée"));
  const before = last >= 12 ? values[last - 12] : null;
  const change = before == null ? null : values[last] - before;
  const words = changeInWords(before ? (100 * change) / before : null, change, "sur un an").replace("autant sur un an", "stable sur un an");
  return element("div", { class: "card" }, ...title,
    element("p", { class: "figure" }, people(values[last])),
    element("p", { class: "detail" }, `${fullMonth(months[last])}${provisionalMark(last, type.provisional)}${words && ` ; ${words}`}`),
    element("div", { class: "chart" }));
}

function sharesCard(loaded, share, common) {
  const largest = Math.max(...loaded.map(share));
  const items = loaded.map((type) => element("li", {},
    element("span", {}, type.id),
    element("span", { class: "track" }, element("span", { class: "fill", style: `width:${(100 * share(type)) / largest}%` })),
    element("b", {}, `${decimal(share(type))}\u00a0%`)));
  return element("div", { class: "card" }, element("h3", {}, "Part de chaque type"),
    element("p", { class: "label" }, `En ${fullMonth(months[common])}, ${loaded.length < types.length ? "types chargés seulement" : "tous types"}`),
    element("ul", { class: "shares" }, ...items));
}

function typesTable(territory, loaded, stockOfType) {
  const rows = months.map((_, index) => index).filter((index) => loaded.some((type) => stockOfType(type)[index] != null)).reverse();
  return table(`Personnes par type de structure, ${territory.name}`,
    [["Mois", (index) => fullMonth(months[index]), false],
      ...loaded.map((type) => [type.id, (index) => count(stockOfType(type)[index] ?? null) + (type.provisional[index] ? " p" : ""), true])],
    rows);
}

// ---------------------------------------------------------------- the map and the ranking

const measures = [
  ...SCOPES.map(({ id, name }) => ({
    id, name: name[0].toUpperCase() + name.slice(1), group: "Indicateur composite", ...composite[id], provisional: composite.provisional,
  })),
  ...types.map((type) => ({ id: type.id, name: `${type.id} – ${type.label}`, group: "Par type de structure", stock: type.stock, provisional: type.provisional })),
].map((measure) => {
  const known = months.map((_, index) => departments.some(({ id }) => measure.stock[id]?.[index] != null));
  return { ...measure, first: known.indexOf(true), last: known.lastIndexOf(true), classes: null };
});
const currentMeasure = () => measures.find(({ id }) => id === state.measure);

/** Upper bounds of the classes: sixths of all months and departments, so that colours hold over time. */
function classesOf(measure) {
  if (!measure.classes) {
    const rates = departments.flatMap(({ id, population }) =>
      (measure.stock[id] ?? []).map((stock) => per10000(stock, population)).filter((rate) => rate > 0)).sort((a, b) => a - b);
    measure.digits = rates.at(-1) > 20 ? 0 : rates.at(-1) > 2 ? 1 : 2;
    const bounds = [1, 2, 3, 4, 5].map((sixth) => Number((rates[Math.floor((rates.length * sixth) / 6)] ?? 0).toFixed(measure.digits)));
    measure.classes = [...new Set(bounds.filter((bound) => bound > 0))];
  }
  return measure.classes;
}

const rateText = (measure, rate) => decimal(rate, Math.max(1, measure.digits));
const classOf = (classes, rate) => classes.filter((bound) => rate >= bound).length;
const colorOf = (classes, rate) =>
  rate == null ? NO_DATA : rate === 0 ? NO_PEOPLE : MAP_COLORS[MAP_COLORS.length - 1 - classes.length + classOf(classes, rate)];

/** What the map and the ranking show of a department: the marts' change where they give one. */
function departmentRow(measure, department, index) {
  const values = measure.stock[department.id] ?? [];
  const stock = values[index] ?? null;
  const before = index >= 12 ? values[index - 12] ?? null : null;
  const isScope = Boolean(measure.change);
  const change = isScope ? measure.change[department.id]?.[index] ?? null : stock == null || before == null ? null : stock - before;
  const percent = isScope ? measure.percent[department.id]?.[index] ?? null : change == null || !before ? null : (100 * change) / before;
  return { ...department, stock, rate: per10000(stock, department.population), change, percent };
}

let mapViews = null;

async function showMap() {
  const measure = currentMeasure();
  if (!measure || measure.last < 0) {
    const message = "Aucun chiffre par département n’est chargé.";
    setText("map-title", message);
    setText("map-deck", "");
    byId("map-controls").hidden = true;
    document.querySelector(".map-layout").hidden = true;
    return;
  }
  const index = state.month;
  const rows = departments.map((department) => departmentRow(measure, department, index));
  const byCode = new Map(rows.map((row) => [row.code, row]));
  const features = departmentShapes.map((shape) => feature(measure, shape, byCode.get(shape.properties.code)))
    .sort((a, b) => a.order - b.order);

  mapWords(measure, rows, index);
  showLegend(measure, rows);
  showRanking(measure, rows, index);

  const inRing = features.filter((shape) => RING.includes(shape.code));
  if (mapViews) {
    await Promise.all([mapViews[0].data("departments", features).runAsync(), mapViews[1].data("departments", inRing).runAsync()]);
  } else {
    const width = byId("map-france").clientWidth;
    mapViews = await Promise.all([
      draw(byId("map-france"), mapSpec(features, Math.round(width * 0.98)), ""),
      draw(byId("map-paris"), mapSpec(inRing, Math.round(byId("map-paris").clientWidth * 0.85)), ""),
    ]);
    for (const view of mapViews) view.addEventListener("click", (_, item) => item?.datum?.id && choose({ territory: item.datum.id }));
  }
  const summary = `${byId("map-title").textContent}. ${byId("map-deck").textContent}`;
  byId("map-france").setAttribute("aria-label", `Carte des départements. ${summary} Les chiffres sont dans le classement.`);
  byId("map-paris").setAttribute("aria-label", "Agrandissement de la carte : Paris, Hauts-de-Seine, Seine-Saint-Denis et Val-de-Marne.");
}

function feature(measure, shape, row) {
  const isSelected = row?.id === state.territory;
  const rate = row?.rate ?? null;
  return {
    ...shape, id: row?.id, code: shape.properties.code, name: row ? `${row.name} (${row.code})` : shape.properties.code,
    color: colorOf(classesOf(measure), rate), strokeWidth: isSelected ? 3 : 0.7,
    stroke: isSelected ? COLORS.official : rate ? "#ffffff" : "#a3abb8", order: isSelected ? 2 : rate ? 1 : 0,
    stockLabel: row?.stock == null ? "pas de donnée" : count(row.stock), rateLabel: rateText(measure, rate),
    changeLabel: row?.change == null ? "non comparable" : `${signed(row.change)} (${signedPercent(row.percent)})`,
  };
}

function mapWords(measure, rows, index) {
  const known = rows.filter(({ rate }) => rate != null).sort((a, b) => b.rate - a.rate);
  const month = fullMonth(months[index]);
  const suffix = provisionalMark(index, measure.provisional);
  const highest = known[0];
  setText("map-title", !highest ? `Pas de chiffre par département en ${month}`
    : highest.rate === 0 ? `Aucun département ne compte de personne en ${month}`
    : `${highest.name}, en tête des départements en ${month} : ${rateText(measure, highest.rate)} ${highest.rate < 2 ? "personne" : "personnes"} pour 10\u00a0000 habitants${suffix}`);

  const median = known.length ? known[Math.floor((known.length - 1) / 2)].rate : null;
  const sentences = [`${measure.name}.`];
  if (known.length) sentences.push(median === 0 ? "Au moins la moitié des départements n’en comptent aucune."
    : `La moitié des départements ne dépassent pas ${rateText(measure, median)}.`);
  const missing = rows.length - known.length;
  if (missing) sentences.push(`${plural(missing, "département", "départements")} sans donnée.`);
  const located = measure.stock.NL?.[index];
  if (located) sentences.push(`${people(located)} ${located < 2 ? "n’est pas localisée" : "ne sont pas localisées"}.`);
  setText("map-deck", sentences.join(" "));
}

function showLegend(measure, rows) {
  const classes = classesOf(measure);
  const step = (bound) => decimal(bound, measure.digits);
  const colors = MAP_COLORS.slice(MAP_COLORS.length - 1 - classes.length);
  const names = colors.map((_, position) =>
    !classes.length ? "plus de 0"
    : position === 0 ? `moins de ${step(classes[0])}`
    : position === classes.length ? `${step(classes.at(-1))} et plus`
    : `${step(classes[position - 1])} à ${step(classes[position])}`);
  const items = colors.map((color, position) => [color, names[position]]);
  if (rows.some(({ rate }) => rate === 0)) items.unshift([NO_PEOPLE, "personne"]);
  if (rows.some(({ rate }) => rate == null)) items.push([NO_DATA, "pas de donnée"]);
  byId("map-legend").replaceChildren(...items.map(([color, name]) =>
    element("li", {}, element("i", { class: "swatch", style: `background:${color}` }), name)));
}

function trendInWords(risers, fallers) {
  const some = (number, one, many) => `${plural(number, "département", "départements")} ${number < 2 ? one : many}`;
  if (!risers && !fallers) return "aucun département ne progresse ni ne recule";
  if (!risers) return `${some(fallers, "recule", "reculent")} et aucun ne progresse`;
  if (!fallers) return `${some(risers, "progresse", "progressent")} et aucun ne recule`;
  return `${some(risers, "progresse", "progressent")} et ${some(fallers, "recule", "reculent")}`;
}

function showRanking(measure, rows, index) {
  const compared = rows.filter(({ change }) => change != null);
  const risers = compared.filter(({ change }) => change > 0).length;
  const fallers = compared.filter(({ change }) => change < 0).length;
  setText("ranking-title", compared.length ? `Sur 12 mois, ${trendInWords(risers, fallers)}`
    : `Évolution sur 12 mois non comparable en ${fullMonth(months[index])}`);

  const direction = state.ascending ? 1 : -1;
  const sorted = [...rows].sort((a, b) => {
    if (state.sort === "name") return direction * a.name.localeCompare(b.name, "fr");
    const [left, right] = [a[state.sort], b[state.sort]];
    if (left == null || right == null) return (left == null) - (right == null); // without figure: last, both ways
    return direction * (left - right) || a.name.localeCompare(b.name, "fr");
  });
  const ranked = sorted.map((row, position) => ({ ...row, rank: position + 1 }));
  const shown = ranked.filter(({ rank, id }) => state.wholeRanking || rank <= RANKING_SHORT || id === state.territory);
  const widest = 30; // Beyond ± 30 %, the bar is full: a few small departments would flatten the others.

  const columns = [["name", "Département"], ["stock", "Personnes"], ["rate", "Pour 10 000 hab."], ["percent", "Sur 12 mois"]];
  const head = columns.map(([key, title]) => {
    const button = element("button", { type: "button" }, title);
    button.onclick = () => choose({ sort: key, ascending: state.sort === key ? !state.ascending : key === "name" });
    return element("th", {
      scope: "col", class: key !== "name" && "number",
      "aria-sort": state.sort === key && (state.ascending ? "ascending" : "descending"),
    }, button);
  });
  const body = shown.map((row) => {
    const button = element("button", { type: "button", title: "Choisir ce territoire" }, row.name);
    button.onclick = () => choose({ territory: row.id });
    const width = (50 * Math.min(widest, Math.abs(row.percent ?? 0))) / widest;
    const trend = element("span", { class: "trend", "aria-hidden": "true" },
      element("i", { class: row.percent < 0 && "fall", style: `width:${width}%` }));
    return element("tr", { class: row.id === state.territory && "selected", "data-id": row.id },
      element("td", { class: "number rank" }, String(row.rank)),
      element("th", { scope: "row" }, button),
      element("td", { class: "number" }, count(row.stock)),
      element("td", { class: "number" }, rateText(measure, row.rate)),
      element("td", { class: "number", title: row.change == null ? null : `${signed(row.change)} en personnes` }, signedPercent(row.percent), row.percent == null ? "" : trend));
  });
  byId("ranking").querySelector(".table").replaceChildren(element("table", {},
    element("caption", { class: "visually-hidden" }, `Classement des départements, ${measure.name}, ${fullMonth(months[index])}`),
    element("thead", {}, element("tr", {}, element("th", { scope: "col", class: "rank" }, "Rang"), ...head)), element("tbody", {}, ...body)));
  byId("ranking-more").textContent = state.wholeRanking ? `Réduire aux ${RANKING_SHORT} premiers` : `Voir les ${rows.length} départements`;
  byId("ranking-more").setAttribute("aria-expanded", state.wholeRanking);
}

// ---------------------------------------------------------------- the published series

async function showPublished() {
  const territory = territories.get(state.territory);
  const comparable = data.comparable[territory.id] ?? [];
  const latest = published.at(-1);
  const series = comparable.some((value) => value != null) ? comparable : latest?.stock[territory.id] ?? [];
  if (lastIndexWith(series) < 0) {
    const message = published.length
      ? `La série publiée ne donne pas de chiffre pour ce territoire (${territory.name}).`
      : "La série publiée par l’administration n’est pas chargée.";
    setText("published-title", message);
    setText("published-deck", published.length ? ""
      : "Ses éditions sont sur data.gouv.fr : une fois chargées, elles sont ici comparées à l’indicateur recalculé.");
    document.querySelector("#publiee .pair").hidden = true;
    return;
  }
  document.querySelector("#publiee .pair").hidden = false;
  const constant = data.isComparable ? stockOf("constant", territory.id) : [];
  const official = data.isComparable ? stockOf("official", territory.id) : [];
  const edition = fullDay(latest.edition);
  setText("published-title", data.isComparable ? publishedTitle(territory, series, constant)
    : `${territory.name} : la série publiée est réelle, elle ne se compare pas à des données fictives`);
  setText("published-deck", `L’administration a publié cet indicateur jusqu’en janvier 2023. Édition du ${edition}`
    + `${territory.id === "FR" ? ", Mayotte retirée pour compter le même champ" : ""}. Depuis janvier 2021, elle compte aussi les EITI, les GEIQ et les ITI${data.isComparable ? " : elle se compare alors au périmètre officiel" : ""}.`);
  setText("comparison-title", comparisonTitle(series, official));
  const lines = [
    { id: "published", color: COLORS.published, width: 6, breakAt: BREAK },
    { id: "official", color: COLORS.official, width: 3, breakAt: BREAK },
    { id: "constant", color: COLORS.constant, width: 1.75, breakAt: null },
  ];
  const valuesOf = { published: series, official, constant };
  const pointerRows = months.flatMap((month, index) => lines.every(({ id }) => valuesOf[id][index] == null) ? [] : [{
    time: time(month), month: fullMonth(month),
    ...Object.fromEntries(lines.map(({ id }) => [id, count(valuesOf[id][index] ?? null)])),
  }]);
  const tooltip = [["month", "Mois"], ["published", "Série publiée"], ["official", "Périmètre officiel"], ["constant", "Périmètre constant"]];
  const rows = lines.flatMap(({ id, breakAt }) => lineRows(id, valuesOf[id], months.map(() => false), breakAt));
  showKeys("comparison", rows, lines);
  await Promise.all([
    showFigure("comparison", compositeSpec({ months: monthsShown(series, official, constant), provisional: [], rows, pointerRows, tooltip, lines }),
      `Courbes de la série publiée et des deux périmètres, ${territory.name}. ${byId("published-title").textContent}.`,
      () => comparisonTable(territory, series, official, constant)),
    showRevisions(territory),
  ]);
}

/** Mean difference of the months that count the same types, before the official scope widened. */
function meanDifference(series, ours, test) {
  const indexes = months.map((_, index) => index).filter((index) => test(months[index]) && series[index] && ours[index] != null);
  const sum = (values) => indexes.reduce((total, index) => total + values[index], 0);
  return indexes.length ? { percent: (100 * (sum(ours) - sum(series))) / sum(series), from: months[indexes[0]], to: months[indexes.at(-1)] } : null;
}

function differenceInWords(percent) {
  if (Math.abs(percent) < 0.05) return "égal à la série publiée";
  return `${decimal(Math.abs(percent))}\u00a0% ${percent > 0 ? "au-dessus" : "au-dessous"} de la série publiée`;
}

function publishedTitle(territory, series, constant) {
  const difference = meanDifference(series, constant, (month) => month < BREAK);
  if (!difference) return `${territory.name} : la série publiée va jusqu’en ${fullMonth(months[lastIndexWith(series)])}`;
  return `${territory.name} : ${ofMonth(difference.from)} à ${fullMonth(difference.to)}, le périmètre constant est en moyenne ${differenceInWords(difference.percent)}`;
}

function comparisonTitle(series, official) {
  const difference = meanDifference(series, official, (month) => month >= BREAK);
  if (difference) return `Depuis ${fullMonth(difference.from)}, le périmètre officiel est en moyenne ${differenceInWords(difference.percent)}`;
  return data.isComparable ? "La série publiée et l’indicateur recalculé" : "La série publiée, mois par mois";
}

function comparisonTable(territory, series, official, constant) {
  const rows = months.map((_, index) => index).filter((index) => series[index] != null).reverse();
  const difference = (index) => (constant[index] == null ? null : constant[index] - series[index]);
  return table(`Série publiée et indicateur recalculé, ${territory.name}`, [
    ["Mois", (index) => fullMonth(months[index]), false],
    ["Série publiée", (index) => count(series[index]), true],
    ["Périmètre officiel", (index) => count(official[index] ?? null), true],
    ["Périmètre constant", (index) => count(constant[index] ?? null), true],
    ["Constant − publiée", (index) => signed(difference(index)), true],
    ["En %", (index) => signedPercent(difference(index) == null || !series[index] ? null : (100 * difference(index)) / series[index]), true],
  ], rows);
}

async function showRevisions(territory) {
  const editions = published.filter(({ stock }) => lastIndexWith(stock[territory.id]) >= 0);
  const valuesOf = (edition) => edition.stock[territory.id];
  let largest = null;
  editions.slice(1).forEach((edition, position) => {
    const previous = editions[position];
    months.forEach((_, index) => {
      const [before, after] = [valuesOf(previous)[index], valuesOf(edition)[index]];
      if (before == null || after == null) return;
      if (!largest || Math.abs(after - before) > Math.abs(largest.after - largest.before)) largest = { index, before, after, previous, edition };
    });
  });
  setText("revisions-title", !largest ? "Une seule édition est chargée : pas de révision à montrer"
    : largest.after === largest.before ? "Aucun mois n’a été révisé d’une édition à l’autre"
    : `La plus forte révision : ${fullMonth(months[largest.index])}, de ${count(largest.before)} (édition du ${fullDay(largest.previous.edition)}) à ${count(largest.after)} (${fullDay(largest.edition.edition)})`);

  const palette = ["#b3a6c9", "#8f79b3", "#6a4c98", "#3f2470"];
  const styled = editions.map((edition, position) => ({
    id: edition.edition, color: palette[Math.max(0, position + palette.length - editions.length)], width: position === editions.length - 1 ? 2.5 : 2,
  }));
  const revised = months.filter((_, index) => {
    const values = new Set(editions.map((edition) => valuesOf(edition)[index]).filter((value) => value != null));
    return values.size > 1;
  });
  const shown = (revised.length ? months.slice(Math.max(0, months.indexOf(revised[0]) - 3)) : months)
    .filter((month) => editions.some((edition) => valuesOf(edition)[months.indexOf(month)] != null));
  const rows = editions.flatMap((edition) => shown.flatMap((month) => {
    const value = valuesOf(edition)[months.indexOf(month)];
    return value == null ? [] : [{ edition: edition.edition, editionName: fullDay(edition.edition), time: time(month), month: fullMonth(month), value, label: count(value) }];
  }));
  await showFigure("revisions", editions.length > 1 ? revisionsSpec(shown, rows, styled) : null,
    editions.length > 1 ? `Courbes de la série publiée, une par édition, ${territory.name}. ${byId("revisions-title").textContent}.` : "Il faut au moins deux éditions de la série publiée.",
    () => table(`Série publiée par édition, ${territory.name}`, [
      ["Mois", (month) => fullMonth(month), false],
      ...editions.map((edition) => [fullDay(edition.edition), (month) => count(valuesOf(edition)[months.indexOf(month)] ?? null), true]),
    ], [...shown].reverse()));
  byId("revisions-legend").replaceChildren(...styled.map(({ id, color }) =>
    element("span", {}, element("i", { class: "key", style: `border-color:${color}` }), fullDay(id))));
}

// ---------------------------------------------------------------- choices

const showTerritory = () => Promise.all([showComposite(), showTypes(), showPublished()]);

/** Change what is chosen and show again what depends on it. */
async function choose(changes) {
  const territoryChanges = "territory" in changes && changes.territory !== state.territory;
  Object.assign(state, changes);
  byId("territory").value = state.territory;
  byId("measure").value = state.measure;
  const measure = currentMeasure();
  if (measure && measure.last >= 0) {
    state.month = Math.min(Math.max(state.month ?? measure.last, measure.first), measure.last);
    Object.assign(byId("month"), { min: measure.first, max: measure.last, value: state.month });
    const name = fullMonth(months[state.month]) + provisionalMark(state.month, measure.provisional);
    byId("month").setAttribute("aria-valuetext", name);
    setText("month-name", name);
    byId("month-before").disabled = state.month <= measure.first;
    byId("month-after").disabled = state.month >= measure.last;
  }
  await Promise.all([showMap(), territoryChanges && showTerritory()]);
}

function fillPickers() {
  const groups = { national: "Pays", regional: "Régions", departmental: "Départements", unlocated: "Non localisé" };
  byId("territory").replaceChildren(...Object.entries(groups).map(([level, label]) =>
    element("optgroup", { label }, ...data.territories.filter((territory) => territory.level === level).map((territory) =>
      element("option", { value: territory.id }, level === "departmental" ? `${territory.code} – ${territory.name}` : territory.name)))));
  byId("measure").replaceChildren(...[...new Set(measures.map(({ group }) => group))].map((label) =>
    element("optgroup", { label }, ...measures.filter(({ group }) => group === label).map((measure) =>
      element("option", { value: measure.id, disabled: measure.last < 0 }, measure.name + (measure.last < 0 ? " (pas de donnée)" : ""))))));
}

function start() {
  fillPickers();
  const longest = measures.filter(({ last }) => last >= 0).sort((a, b) => b.last - a.last)[0];
  state.measure = longest?.id ?? null;
  byId("territory").onchange = (event) => choose({ territory: event.target.value });
  byId("measure").onchange = (event) => choose({ measure: event.target.value });
  byId("month").oninput = (event) => choose({ month: Number(event.target.value) });
  byId("month-before").onclick = () => choose({ month: state.month - 1 });
  byId("month-after").onclick = () => choose({ month: state.month + 1 });
  byId("ranking-more").onclick = () => choose({ wholeRanking: !state.wholeRanking });
  return Promise.all([choose({}), showTerritory()]);
}

start().then(() => document.body.setAttribute("data-ready", ""));
