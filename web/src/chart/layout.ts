// Where the marks of a chart stand. No document: numbers in, numbers out.

/** A row of the table: what it is of, its number, and what is usual there. Null: not told. */
export interface Point {
  label: string;
  value: number | null;
  usual: number | null;
}

export interface Bar {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Layout {
  bars: Bar[];
  /** Where nothing is told: the middle of each such place. */
  untold: number[];
  /** The level line, as pieces of an SVG path; empty where nothing is usual. */
  usual: string;
  /** The figures beside the drawing: the top and where it is. */
  top: { value: number; y: number };
  /** Labels below it: which point, and where its middle is. */
  labels: { at: number; x: number }[];
}

/** The least round number (1, 2 or 5 times a power of ten) that nothing exceeds. */
export function roundTop(most: number): number {
  if (most <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [1, 2, 5, 10].find((times) => times * power >= most) ?? 10;
  return step * power;
}

/** As many labels as fit, evenly, the first and the last among them. */
export function labelled(points: number, fit: number): number[] {
  if (points <= 1 || fit < 2) return points > 0 ? [0] : [];
  const gaps = Math.min(points, fit) - 1;
  return Array.from({ length: gaps + 1 }, (_, at) => Math.round((at * (points - 1)) / gaps));
}

export function layout(points: readonly Point[], width: number, height: number, fit: number): Layout {
  const told = points.flatMap(({ value, usual }) => [value ?? 0, usual ?? 0]);
  const most = roundTop(Math.max(1, ...told));
  const place = width / Math.max(1, points.length);
  const y = (value: number): number => round(height - (value / most) * height);
  const bars: Bar[] = [];
  const untold: number[] = [];
  let usual = "";
  let drawing = false;
  points.forEach((point, at) => {
    const left = at * place;
    if (point.value === null) untold.push(round(left + place / 2));
    else {
      const top = y(point.value);
      bars.push({ x: round(left + place * 0.15), y: top, width: round(place * 0.7), height: round(height - top) });
    }
    if (point.usual === null) drawing = false;
    else {
      // A step over the whole place of each point: a level, not a course.
      const level = y(point.usual);
      usual += `${drawing ? "L" : "M"}${round(left)} ${level}H${round(left + place)}`;
      drawing = true;
    }
  });
  const labels = labelled(points.length, fit).map((at) => ({ at, x: round((at + 0.5) * place) }));
  return { bars, untold, usual, top: { value: most, y: 0 }, labels };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
