// <time-chart>: draws the table that it wraps, above it. The table stays, and is where every number comes from: its rows'
// headings (or their shorter `data-label`), `data-value` and `data-usual` (empty: not told, or not known). What the drawing is of, with its unit, its period
// and its usual level, is the server's sentence in `data-says`. Nothing in it moves.
import { layout, type Point } from "./layout";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 120;
/** What a sign of a label takes at most, and what lies between two labels. */
const SIGN_WIDTH = 7.5;
const LABEL_GAP = 12;
const WIDTH_MIN = 240;

export class TimeChart extends HTMLElement {
  #watching: ResizeObserver | undefined;
  #width = 0;

  connectedCallback(): void {
    this.#watching = new ResizeObserver(() => this.#draw());
    this.#watching.observe(this);
    this.#draw();
  }

  disconnectedCallback(): void {
    this.#watching?.disconnect();
  }

  #draw(): void {
    const width = Math.max(WIDTH_MIN, Math.floor(this.clientWidth));
    const table = this.querySelector("table");
    if (!table || width === this.#width) return;
    this.#width = width;
    this.querySelector("figure")?.remove();
    const figure = document.createElement("figure");
    // The table says the same to who can't see.
    figure.setAttribute("aria-hidden", "true");
    const says = document.createElement("figcaption");
    says.textContent = this.dataset["says"] ?? "";
    const points = pointsOf(table);
    // Time goes on to the right, whichever end the table begins with.
    if ("newestFirst" in this.dataset) points.reverse();
    figure.append(says, drawing(points, width));
    this.prepend(figure);
  }
}

function pointsOf(table: HTMLTableElement): Point[] {
  const rows = [...table.querySelectorAll<HTMLTableRowElement>("tbody tr")];
  return rows.map((row) => ({
    label: row.querySelector("th")?.dataset["label"] ?? row.querySelector("th")?.textContent?.trim() ?? "",
    value: numberOf(row, "value"),
    usual: numberOf(row, "usual"),
  }));
}

function numberOf(row: HTMLTableRowElement, name: "value" | "usual"): number | null {
  const text = row.querySelector<HTMLElement>(`[data-${name}]`)?.dataset[name];
  const number = text ? Number(text) : Number.NaN;
  return Number.isFinite(number) ? number : null;
}

function drawing(points: Point[], width: number): SVGSVGElement {
  const longest = Math.max(1, ...points.map(({ label }) => label.length));
  const fit = Math.floor(width / (longest * SIGN_WIDTH + LABEL_GAP));
  const { bars, untold, usual, top, labels } = layout(points, width, HEIGHT, fit);
  const svg = shape("svg", { viewBox: `0 -16 ${width} ${HEIGHT + 40}`, width, height: HEIGHT + 40 });
  svg.append(shape("path", { class: "frame", d: `M0 0H${width}M0 ${HEIGHT}H${width}` }));
  svg.append(word(`${top.value}`, 0, -4, "start"));
  for (const bar of bars) svg.append(shape("rect", { class: "number", ...bar }));
  for (const x of untold) svg.append(shape("path", { class: "untold", d: `M${x} ${HEIGHT - 1}v-5` }));
  if (usual) svg.append(shape("path", { class: "edge", d: usual }), shape("path", { class: "usual", d: usual }));
  labels.forEach(({ at, x }, index) => {
    const [side, from] = index === 0 ? (["start", 0] as const) : index === labels.length - 1 ? (["end", width] as const) : (["middle", x] as const);
    svg.append(word(points[at]?.label ?? "", from, HEIGHT + 18, side));
  });
  return svg;
}

function word(text: string, x: number, y: number, side: "start" | "middle" | "end"): SVGElement {
  const element = shape("text", { x, y, "text-anchor": side });
  element.textContent = text;
  return element;
}

function shape<Name extends keyof SVGElementTagNameMap>(name: Name, attributes: Record<string, string | number>): SVGElementTagNameMap[Name] {
  const element = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, String(value));
  return element;
}
