"use strict";

// The stock by structure type, where types have figures.

/** A type as the subject of its verb: all are plural but the programme. */
const typeSubject = ({ id, label }) =>
  id === "ITI" ? "l’insertion par le travail indépendant" : `les ${label[0].toLowerCase()}${label.slice(1)}`;

async function showTypes() {
  if (!types.length) return;
  const territory = territories.get(state.territory);
  const stockOf = (type, index) => valuesOf(type, territory.id)[index] ?? null;
  const index = Math.min(state.month, ...types.map(({ last }) => last));
  const present = types.filter((type) => stockOf(type, index) != null);
  const total = present.reduce((sum, type) => sum + stockOf(type, index), 0);
  setText("types-title", typesTitle(territory, present, (type) => stockOf(type, index), total, index));
  const cards = types.map((type) => [type, typeCard(type, territory, index)]);
  byId("type-cards").replaceChildren(...cards.map(([, card]) => card), ...(total ? [sharesCard(present, (type) => stockOf(type, index), total, index)] : []));
  fillWhenOpened(byId("types").querySelector("details"), () => typesTable(territory));
  await Promise.all(cards.map(([type, card]) => {
    const values = valuesOf(type, territory.id);
    const known = months.map((_, position) => position).filter((position) => values[position] != null);
    if (!known.length) return null;
    const pointerRows = known.map((position) => ({
      time: time(months[position]), month: months[position], label: count(values[position]),
      monthName: capital(fullMonth(months[position])) + provisionalMark(type, position),
    }));
    const spec = shortYears(linesSpec({
      shown: months.slice(Math.min(...types.map(({ first }) => first)), Math.max(...types.map(({ last }) => last)) + 1),
      lines: [{ color: COLORS.main, width: 2, rows: lineRows(values, type.provisional, null) }],
      isProvisional: (month) => type.provisional[months.indexOf(month)],
      pointerRows, tooltip: [["monthName", "Mois"], ["label", "Personnes"]], isWhole: true, height: 110, ticks: 3,
    }));
    return draw(card.querySelector(".chart"), spec,
      `${type.label}, ${territory.name} : ${card.querySelector(".figure").textContent}, ${card.querySelector(".detail").textContent}`);
  }));
}

/** Shares where they mean something; numbers where few people are counted; ties are said. */
function typesTitle(territory, present, stockOf, total, index) {
  const month = fullMonth(months[index]);
  if (!total) return `${territory.name} : personne n’est compté en ${month}`;
  const largest = Math.max(...present.map(stockOf));
  const first = present.filter((type) => stockOf(type) === largest);
  const verb = first.length === 1 && first[0].id === "ITI" ? "rassemble" : "rassemblent";
  const subject = listInWords(first.map((type) => (first.length > 1 ? `les ${type.id}` : typeSubject(type))));
  const each = first.length > 1 ? " chacun" : "";
  const size = total < FEW_PEOPLE ? `${people(largest)} sur ${count(total)}` : `${decimal((100 * largest) / total)}\u00a0% des personnes`;
  return `${territory.name} : ${subject} ${verb}${each} ${size} en ${month}`;
}

function typeCard(type, territory, index) {
  const values = valuesOf(type, territory.id);
  const stock = values[index] ?? null;
  const { change, percent } = changeOf(type, territory.id, index);
  const words = changeInWords(percent, change, "sur un an").replace("autant sur un an", "stable sur un an");
  return element("div", { class: "card" }, element("h3", {}, type.id), element("p", { class: "label" }, type.label),
    element("p", { class: "figure" }, stock == null ? "–" : people(stock)),
    element("p", { class: "detail" }, spacedMarks(`${fullMonth(months[index])}${provisionalMark(type, index)}${words && ` ; ${words}`}`)),
    element("div", { class: "chart", id: `type-${type.id}` }));
}

function sharesCard(present, stockOf, total, index) {
  const largest = Math.max(...present.map(stockOf));
  const items = present.map((type) => element("li", {},
    element("span", {}, type.id),
    element("span", { class: "track" }, element("span", { class: "fill", style: `width:${(100 * stockOf(type)) / largest}%` })),
    element("b", {}, `${decimal((100 * stockOf(type)) / total)}\u00a0%`)));
  return element("div", { class: "card" }, element("h3", {}, "Part de chaque type"),
    element("p", { class: "label" }, `En ${fullMonth(months[index])}`),
    element("ul", { class: "shares" }, ...items));
}

function typesTable(territory) {
  const rows = months.map((_, index) => index).filter((index) => types.some((type) => valuesOf(type, territory.id)[index] != null)).reverse();
  return table(`Personnes par type de structure, ${territory.name}`,
    [["Mois", (index) => fullMonth(months[index])],
      ...types.flatMap((type) => [[type.id, (index) => valuesOf(type, territory.id)[index] ?? null, count]])],
    rows);
}
