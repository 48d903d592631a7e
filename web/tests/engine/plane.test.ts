import { describe, expect, it } from "vitest";
import { clampContrasts, contrasts, isOnMap, mapCells, optimalSign, pictureAt } from "../../src/engine/plane";

describe("the plane of contrasts", () => {
  it("has the four lines at its corners and gray in its middle", () => {
    expect(pictureAt(1, 0)).toEqual([1, 1, 0, 0]);
    expect(pictureAt(-1, 0)).toEqual([0, 0, 1, 1]);
    expect(pictureAt(0, 1)).toEqual([1, 0, 1, 0]);
    expect(pictureAt(0, -1)).toEqual([0, 1, 0, 1]);
    expect(pictureAt(0, 0)).toEqual([0.5, 0.5, 0.5, 0.5]);
  });
  it("returns the contrasts of its pictures", () => {
    for (const { input } of mapCells(21)) {
      const { rows, columns } = contrasts(input);
      pictureAt(rows, columns).forEach((value, i) => expect(value).toBeCloseTo(input[i], 12));
      expect(isOnMap(input)).toBe(true);
    }
    expect(isOnMap([1, 0, 0, 0])).toBe(false);
    expect(isOnMap([0.6, 0.6, 0.6, 0.6])).toBe(false);
    expect(contrasts([1, 0, 0, 1]).diagonals).toBe(1);
  });
  it("is a diamond with the top line at the top and the left line at the left", () => {
    const cells = mapCells(5);
    expect(cells.length).toBe(13);
    expect(cells[0]).toEqual({ row: 0, column: 2, input: [1, 1, 0, 0] });
    expect(cells.find(({ column }) => column === 0)!.input).toEqual([1, 0, 1, 0]);
  });
  it("clamps the second contrast to the map", () => {
    expect(clampContrasts(0.75, 0.5)).toEqual([0.75, 0.25]);
    expect(clampContrasts(-0.75, -0.5)).toEqual([-0.75, -0.25]);
    expect(clampContrasts(2, 0.5)).toEqual([1, 0]);
    expect(clampContrasts(0.25, 0.5)).toEqual([0.25, 0.5]);
  });
  it("gives the sign of the Bayes-optimal answer", () => {
    expect([[0.9, 0.6, 0.1, 0.3], [0.6, 0.1, 0.9, 0.3], [1, 0, 0, 0]].map(optimalSign)).toEqual([1, -1, 0]); // prettier-ignore
  });
});
