import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Forward } from "../../src/engine/forward";
import { DEFAULT_ARCHITECTURE } from "../../src/engine/recipe";

describe("the forward pass of a network", () => {
  const { sheet, values } = JSON.parse(
    readFileSync(new URL("../../../tests/golden/sheet_4-3-2.json", import.meta.url), "utf-8"),
  );
  const cells = sheet.cells.filter(([name]: [string]) => /^(input|layer\d\.(weight|bias|z|a))\[[\d,]+\]$/.test(name));
  const names = cells.map(([name]: [string]) => name).filter((name: string) => /weight|bias/.test(name));
  it("computes the outputs of the sheet, also after another prediction", () => {
    const network = new Forward({
      architecture: DEFAULT_ARCHITECTURE,
      parameters: names.map((name: string) => values[name]),
      names,
      origin: "seed 0",
      sheet: { ...sheet, cells },
    });
    const input = [0, 1, 2, 3].map((i) => values[`input[${i}]`]);
    network.predict([1, 1, 1, 1]);
    expect(network.predict(input)).toEqual([0, 1].map((j) => values[`layer2.a[${j}]`]));
  });
});
