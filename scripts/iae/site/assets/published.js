"use strict";

// How far the last month can be trusted: the published series from edition to edition, and against ours.

async function showPublished() {
  if (!byId("publiee")) return;
  const territory = territories.get(state.territory);
  const known = editions.filter(({ stock }) => stock[territory.id]);
  byId("publiee").hidden = !known.length;
  if (!known.length) return;
  await showRevisions(territory, known);
  showEditionsOfMonth(territory, known);
  showMostRevised();
}

const editionName = ({ edition }) => `édition du ${fullDay(edition)}`;

async function showRevisions(territory, known) {
  const published = measureOf("published");
  const valuesAt = (edition) => edition.stock[territory.id];
  let largest = null;
  known.slice(1).forEach((edition, position) => {
    const previous = known[position];
    months.forEach((_, index) => {
      const [before, after] = [valuesAt(previous)[index], valuesAt(edition)[index]];
      if (before == null || after == null) return;
      if (!largest || Math.abs(after - before) > Math.abs(largest.after - largest.before)) largest = { index, before, after, previous, edition };
    });
  });
  setText("revisions-title", !largest ? `${territory.name} : une seule édition, donc pas de révision`
    : largest.after === largest.before ? `${territory.name} : aucun mois révisé d’une édition à l’autre`
    : `${territory.name}, plus forte révision : ${fullMonth(months[largest.index])}, de ${count(largest.before)} (${editionName(largest.previous)}) à ${count(largest.after)} (${fullDay(largest.edition.edition)})`);
  const from = Math.max(published.first, months.indexOf(published.breakAt ?? months[published.first]) - 3);
  const shown = months.slice(from, published.last + 1);
  const lines = known.map((edition, position) => ({
    name: fullDay(edition.edition), color: orderedColor(position, known.length), width: position === known.length - 1 ? 3 : 2,
    rows: lineRows(valuesAt(edition), months.map(() => false), published.breakAt),
  }));
  const pointerRows = shown.map((month) => ({
    time: time(month), month, monthName: capital(fullMonth(month)),
    ...Object.fromEntries(known.map((edition, position) => [`e${position}`, count(valuesAt(edition)[months.indexOf(month)] ?? null)])),
  }));
  showLegend("revisions-legend", lines);
  await showFigure("revisions",
    linesSpec({ shown, lines, breakAt: published.breakAt, pointerRows, tooltip: [["monthName", "Mois"], ...known.map((edition, position) => [`e${position}`, `Éd. ${fullDay(edition.edition)}`])], isZoomed: true, isWhole: true }),
    `Courbes, une par édition, depuis ${fullMonth(shown[0])}. ${byId("revisions-title").textContent}. Les chiffres sont dans le tableau.`,
    () => table(`Série publiée par édition, ${territory.name}`, [
      ["Mois", (month) => fullMonth(month)],
      ...known.map((edition) => [capital(editionName(edition)), (month) => valuesAt(edition)[months.indexOf(month)] ?? null, count]),
    ], months.filter((month) => known.some((edition) => valuesAt(edition)[months.indexOf(month)] != null)).reverse()));
}

/** What each edition said of the month and the territory chosen. */
function showEditionsOfMonth(territory, known) {
  const said = known.map((edition) => ({ ...edition, value: edition.stock[territory.id][state.month] ?? null })).filter(({ value }) => value != null);
  const rows = said.map((row, position) => ({ ...row, revision: position ? row.value - said[position - 1].value : null }));
  const month = fullMonth(months[state.month]);
  setText("editions-title", `${territory.name}, ${month}, d’une édition à l’autre`);
  byId("editions-table").replaceChildren(rows.length ? table(byId("editions-title").textContent, [
    ["Édition", ({ edition }) => fullDay(edition)],
    ["Personnes", ({ value }) => value, count],
    ["Révision", ({ revision }) => revision, signed],
  ], rows, "editions") : element("p", { class: "empty" }, `Aucune édition ne donne ${month}.`));
}

/** Departments that moved most between the two last editions, in the last month of the first. */
function showMostRevised() {
  const [before, after] = editions.slice(-2);
  byId("most-revised").hidden = !after;
  if (!after) return;
  const index = lastIndexWith(before.stock.FR ?? []);
  const rows = ofLevel("departmental").map(({ id, name }) => ({ name, before: before.stock[id]?.[index] ?? null, after: after.stock[id]?.[index] ?? null }))
    .filter((row) => row.before != null && row.after != null && row.before)
    .map((row) => ({ ...row, revision: row.after - row.before, percent: (100 * (row.after - row.before)) / row.before }))
    .sort((a, b) => Math.abs(b.percent) - Math.abs(a.percent)).slice(0, 10);
  setText("most-revised-title", `Les dix départements les plus révisés : ${fullMonth(months[index])}`);
  byId("most-revised-table").replaceChildren(table(byId("most-revised-title").textContent, [
    ["Département", ({ name }) => name],
    [capital(editionName(before)), (row) => row.before, count],
    [capital(editionName(after)), (row) => row.after, count],
    ["Révision (personnes)", ({ revision }) => revision, signed],
    ["Révision (%)", ({ percent }) => percent, signedPercent],
  ], rows, "plus-revises"));
}

// ---- Where the recomputed series and the published one are of the same kind

async function showComparison() {
  if (!byId("ecart")) return;
  const territory = territories.get(state.territory);
  const comparable = data.comparable[territory.id] ?? [];
  const ours = ["official", "constant"].map(measureOf).filter(Boolean);
  byId("ecart").hidden = !comparable.some((value) => value != null);
  if (byId("ecart").hidden) return;
  const breakAt = measureOf("published").breakAt;
  const constant = measureOf("constant") ? valuesOf(measureOf("constant"), territory.id) : [];
  const difference = meanDifference(comparable, constant, (month) => !breakAt || month < breakAt);
  setText("ecart-title", difference
    ? `${territory.name} : de ${fullMonth(difference.from)} à ${fullMonth(difference.to)}, le périmètre constant est en moyenne ${differenceInWords(difference.percent)}`.replace(/ de (?=[ao])/, " d’")
    : `${territory.name} : la série publiée et l’indicateur recalculé`);
  const official = measureOf("official") ? meanDifference(comparable, valuesOf(measureOf("official"), territory.id), (month) => breakAt && month >= breakAt) : null;
  setText("ecart-deck", `${territory.id === "FR" ? "Mayotte est retirée de la série publiée, pour compter le même champ. " : ""}${official ? `Depuis ${fullMonth(official.from)}, le périmètre officiel est en moyenne ${differenceInWords(official.percent)}.` : ""}`);
  const lines = [
    { name: "série publiée", color: COLORS.country, width: 5, values: comparable, breakAt },
    ...ours.map(({ id, name, stock, breakAt: at }) => ({ name: name.toLowerCase(), color: id === "official" ? COLORS.main : COLORS.constant, width: 2, values: stock[territory.id] ?? [], breakAt: at })),
  ].map((line) => ({ ...line, rows: lineRows(line.values, months.map(() => false), line.breakAt) }));
  const indexes = months.map((_, index) => index).filter((index) => lines.some(({ values }) => values[index] != null));
  showLegend("comparaison-legend", lines);
  await showFigure("comparaison",
    linesSpec({
      shown: months.slice(indexes[0], indexes.at(-1) + 1), lines, breakAt, isWhole: true,
      pointerRows: indexes.map((index) => ({ time: time(months[index]), month: months[index], monthName: capital(fullMonth(months[index])), ...Object.fromEntries(lines.map(({ values }, position) => [`v${position}`, count(values[index] ?? null)])) })),
      tooltip: [["monthName", "Mois"], ...lines.map(({ name }, position) => [`v${position}`, capital(name)])],
    }),
    `Courbes de la série publiée et de l’indicateur recalculé, ${territory.name}. ${byId("ecart-title").textContent}.`,
    () => table(`Série publiée et indicateur recalculé, ${territory.name}`, [
      ["Mois", (index) => fullMonth(months[index])],
      ...lines.map(({ name, values }) => [capital(name), (index) => values[index] ?? null, count]),
    ], [...indexes].reverse()));
}

/** Mean difference over the months that a test keeps. */
function meanDifference(series, ours, test) {
  const indexes = months.map((_, index) => index).filter((index) => test(months[index]) && series[index] && ours[index] != null);
  const sum = (values) => indexes.reduce((total, index) => total + values[index], 0);
  return indexes.length ? { percent: (100 * (sum(ours) - sum(series))) / sum(series), from: months[indexes[0]], to: months[indexes.at(-1)] } : null;
}

function differenceInWords(percent) {
  if (Math.abs(percent) < 0.05) return "égal à la série publiée";
  return `${decimal(Math.abs(percent))}\u00a0% ${percent > 0 ? "au-dessus" : "au-dessous"} de la série publiée`;
}
