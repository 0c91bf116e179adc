import { expect, test } from "vitest";
import { labelled, layout, roundTop, type Point } from "./layout";

const point = (value: number | null, usual: number | null = null): Point => ({ label: "", value, usual });

test("the top is the least round number that nothing exceeds", () => {
  for (const [most, top] of [
    [0, 1],
    [1, 1],
    [2, 2],
    [3, 5],
    [10, 10],
    [11, 20],
    [49, 50],
    [51, 100],
    [999, 1_000],
    [1_001, 2_000],
  ] as const) {
    expect(roundTop(most), `${most}`).toBe(top);
  }
});

test("each number is as high as its part of the top, and stands in its own place", () => {
  const { bars, top, untold, usual } = layout([point(5), point(0), point(10)], 300, 100, 5);
  expect(top).toEqual({ value: 10, y: 0 });
  expect(bars).toEqual([
    { x: 15, y: 50, width: 70, height: 50 },
    { x: 115, y: 100, width: 70, height: 0 },
    { x: 215, y: 0, width: 70, height: 100 },
  ]);
  expect([untold, usual]).toEqual([[], ""]);
});

test("what is not told is no zero", () => {
  const { bars, untold } = layout([point(5), point(null), point(null)], 300, 100, 5);
  expect(bars.length).toBe(1);
  expect(untold).toEqual([150, 250]);
});

test("the level is drawn where it is known, and may be above every number", () => {
  const { usual, top } = layout([point(1), point(1, 20), point(1, 10), point(1), point(1, 10)], 500, 100, 5);
  expect(top.value).toBe(20);
  expect(usual).toBe("M100 0H200L200 50H300M400 50H500");
});

test("labels are as many as fit, the first and the last among them", () => {
  expect(labelled(0, 5)).toEqual([]);
  expect(labelled(1, 5)).toEqual([0]);
  expect(labelled(3, 5)).toEqual([0, 1, 2]);
  expect(labelled(24, 5)).toEqual([0, 6, 12, 17, 23]);
  expect(labelled(31, 2)).toEqual([0, 30]);
  expect(layout([], 300, 100, 5)).toEqual({ bars: [], untold: [], usual: "", top: { value: 1, y: 0 }, labels: [] });
});
