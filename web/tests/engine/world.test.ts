import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DEFAULT_WORLD, describe as words, isWorld } from "../../src/engine/world";
import type { Golden } from "../golden";

const golden: Golden["worlds"] = JSON.parse(
  readFileSync(new URL("../../../tests/golden/worlds.json", import.meta.url), "utf-8"),
);

describe("a world from an address", () => {
  it("is valid with fields in their ranges", () => {
    for (const { world } of golden.worlds) expect(isWorld(world)).toBe(true);
  });
  it.each([
    { noise: -1 }, { noise: null }, { doubt: 1.5 }, { bright: [0.9, 0.7] }, { dark: [0, 0.7] }, { flat: [0] }, { labels: "hard" },
    { n: 9 }, { n: 2.5 }, { colour: 1 },
  ])("is invalid with %j", (change) => expect(isWorld({ ...DEFAULT_WORLD, ...(change as object) })).toBe(false)); // prettier-ignore
  it("is described by its numbers", () => {
    expect(words(DEFAULT_WORLD)).toBe(
      "Each step draws new pictures with noise 0.2 and 50 % ambiguous pictures. An epoch has 100 pictures.",
    );
    expect(words({ ...DEFAULT_WORLD, doubt: 0.25, labels: "coin" })).toContain(
      "25 % ambiguous pictures with random labels",
    );
    expect(words({ ...DEFAULT_WORLD, doubt: 0 })).toContain("0 % ambiguous pictures.");
  });
});
