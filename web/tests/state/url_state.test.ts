import { describe, expect, it } from "vitest";
import { DEFAULT_RECIPE } from "../../src/engine/recipe";
import { shuffled } from "../../src/engine/rng";
import { defaultState, rootOf, type Root, type State } from "../../src/state/state";
import { fromAddress, toAddress } from "../../src/state/url_state";
import type { Examples } from "../../src/types";

describe("the address", () => {
  it("is empty for the default state", () => expect(toAddress(defaultState())).toBe(""));
  it("contains any state", () => {
    for (let seed = 0; seed < 200; seed++) {
      const draw = (n: number) => shuffled(n, seed, n)[0];
      const state: State = {
        ...defaultState(),
        seed: draw(1000),
        step: draw(400),
        phase: draw(5),
        custom: draw(2) ? { input: [0.5, 1 / 3, 0, 1], target: [0, 1] } : null,
      };
      state.recipe = {
        ...state.recipe,
        learning_rate: 1 / (1 + draw(9)),
        order: draw(2) ? "shuffled" : "fixed",
        noise: draw(3) / 7,
      };
      if (draw(3))
        state.branches = [
          { from: 0, at: draw(400), recipe: { learning_rate: 5, noise: 0.1 }, parameters: { "layer1.bias[0]": -1.25 } },
        ];
      expect(fromAddress(toAddress(state)!)).toEqual(state);
    }
  });
  it("contains the name of an example, and whether the user set its target", () => {
    const custom = { name: "row 3", input: [0.5], target: null, labeled: true };
    const only = { name: "row 2", input: [0.5], target: [1] };
    const state = { ...defaultState(), custom, branches: [{ from: 0, at: 1, only }] };
    expect(fromAddress(toAddress(state)!)).toEqual(state);
  });
  it.each<[object, string]>([
    [{ custom: { name: 3, input: [0.5], target: [1] } }, "custom"],
    [{ custom: { name: null, input: [0.5], target: null } }, "custom"],
    [{ custom: { labeled: "yes", input: [0.5], target: [1] } }, "custom"],
    [{ custom: { input: [0.5] } }, "custom"],
    [{ branches: [{ from: 0, at: 1, only: { name: ["a"], input: [0.5], target: [1] } }] }, "branches"],
    [{ branches: [{ from: 0, at: 1, only: { input: [0.5], target: null } }] }, "branches"],
  ])("with the damaged example %j is rejected", (changes, field) => {
    expect(() => fromAddress("#1." + btoa(JSON.stringify(changes)))).toThrow(
      `The address is damaged. Its field ${field} is not valid.`,
    );
  });
  it("encodes text in any language", () => {
    const state = { ...defaultState(), open: "größe ∂L/∂w 图" };
    expect(fromAddress(toAddress(state)!)).toEqual(state);
  });
  it.each([
    ["#1.%%%", "damaged"], ["#1." + btoa("{"), "damaged"], ["#7.x", "cannot read the address"], ["#1." + btoa('{"x":1}'), "unknown field x"],
    ["#1." + btoa('{"seed":-1}'), "Its field seed"], ["#1." + btoa('{"phase":9}'), "Its field phase"], ["#1." + btoa('{"custom":{"input":"a"}}'), "Its field custom"],
    ["#1." + btoa('{"stop":9}'), "Its field phase"], ["#1." + btoa('{"own":{"input":"a"}}'), "Its field custom"], ["#1." + btoa('{"pictures":"x"}'), "Its field pictures"],
    ["#1." + btoa('{"branches":[{"from":3,"at":0}]}'), "Its field branches"], ["#1." + btoa('{"active":2}'), "Its field active"],
  ])("%s is rejected", (address, words) => expect(() => fromAddress(address)).toThrow(words)); // prettier-ignore
});

describe("an address of an earlier version", () => {
  const address = (changes: unknown) => "#1." + btoa(JSON.stringify(changes));
  it("has the phase and the custom example under their earlier names", () => {
    const custom = { input: [0.5, 0, 1, 1], target: [1, 0] };
    expect(fromAddress(address({ stop: 2, own: custom, name: "hold" }))).toEqual({ ...defaultState(), phase: 2, custom, name: "hold" }); // prettier-ignore
  });
  it("has earlier names in examples, branches and other roots", () => {
    const pictures = { inputs: [[1, 0, 0, 1]], targets: [[1]], names: ["one"], shape: [2, 2] };
    const other = { ...rootOf(defaultState()), recipe: { schedule: "hold", hold: 0.5 } };
    const branch = { from: 0, at: 3, recipe: { final: 0.1 } };
    const state = fromAddress(address({ pictures: { ...pictures, answers: ["bright"] }, others: [other], branches: [branch] })); // prettier-ignore
    expect(state.pictures).toEqual({ ...pictures, target_names: ["bright"] });
    expect(state.others[0].recipe).toEqual({ schedule: "hold_then_decay", hold_fraction: 0.5 });
    expect(state.branches[0].recipe).toEqual({ final_fraction: 0.1 });
  });
});

describe("the address of trainings side by side", () => {
  const fast: Root = {
    ...rootOf(defaultState()),
    name: "fast",
    recipe: { ...DEFAULT_RECIPE, learning_rate: 5, epochs: 2 },
  };
  it("contains the difference to the initial state", () => {
    const state: State = { ...defaultState(), others: [fast], active: 2, branches: [{ from: 1, at: 3 }], step: 5 };
    expect(fromAddress(toAddress(state)!)).toEqual(state);
    const start = { ...defaultState(), others: [fast] };
    expect(toAddress(start, start)).toBe("");
    expect(fromAddress(toAddress({ ...start, step: 5 }, start)!, start)).toEqual({ ...start, step: 5 });
    expect(() => fromAddress(toAddress({ ...state, active: 3 })!)).toThrow("Its field active");
    expect(() => fromAddress(toAddress({ ...start, others: [{ ...fast, seed: -1 }] })!)).toThrow("Its field others");
  });
});

describe("an address with examples", () => {
  const set = (count: number): Examples => ({
    inputs: Array.from({ length: count }, (_, k) => [k / count, 0.5]),
    targets: Array.from({ length: count }, () => [1, 0]),
    names: Array.from({ length: count }, (_, k) => `row ${k}`),
    shape: null,
    target_names: ["a", "b"],
    scaling: { columns: ["x", "y"], low: [0, 1], high: [5, 6] },
  });

  it("contains the held-out examples", () => {
    const state = { ...defaultState(), pictures: set(7), heldOut: set(3) };
    expect(fromAddress(toAddress(state)!)).toEqual(state);
  });
  it("contains a limited number of examples", () => {
    const many = { ...defaultState(), pictures: set(700), heldOut: set(301) };
    expect(toAddress({ ...many, heldOut: set(300) })).toMatch(/^#1[.]/);
    expect(toAddress(many)).toBeNull();
    expect(toAddress({ ...defaultState(), others: [many, defaultState()] })).toBeNull();
    expect(fromAddress(toAddress({ ...many, step: 5 }, many)!, many)).toEqual({ ...many, step: 5 }); // part of the initial state
  });
  it.each([[{ heldOut: { ...set(2), inputs: "none" } }], [{ heldOut: { ...set(2), targets: null } }]])(
    "is rejected with damaged examples",
    (change) => {
      const address = toAddress({ ...defaultState(), ...(change as object) })!;
      expect(() => fromAddress(address)).toThrow("Its field heldOut is not valid.");
    },
  );
});
