"use strict";

// The map of departments and their ranking.

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
  return `${some(risers, "progresse", "progressent")} et ${count(fallers)} ${fallers < 2 ? "recule" : "reculent"}`;
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

  const columns = [["name", "Département"], ["stock", "Personnes"], ["rate", "Pour 10 000 hab."], ["change", "Évolution"], ["percent", "Évolution en %"]];
  const head = columns.map(([key, title]) => {
    const button = element("button", { type: "button" }, title);
    button.onclick = () => choose({ sort: key, ascending: state.sort === key ? !state.ascending : key === "name" });
    return element("th", {
      scope: "col", class: key !== "name" && (key === "change" ? "number change" : "number"),
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
      element("td", { class: "number change" }, signed(row.change)),
      element("td", { class: "number" }, row.percent == null ? "" : trend, element("span", { class: "percent" }, signedPercent(row.percent))));
  });
  byId("ranking").querySelector(".table").replaceChildren(element("table", {},
    element("caption", { class: "visually-hidden" }, `Classement des départements, ${measure.name}, ${fullMonth(months[index])}`),
    element("thead", {}, element("tr", {}, element("th", { scope: "col", class: "rank" }, "Rang"), ...head)), element("tbody", {}, ...body)));
  byId("ranking-more").textContent = state.wholeRanking ? `Réduire aux ${RANKING_SHORT} premiers` : `Voir les ${rows.length} départements`;
  byId("ranking-more").setAttribute("aria-expanded", state.wholeRanking);
}
