"use strict";

// The composite over time, in both scopes.

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
    const added = official[at] - constant[at];
    return `En ${fullMonth(BREAK)}, l’élargissement du périmètre officiel ${added ? `ajoute ${people(added)}` : "n’ajoute personne"}`;
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
