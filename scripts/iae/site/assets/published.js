"use strict";

// The published series: against the computed one, and edition by edition.

async function showPublished() {
  const territory = territories.get(state.territory);
  const comparable = data.comparable[territory.id] ?? [];
  const latest = published.at(-1);
  const isSameCoverage = lastIndexWith(comparable) >= 0;
  const series = isSameCoverage ? comparable : latest?.stock[territory.id] ?? [];
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
    : `${territory.name} : la série publiée, réelle, ne se compare pas à des données fictives`);
  setText("published-deck", `L’administration a publié cet indicateur jusqu’en janvier 2023. Édition du ${edition}`
    + `${territory.id === "FR" && isSameCoverage ? ", Mayotte retirée pour compter le même champ" : ""}. Depuis janvier 2021, elle compte aussi les EITI, les GEIQ et les ITI${data.isComparable ? " : elle se compare alors au périmètre officiel" : ""}.`);
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
