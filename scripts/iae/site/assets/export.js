"use strict";

// What can be taken away: tables as files, charts as pictures, sentences and links.

const FILE_PREFIX = data.isSynthetic ? "fictif_" : "";
// Some figures are of the country, whatever the territory chosen.
const fileName = (what, extension, place) =>
  `${FILE_PREFIX}iae_${plain(what).replaceAll(" ", "-")}_${place.closest("[data-place]")?.dataset.place ?? state.territory}_${months[state.month]}.${extension}`;

function download(name, content, type) {
  const link = element("a", { download: name, href: URL.createObjectURL(new Blob([content], { type })) });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// ---- Tables, as French spreadsheets open them: `;`, decimal comma, byte order mark

const csvField = (text) => (/[";\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function csvOf(made) {
  const cellText = (cell) => {
    if ("value" in cell.dataset) return cell.dataset.value.replace(".", ",");
    return cell.textContent.replaceAll("\u00a0", " ").trim();
  };
  const rows = [...made.rows].map((row) => [...row.cells].filter((cell) => !cell.classList.contains("spark")).map(cellText));
  if (data.isSynthetic) rows.forEach((row, index) => row.push(index ? "fictif" : "Données"));
  return `\ufeff${rows.map((row) => row.map(csvField).join(";")).join("\r\n")}\r\n`;
}

function downloadTable(button) {
  const details = button.closest("details");
  const made = details?.makeTable ? details.makeTable() : wholeTable(button.dataset.table);
  const name = made.caption?.textContent ?? button.dataset.table;
  download(fileName(button.dataset.table, "csv", button), csvOf(made), "text/csv;charset=utf-8");
  say(`Tableau téléchargé : ${name}`);
}

/** The ranking is exported whole, whatever is shown of it. */
const wholeTable = (id) => (id === "classement" ? rankingTable(currentRanking.all) : byId(id));

// ---- Charts

const SVG_WIDTH = 960;
const PADDING = 24;
const xml = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

function wrapped(text, nbCharacters) {
  const lines = [""];
  for (const word of text.split(" ")) {
    if (lines.at(-1) && `${lines.at(-1)} ${word}`.length > nbCharacters) lines.push("");
    lines[lines.length - 1] = `${lines.at(-1)} ${word}`.trim();
  }
  return lines;
}

const fontFace = () => [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
  .find((rule) => rule instanceof CSSFontFaceRule)?.cssText ?? "";

/** Where a figure comes from, which need not be where the indicator chosen does. */
function sourceOf(figure) {
  const [published, ours] = [measureOf("published"), types[0]];
  return ({ revisions: [published], comparaison: [published, ours], "par-type": [ours], mouvements: [ours] }[figure.id] ?? [currentMeasure()])
    .map(({ source }) => source).join(" ; ");
}

const sourceLine = (figure) => {
  const { licence, updated } = data.metadata;
  const from = location.protocol.startsWith("http") ? `, ${location.href.split(/[?#]/)[0]}` : "";
  return `Source : ${sourceOf(figure)}. ${licence}. Mis à jour le ${updated}${from}.`;
};

/** A figure as one picture: its title, its charts, its legend, its source, date and licence. */
async function figureAsSvg(figure) {
  const title = byId(figure.dataset.title).textContent;
  const parts = [];
  let y = PADDING + 8;
  const text = (lines, size, weight, fill, x = PADDING) => lines.forEach((line) => {
    y += size * 1.25;
    parts.push(`<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${fill}">${xml(line)}</text>`);
  });
  if (data.isSynthetic) text(["DONNÉES FICTIVES : ne pas citer"], 16, 700, "#a33b00");
  if (data.isExact) text(["Diffusion restreinte : chiffres exacts"], 16, 700, "#a33b00");
  text(wrapped(title, 92), 21, 700, "#161616");
  y += 14;
  let x = PADDING;
  let bottom = y;
  for (const chart of figure.querySelectorAll(".chart")) {
    const shown = views.get(chart.id);
    if (!shown) continue;
    const source = await shown.view.toSVG();
    const [width, height] = ["width", "height"].map((name) => Number(source.match(new RegExp(`<svg[^>]* ${name}="([\\d.]+)"`))[1]));
    const card = chart.closest(".card");
    const room = card ? (SVG_WIDTH - 4 * PADDING) / 3 : SVG_WIDTH - 2 * PADDING; // three cards in a row
    const scale = Math.min(room / width, 620 / height, chart.closest(".inset") ? 1 : 4);
    let top = y;
    if (card) {
      const [name, figures, detail] = ["h3", ".figure", ".detail"].map((part) => card.querySelector(part).textContent);
      parts.push(`<text x="${x}" y="${y + 16}" font-size="16" font-weight="700" fill="#161616">${xml(`${name} : ${figures}`)}</text>`,
        `<text x="${x}" y="${y + 34}" font-size="13" fill="#4a4a4a">${xml(detail)}</text>`);
      top += 44;
    }
    parts.push(source.replace(/^[\s\S]*?<svg/, `<svg x="${x}" y="${top}"`)
      .replace(/ width="[\d.]+"/, ` width="${width * scale}"`).replace(/ height="[\d.]+"/, ` height="${height * scale}"`));
    bottom = top + height * scale + 10;
    const isRowFull = !card || x + 2 * room > SVG_WIDTH;
    x = isRowFull ? PADDING : x + room + PADDING;
    if (isRowFull) y = bottom;
  }
  if (x > PADDING) y = bottom;
  x = PADDING;
  y += 18;
  const keys = [...figure.querySelectorAll(".legend span, .map-legend li")].filter((key) => !key.hidden);
  for (const key of keys) {
    const mark = key.querySelector("i");
    const name = key.textContent.trim();
    const width = 42 + name.length * 7.6;
    if (x + width > SVG_WIDTH - PADDING) { x = PADDING; y += 22; }
    parts.push(mark.classList.contains("swatch")
      ? `<rect x="${x}" y="${y - 11}" width="22" height="13" fill="${mark.dataset.color}" stroke="#6a6a6a"/>`
      : `<line x1="${x}" x2="${x + 22}" y1="${y - 5}" y2="${y - 5}" stroke="${getComputedStyle(mark).borderTopColor}" stroke-width="${parseFloat(getComputedStyle(mark).borderTopWidth)}"${getComputedStyle(mark).borderTopStyle === "dashed" ? ' stroke-dasharray="5 3"' : ""}/>`);
    parts.push(`<text x="${x + 29}" y="${y}" font-size="15" fill="#161616">${xml(name)}</text>`);
    x += width;
  }
  y += 10;
  text(wrapped(sourceLine(figure), 145), 14, 400, "#4a4a4a");
  y += PADDING;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${SVG_WIDTH}" height="${Math.round(y)}" viewBox="0 0 ${SVG_WIDTH} ${Math.round(y)}" font-family="'Source Sans 3', 'Segoe UI', sans-serif">`
    + `<defs><style>${fontFace()}</style>${byId("hatch").outerHTML}</defs><rect width="100%" height="100%" fill="#ffffff"/>${parts.join("")}</svg>`;
}

async function downloadFigure(button) {
  const figure = button.closest("figure");
  const source = await figureAsSvg(figure);
  if (button.dataset.picture === "svg") {
    download(fileName(figure.id, "svg", figure), source, "image/svg+xml");
  } else {
    const picture = new Image();
    picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}`;
    await picture.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: 2 * picture.width, height: 2 * picture.height });
    const context = canvas.getContext("2d");
    context.scale(2, 2);
    context.drawImage(picture, 0, 0);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    download(fileName(figure.id, "png", figure), blob, "image/png");
  }
  say("Image téléchargée.");
}

// ---- Sentences and links

async function copy(text, said) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // A page opened from disk may not use the clipboard: the older way is left.
    const area = element("textarea", { class: "visually-hidden", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    const focused = document.activeElement;
    area.select();
    document.execCommand("copy");
    area.remove();
    focused?.focus();
  }
  byId("copied").textContent = said;
  setTimeout(() => { byId("copied").textContent = ""; }, 6000);
}

const frameOf = (figure) =>
  `<iframe src="${xml(address({ figure: figure.id }))}" title="${xml(byId(figure.dataset.title).textContent)}" width="100%" height="620" style="border:0" loading="lazy"></iframe>`;

/** One figure alone, for another site's frame. */
function showOnly(id) {
  const figure = byId(id);
  if (!figure || figure.tagName !== "FIGURE" || figure.hidden) return;
  document.body.classList.add("embedded");
  const link = element("a", { href: address(), target: "_blank", rel: "noopener" }, "Voir la page entière");
  byId("embed").replaceChildren(element("h1", {}, byId(figure.dataset.title).textContent), figure,
    element("p", { class: "note" }, `${sourceLine(figure)} `, link));
  byId("embed").hidden = false;
}

function listenToExports() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.table) downloadTable(button);
    else if (button.dataset.picture) downloadFigure(button);
    else if (button.dataset.frame !== undefined) copy(frameOf(button.closest("figure")), "Code du cadre copié.");
  });
  byId("copy-sentence").onclick = () => copy(sentenceToQuote(), "Phrase copiée.");
  byId("copy-link").onclick = () => copy(address(), "Lien copié.");
  byId("print").onclick = () => print();
}
