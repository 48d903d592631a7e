import { describe, expect, it } from "vitest";
import { latticePictures } from "../../src/engine/lattice";
import { findExample } from "../../src/state/chosen_example.svelte";
import { fromAddress, toAddress } from "../../src/state/url_state";
import type { Examples } from "../../src/types";
import { LINES, openLab, SETS } from "../laboratory";

const ALL_GRAY_LEVELS = latticePictures();
const targetOf = (input: number[]) =>
  LINES.targets![LINES.inputs.findIndex((row) => String(row) === String(input))] ?? null;

describe("the chosen example", () => {
  it("has the target of its own picture, or none, whatever was shown before", async () => {
    const lab = await openLab();
    for (const step of [0, 1, 2, 3]) {
      lab.state.custom = null;
      lab.playback.goto(step);
      for (const input of ALL_GRAY_LEVELS) {
        lab.chosen.choose(input);
        expect(lab.state.custom).toEqual({ input, target: targetOf(input) });
        expect(lab.now.target).toEqual(targetOf(input));
      }
    }
  });

  it("has its own name", async () => {
    const lab = await openLab();
    const nameOf = (input: number[]) => (lab.chosen.choose(input), lab.now.names);
    expect(
      [
        [1, 0, 1, 0],
        [0.5, 0.5, 0.5, 0.5],
        [0, 0, 0, 1],
        [0.8888, 0.9, 0.1112, 0.1],
        [0.3, 0, 0, 0],
      ].map(nameOf),
    ).toEqual([["left"], ["gray"], ["0001"], ["fuzzy"], ["custom"]]);
    expect(findExample([1, 1, 0, 0], [SETS.stress, LINES])).toEqual({ name: "top", target: [1, 0] });
    expect(findExample([1, 1, 0, 0], [{ ...LINES, targetsUnknown: true }])).toEqual({ name: "top", target: null });
    expect(findExample([1, 1, 0], [LINES])).toBeNull();
  });

  it("has the name and the target of its row, also if rows have equal inputs", async () => {
    const inputs = [[1, 1, 0, 0], [0.5, 0, 0, 1], [0.5, 0, 0, 1]]; // prettier-ignore
    const targets = [[1, 0], [1, 0], [0, 1]]; // prettier-ignore
    const rows: Examples = { ...LINES, inputs, targets, names: ["row 1", "row 2", "row 3"], shape: null };
    const lab = await openLab({ pictures: rows });
    lab.chosen.chooseFrom(rows, 2);
    expect([lab.now.names, lab.now.target]).toEqual([["row 3"], [0, 1]]);
    expect(fromAddress(toAddress(lab.state)!).custom).toEqual({ name: "row 3", input: [0.5, 0, 0, 1], target: [0, 1] });
    lab.chosen.edit([0.5, 0, 0, 1]); // unchanged
    expect([lab.now.names, lab.now.target]).toEqual([["row 3"], [0, 1]]);
    lab.chosen.label([0.5, 0, 0, 1], [1, 0]);
    expect([lab.now.names, lab.now.target]).toEqual([["row 3"], [1, 0]]);
    lab.chosen.edit([0.6, 0, 0, 1]);
    expect([lab.now.names, lab.now.target]).toEqual([["custom"], [1, 0]]);
    lab.chosen.chooseFrom({ ...rows, targetsUnknown: true }, 1);
    expect([lab.now.names, lab.now.target]).toEqual([["row 2"], null]);
    lab.chosen.chooseFrom({ ...rows, targets: null, names: ["1", "2", "3"] }, 0);
    expect([lab.now.names, lab.now.target]).toEqual([["1"], [1, 0]]); // the known target of the input
  });

  it("keeps a target while the picture is edited only if the user set it", async () => {
    const lab = await openLab();
    lab.chosen.choose([1, 1, 0, 0]);
    lab.chosen.edit([1, 0.9, 0, 0]);
    expect(lab.state.custom!.target).toBeNull();
    lab.chosen.choose([1, 0.9, 0, 0], [0.7, 0.3]);
    lab.chosen.edit([1, 0.8, 0, 0]);
    expect(lab.state.custom!.target).toBeNull();
    lab.chosen.label([1, 0.8, 0, 0], [1, 0]);
    lab.chosen.edit([1, 0, 1, 0]);
    expect(lab.state.custom!.target).toEqual([1, 0]);
    lab.chosen.choose([1, 0, 1, 0]);
    expect(lab.state.custom!.target).toEqual([0, 1]);
    lab.chosen.label([1, 0, 1, 0], null);
    lab.chosen.edit([1, 0, 0.9, 0]);
    expect(lab.state.custom!.target).toBeNull();
  });

  it("without a target has outputs, but no loss and no gradients", async () => {
    const lab = await openLab({ step: 2 });
    lab.chosen.choose([0.5, 0.5, 0.5, 0.5]);
    const { now } = lab;
    expect([now.lacksTarget, now.outputs(now.evaluated)]).toEqual([true, now.predict([0.5, 0.5, 0.5, 0.5])]);
    for (const name of ["loss", "layer1.bias[0].gradient", "layer2.weight[0,1].after"])
      expect(now.value(name)).toBeNaN();
    lab.state.silenced = ["layer1.a[0]"];
    const text = (value: number) => String(value); // −0 and 0 are equal texts, and so are two NaN
    const changed = now.evaluated.values.filter((value, k) => text(value) !== text(now.base.values[k]));
    expect(now.affected).toBe(changed.length);
    expect(now.affected).toBeGreaterThan(0);
    expect(now.isAffected("loss")).toBe(false);
    lab.chosen.choose([1, 1, 0, 0]);
    expect([now.lacksTarget, Number.isFinite(now.value("loss"))]).toEqual([false, true]);
  });
});
