"use strict";

// The figure that opens the page, what it is beside others, and the sentence to quote.

/** The same words as are written in the page for France, for those who have no scripts. */
function headlineOf(measure, territory, index) {
  const values = valuesOf(measure, territory.id);
  const stock = values[index];
  if (stock == null) return `${territory.name} : pas de chiffre en ${fullMonth(months[index])}`;
  const known = values.filter((value) => value != null);
  const isOnce = known.length > 1 && known.filter((value) => value === stock).length === 1;
  const extreme = !isOnce ? "" : stock === Math.max(...known) ? ", maximum de la série" : stock === Math.min(...known) ? ", minimum de la série" : "";
  return `${territory.name} : ${people(stock)} en ${fullMonth(months[index])}${extreme}${provisionalMark(measure, index)}`;
}

const ofTerritory = ({ level }) => (level === "regional" ? "régions" : "départements");

function showHeadline() {
  const measure = currentMeasure();
  const territory = territories.get(state.territory);
  const index = state.month;
  setText("headline", headlineOf(measure, territory, index));
  setText("headline-deck", headlineDeck(measure, territory, index));
  byId("tiles").replaceChildren(...tiles(measure, territory, index));
  setText("print-address", `${location.protocol.startsWith("http") ? address() : ""}`);
  const workbook = byId("territory-workbook");
  workbook.href = `fichiers/${FILE_PREFIX}${territory.id}.xlsx`;
  workbook.textContent = `Fichier Excel : ${territory.name}`;
}

function headlineDeck(measure, territory, index) {
  const sentences = [measure.id === "published" ? `Personnes en insertion par l’activité économique, ${measure.source}.`
    : `${measure.name} : personnes en insertion par l’activité économique, ${measure.source}.`];
  if (measure.id === "published" && ["FR", "R06"].includes(territory.id)) sentences.push("Mayotte comprise.");
  const values = valuesOf(measure, territory.id);
  const last = lastIndexWith(values);
  if (last > index && measure.provisional[last]) {
    const [first] = data.revisions;
    sentences.push(`Dernier mois : ${people(values[last])} en ${fullMonth(months[last])}, chiffre fragile`
      + (measure.id === "published" && first ? ` : d’une édition à la suivante, celui d’un département a bougé de ${decimal(100 * first.median)}\u00a0% (médiane), d’un sur dix de plus de ${decimal(100 * first.decile)}\u00a0%.` : " : les déclarations tardives le révisent."));
  }
  const missing = measure.missing?.[index];
  if (missing) sentences.push(`Il manque ${listInWords(missing.split(","))}.`);
  return sentences.join(" ");
}

function tiles(measure, territory, index) {
  const tile = (what, figure, detail) => element("div", { class: "tile" },
    element("p", { class: "what" }, what), element("p", { class: "figure" }, figure), element("p", { class: "detail" }, spacedMarks(detail)));
  const shown = [];
  const values = valuesOf(measure, territory.id);

  const { change, percent } = changeOf(measure, territory.id, index);
  shown.push(change == null
    ? tile("Évolution sur un an", "–", index < 12 || valuesOf(measure, territory.id)[index - 12] == null ? "pas de chiffre un an plus tôt" : "non comparable : le champ n’était pas le même un an plus tôt")
    : tile("Évolution sur un an", signed(change), `${percent == null ? "" : percent >= 100 ? `multiplié par ${decimal(1 + percent / 100)} ` : `${signedPercent(percent)} `}depuis ${fullMonth(monthBefore(index))}${isFilling(measure, index) ? " ; en partie le programme ITI, qui se remplissait encore" : ""}`));

  const rate = rateOf(measure, territory.id, index);
  if (rate != null) {
    const beside = [territory.level === "departmental" ? territory.region : null, territory.id === "FR" ? null : "FR"].filter(Boolean)
      .map((id) => `${anyRate(rateOf(measure, id, index))} (${territories.get(id)?.name})`);
    shown.push(tile("Pour 10\u00a0000 habitants", anyRate(rate), beside.length ? `contre ${beside.join(", ")}` : measure.id === "published" ? "hors Mayotte, population municipale 2023" : "population municipale 2023"));
  }

  const [before, low] = ["2020-02", "2020-04"].map((month) => values[months.indexOf(month)] ?? null);
  if (before != null && low != null) {
    shown.push(tile("Avril 2020", count(low), before ? `${signedPercent((100 * (low - before)) / before)} depuis février 2020` : "aucune en février 2020"));
  }

  if (["regional", "departmental"].includes(territory.level) && values[index] != null) {
    const rows = rowsOfLevel(measure, territory.level, index);
    const byStock = ranksOf(rows, "stock").get(territory.id);
    const byRate = ranksOf(rows, "rate").get(territory.id);
    const peers = territory.level === "departmental" ? rows.filter(({ region }) => region === territory.region) : [];
    const among = peers.length > 1 ? ` ; ${rankInWords(ranksOf(peers, "stock").get(territory.id))} des ${peers.length} de la région` : "";
    shown.push(tile("Rang par l’effectif", rankInWords(byStock, territory.level),
      `sur ${byStock.among} ${ofTerritory(territory)}${among}${byRate ? ` ; ${rankInWords(byRate, territory.level)} pour 10 000 habitants` : ""}`));
  }
  return shown;
}

function sentenceToQuote() {
  const measure = currentMeasure();
  const territory = territories.get(state.territory);
  const stock = valuesOf(measure, territory.id)[state.month];
  const mark = measure.provisional[state.month] ? " (chiffre provisoire)" : "";
  const what = measure.label ? ` (${measure.label.toLowerCase()})` : measure.id === "constant" ? ", à périmètre constant" : "";
  const figure = stock == null ? "pas de chiffre" : `${people(stock)} en insertion par l’activité économique${what}`;
  return spacedMarks(`${data.isSynthetic ? "DONNÉES FICTIVES. " : ""}${territory.name} : ${figure} en ${fullMonth(months[state.month])}${mark}. Source : ${measure.source}, ${data.metadata.licence}.`);
}
