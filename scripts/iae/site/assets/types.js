"use strict";

// The stock by structure type.

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
  setText("types-title", total
    ? `${territory.name} : ${typeCounts(first)} ${decimal(share(first))}\u00a0% des personnes en ${fullMonth(months[common])}`
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

/** A type as the subject of its verb: all are plural but the programme. */
const typeCounts = ({ id, label }) =>
  id === "ITI" ? "l’insertion par le travail indépendant compte" : `les ${label[0].toLowerCase()}${label.slice(1)} comptent`;

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
    element("div", { class: "chart", id: `type-${type.id}` }));
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
