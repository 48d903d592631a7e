import { describe, expect, it } from "vitest";
import { LINES, openLab } from "../laboratory";
import { bytesOf, GOLDEN, watchedLab } from "../watched";

const file = (bytes: ArrayBuffer) => new File([bytes], "it.safetensors");

describe("a watched training", () => {
  it("has unknown values only for steps that PyTorch did not run", async () => {
    const page = await watchedLab();
    page.playback.goto(4);
    expect(page.now.hasUnknown).toBe(false);
    await page.files.open(file(bytesOf(GOLDEN[1])));
    expect(page.now.hasUnknown).toBe(false);
    page.playback.goto(4);
    expect(page.now.hasUnknown).toBe(true);
    page.playback.goto(1);
    page.state.custom = { input: [0, 0, 1, 1], target: [1, 0] };
    expect(page.now.hasUnknown).toBe(true);
  });
});

describe("a position", () => {
  it("has the values of the step, or of the user's example", async () => {
    const { now, state, run, playback } = await openLab({ step: 2 });
    expect([now.names, now.input, now.target]).toEqual([["left"], [1, 0, 1, 0], [0, 1]]);
    expect(now.value("layer1.bias[0]")).toBe(run!.stateBefore(2)[12]);
    expect(now.value("no such cell")).toBeNaN();
    state.custom = { input: [0, 0, 0, 1], target: [1, 0] };
    expect([now.names, now.value("input[3]"), now.value("target[0]")]).toEqual([["0001"], 1, 1]);
    expect(now.outputs(now.evaluated)).toEqual(now.predict([0, 0, 0, 1]));
    playback.goto(12);
    expect(now.predict([0, 0, 0, 1])).toEqual(run!.predict(12, [0, 0, 0, 1]));
  });

  it("has computed the cells up to its phase", async () => {
    const { now, state } = await openLab({ phase: 1 });
    const computed = () =>
      ["input[0]", "layer2.a[0]", "loss", "layer1.bias[0].gradient"].map((name) => now.isComputed(name));
    expect(computed()).toEqual([true, true, false, false]);
    state.phase = 3;
    expect(computed()).toEqual([true, true, true, true]);
    expect(now.isComputed("no such cell")).toBe(false);
  });

  it("compares a what-if with the values without it", async () => {
    const { now, state } = await openLab();
    expect([now.hasWhatIf, now.affected]).toEqual([false, 0]);
    state.silenced = ["layer1.a[0]"];
    expect([now.value("layer1.a[0]"), now.isAffected("layer1.a[0]"), now.isAffected("layer1.a[1]")]).toEqual([
      0,
      true,
      false,
    ]);
    expect(now.affected).toBeGreaterThan(5);
    expect(now.outputs(now.base)).not.toEqual(now.outputs(now.evaluated));
    state.silenced = [];
    state.frozen = ["layer1.bias[0]"];
    expect([now.value("layer1.bias[0].change"), now.affected]).toEqual([0, 2]); // the change and the value after it
  });

  it("counts no change if a frozen parameter has the change −0", async () => {
    const { now, state } = await openLab();
    state.custom = { input: [0, 0, 1, 1], target: [1, 0] }; // pixel 0 is dark
    const name = [0, 1, 2]
      .map((j) => `layer1.weight[${j},0]`)
      .find((name) => Object.is(now.value(`${name}.change`), -0));
    expect(name).toBeDefined();
    state.frozen = [name!];
    expect(now.value(`${name}.change`)).toBe(0);
    expect([now.hasWhatIf, now.affected, now.isAffected(`${name}.change`)]).toEqual([true, 0, false]);
  });

  it("names the inputs of a table by its columns", async () => {
    const scaling = { columns: ["a", "b", "c", "d"], low: [0, 0, 0, 0], high: [1, 1, 1, 1] };
    const { now } = await openLab({ pictures: { ...LINES, scaling } });
    const { symbols } = now.evaluated.prepared.response;
    symbols["input[2]"] = ["", "", "value of {2}"];
    expect([now.words("input[2]"), now.symbol("input[1]"), now.symbol("nothing")]).toEqual([
      "value of c",
      "⟨input[1]⟩",
      "nothing",
    ]);
  });
});
