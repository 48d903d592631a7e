import { describe, expect, it } from "vitest";
import { Prepared } from "../../src/engine/prepared";
import { DEFAULT_ARCHITECTURE, DEFAULT_RECIPE } from "../../src/engine/recipe";
import { api, LINES, parameters } from "../laboratory";

const architecture = { ...DEFAULT_ARCHITECTURE, sizes: [4, 2, 2] };
const single = new Prepared(await api.sheet(DEFAULT_ARCHITECTURE, DEFAULT_RECIPE, 1), 4, 2);
const batch = new Prepared(await api.sheet(architecture, DEFAULT_RECIPE, 3), 4, 2);

describe("a prepared sheet", () => {
  it("fills in the input cells by name", () => {
    const values = single.fill(parameters.map((_, k) => k), { rate: 0.5 }, [LINES.inputs[2]], [[0, 1]]); // prettier-ignore
    const value = (name: string) => values[single.sheet.index(name)];
    expect(["rate", "input[2]", "target[1]", parameters[7], "loss"].map(value)).toEqual([0.5, 1, 1, 7, 0]);
  });

  it("fills in each example of a batch", () => {
    const values = batch.fill([], {}, LINES.inputs.slice(0, 3), LINES.targets!.slice(0, 3));
    expect([0, 1, 2].map((k) => values[batch.sheet.index(`example${k}.input[0]`)])).toEqual([1, 0, 1]);
    expect([...batch.targets[2]].map((index) => values[index])).toEqual([0, 1]);
    expect(batch.prefixes).toEqual(["example0.", "example1.", "example2."]);
  });

  it("pins silenced nodes in every example, and the change of frozen parameters", () => {
    const pinned = [...batch.pins(["layer1.a[1]", "layer9.a[0]"], ["layer2.bias[0]"])];
    expect(pinned.map(([index, value]) => [batch.sheet.names[index], value])).toEqual([
      ["example0.layer1.a[1]", 0], ["example1.layer1.a[1]", 0], ["example2.layer1.a[1]", 0], ["layer2.bias[0].change", 0],
    ]); // prettier-ignore
    expect(single.pins([], []).size).toBe(0);
  });
});
