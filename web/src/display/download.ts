/** Save files: a drawing as SVG or PNG, a table as CSV, or bytes. */

const STYLE_PROPERTIES = [
  "fill",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
  "paint-order",
  "opacity",
  "font-family",
  "font-size",
  "font-weight",
];
const SCALE = 2; // PNG pixels per unit of the drawing

export function saveBytes(data: BlobPart, name: string, type: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([data], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function saveTable(rows: (string | number)[][], name: string): void {
  saveBytes(rows.map((row) => row.map(csvCell).join(",")).join("\r\n") + "\r\n", `${name}.csv`, "text/csv");
}

/** Return a cell of a CSV file. A text that begins like a formula gets an apostrophe, so that no spreadsheet runs it. */
function csvCell(value: string | number): string {
  const isFormula =
    typeof value === "string" && /^[=+\-@\t\r\n]/.test(value) && Number.isNaN(Number(value.trim() || NaN));
  const text = (isFormula ? "'" : "") + String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Return a drawing as SVG text, with the styles of the page copied into it. */
function standalone(drawing: SVGSVGElement): string {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const originals = [drawing, ...drawing.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((element, k) => {
    const style = getComputedStyle(originals[k]);
    for (const name of STYLE_PROPERTIES) element.setAttribute(name, style.getPropertyValue(name));
    for (const name of ["style", "class", "tabindex"]) element.removeAttribute(name);
  });
  const { width, height } = drawing.viewBox.baseVal;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  const paper = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  paper.setAttribute("width", "100%");
  paper.setAttribute("height", "100%");
  paper.setAttribute("fill", getComputedStyle(drawing.closest("section") ?? document.body).backgroundColor);
  copy.prepend(paper);
  return new XMLSerializer().serializeToString(copy);
}

export async function download(drawing: SVGSVGElement | undefined, name: string, kind: "svg" | "png"): Promise<void> {
  if (!drawing) return;
  const text = standalone(drawing);
  if (kind === "svg") return saveBytes(text, `${name}.svg`, "image/svg+xml");
  const url = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  const picture = new Image();
  picture.src = url;
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = SCALE * drawing.viewBox.baseVal.width;
  canvas.height = SCALE * drawing.viewBox.baseVal.height;
  canvas.getContext("2d")!.drawImage(picture, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(url);
  canvas.toBlob((blob) => blob && saveBytes(blob, `${name}.png`, "image/png"));
}
