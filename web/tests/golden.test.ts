import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compared, difference, type Golden, NAMES } from "./golden";

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../tests/golden/${name}.json`, import.meta.url), "utf-8"));
const golden = Object.fromEntries(NAMES.map((name) => [name, read(name)])) as unknown as Golden;
const all = await compared(golden);

describe("equals Python to the last bit:", () => {
  it.each(all)("$name", ({ found, expected }) => {
    const { count, different } = difference(found, expected);
    expect(different).toEqual([]);
    expect(count).toBeGreaterThan(2);
  });
});

describe("a difference", () => {
  it("is found in the last bit, in the sign of zero and in missing numbers", () => {
    expect(difference({ a: [1, 0, NaN] }, { a: [1 + 2 ** -52, -0, NaN, 2] }).different).toEqual([
      ".a.0: 1 is not 1.0000000000000002",
      ".a.1: 0 is not 0",
      ".a.3: undefined is not 2",
    ]);
  });
});
