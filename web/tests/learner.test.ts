import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Forward } from "../src/core/forward";
import { Learning, type RungAnswer } from "../src/core/learner.svelte";
import type { Python } from "../src/core/api";
import { bestVerdict, contrasts, isOnMap, mapCells, pictureAt, placed } from "../src/core/plane";
import { PLAIN_ARCHITECTURE } from "../src/core/types";

describe("the plane of contrasts", () => {
  it("has the four lines at its corners and gray in its middle", () => {
    expect(pictureAt(1, 0)).toEqual([1, 1, 0, 0]);
    expect(pictureAt(-1, 0)).toEqual([0, 0, 1, 1]);
    expect(pictureAt(0, 1)).toEqual([1, 0, 1, 0]);
    expect(pictureAt(0, -1)).toEqual([0, 1, 0, 1]);
    expect(pictureAt(0, 0)).toEqual([0.5, 0.5, 0.5, 0.5]);
  });
  it("gives back the contrasts of its pictures", () => {
    for (const { input } of mapCells(21)) {
      const { rows, columns } = contrasts(input);
      pictureAt(rows, columns).forEach((value, i) => expect(value).toBeCloseTo(input[i], 12));
      expect(isOnMap(input)).toBe(true);
    }
    expect(isOnMap([1, 0, 0, 0])).toBe(false);
    expect(isOnMap([0.6, 0.6, 0.6, 0.6])).toBe(false);
    expect(contrasts([1, 0, 0, 1]).diagonals).toBe(1);
  });
  it("is a square on its corner, with the top line above and the left line to the left", () => {
    const cells = mapCells(5);
    expect(cells.length).toBe(13);
    expect(cells[0]).toEqual({ row: 0, column: 2, input: [1, 1, 0, 0] });
    expect(cells.find(({ column }) => column === 0)!.input).toEqual([1, 0, 1, 0]);
  });
  it("keeps a place inside by letting the other contrast give way", () => {
    expect(placed(0.75, 0.5)).toEqual([0.75, 0.25]);
    expect(placed(-0.75, -0.5)).toEqual([-0.75, -0.25]);
    expect(placed(2, 0.5)).toEqual([1, 0]);
    expect(placed(0.25, 0.5)).toEqual([0.25, 0.5]);
  });
  it("says what the best answer leans to", () => {
    expect([[0.9, 0.6, 0.1, 0.3], [0.6, 0.1, 0.9, 0.3], [1, 0, 0, 0]].map(bestVerdict)).toEqual([1, -1, 0]); // prettier-ignore
  });
});

describe("a network that only answers", () => {
  const { sheet, values } = JSON.parse(
    readFileSync(new URL("../../tests/golden/sheet_4-3-2.json", import.meta.url), "utf-8"),
  );
  const cells = sheet.cells.filter(([name]: [string]) => /^(pixel|layer\d\.(weight|bias|z|a))\[[\d,]+\]$/.test(name));
  const names = cells.map(([name]: [string]) => name).filter((name: string) => /weight|bias/.test(name));
  it("gives the sheet's answers, again and again", () => {
    const network = new Forward({
      architecture: PLAIN_ARCHITECTURE,
      parameters: names.map((name: string) => values[name]),
      names,
      origin: "seed 0",
      sheet: { ...sheet, cells },
    });
    const input = [0, 1, 2, 3].map((i) => values[`pixel[${i}]`]);
    network.answer([1, 1, 1, 1]);
    expect(network.answer(input)).toEqual([0, 1].map((j) => values[`layer2.a[${j}]`]));
  });
});

describe("the ladder", () => {
  const answer = (key: string, networks: number) => ({ standing: { key, networks } }) as RungAnswer;

  it("measures what is missing, in its order, and keeps it by the number of seeds", async () => {
    const asked: string[] = [];
    const rung: Python["rung"] = async (key, networks) => (asked.push(`${key} ${networks}`), answer(key, networks));
    const learning = new Learning({ rung } as Python);
    await learning.measure(["b"]);
    await learning.measure(["a", "b", "c"]);
    expect(asked).toEqual(["b 256", "a 256", "c 256"]);
    expect(learning.busy).toBeNull();
    learning.seeds = 64;
    expect(learning.measured("a")).toBeUndefined();
    learning.seeds = 256;
    expect(learning.measured("a")!.standing.key).toBe("a");
  });

  it("keeps what is there when it is cancelled", async () => {
    const rung: Python["rung"] = (key, networks, progress, signal) =>
      key === "a"
        ? Promise.resolve(answer(key, networks))
        : new Promise((_, reject) => {
            progress(10, networks);
            signal.addEventListener("abort", () => reject(new Error("aborted")));
          });
    const learning = new Learning({ rung } as Python);
    const measuring = learning.measure(["a", "b", "c"]);
    await new Promise((resolve) => setTimeout(resolve));
    expect(learning.busy).toEqual({ key: "b", done: 10, total: 256, all: true });
    learning.cancel();
    await measuring;
    expect([learning.busy, learning.measured("a") !== undefined, learning.measured("b")]).toEqual([null, true, undefined]); // prettier-ignore
  });

  it("passes on what went wrong", async () => {
    const learning = new Learning({ rung: async () => { throw new Error("busy"); } } as unknown as Python); // prettier-ignore
    await expect(learning.measure(["a"])).rejects.toThrow("busy");
    expect(learning.busy).toBeNull();
  });
});
