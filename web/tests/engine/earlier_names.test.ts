import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { withPresentNames } from "../../src/engine/earlier_names";
import { openRecording } from "../../src/engine/recording_file";

const earlier = (name: string) => {
  const bytes = new Uint8Array(readFileSync(new URL(`../../../tests/golden/earlier/${name}`, import.meta.url)));
  return openRecording(bytes.buffer, name);
};

describe("names of earlier versions", () => {
  it("become current names, and other names stay unchanged", () => {
    const recipe = { hold: 0.5, schedule: "hold", loss: "given", epochs: 3 };
    expect(withPresentNames(recipe)).toEqual({
      hold_fraction: 0.5,
      schedule: "hold_then_decay",
      loss: "external",
      epochs: 3,
    });
    expect(withPresentNames(null)).toBeNull();
  });

  it("are read in a recording", async () => {
    const { recipe, architecture, examples } = await earlier("schedule.safetensors");
    expect([recipe.schedule, recipe.hold_fraction, recipe.final_fraction]).toEqual(["hold_then_decay", 0.4, 0.1]);
    expect([architecture.init, examples.target_names]).toEqual(["xavier", ["horizontal", "vertical"]]);
  });

  it("are read in the arrays of a watched training", async () => {
    const { watched, recipe } = await earlier("watched1.safetensors");
    expect([watched!.steps, watched!.batches.length, recipe.loss]).toEqual([4, 4, "external"]);
  });

  it("are read in a recording with many examples", async () => {
    const { examples } = await earlier("arrays.safetensors");
    expect([examples.unbounded, examples.inputs.length]).toEqual([true, 6]);
  });
});
