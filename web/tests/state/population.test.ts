import { expect, it } from "vitest";
import { Population, trainingKey } from "../../src/state/population.svelte";
import type { PopulationRequest, PopulationResponse } from "../../src/types";
import { openLab } from "../laboratory";

const RESPONSE: PopulationResponse = { networks: 10, verdicts: {}, histogram: null };

it("the name of a picture contains the noise of the step, except for a chosen picture", async () => {
  const lab = await openLab({ step: 2 });
  await lab.change({ recipe: { ...lab.state.recipe, noise: 0.1 } });
  const population = new Population({ ...lab.api, population: async () => RESPONSE }, lab.messages);
  await population.train(lab.now);
  expect([population.result!.inputName, population.result!.name]).toEqual(["left with the noise of step 2", undefined]);
  lab.state.custom = { input: [1, 0, 1, 0], target: [1, 0] };
  await population.train(lab.now);
  expect([population.result!.inputName, population.isRunning]).toEqual(["left", false]);
  lab.state.custom = { name: "row 3", input: [1, 0, 1, 0], target: [1, 0] };
  await population.train(lab.now);
  expect([population.result!.inputName, population.result!.name]).toEqual(["row 3", "row 3"]);
});

it("a request for a population of a world has the fields of the world", async () => {
  const lab = await openLab();
  const { DEFAULT_WORLD } = await import("../../src/engine/world");
  await lab.change({ world: DEFAULT_WORLD });
  const requests: PopulationRequest[] = [];
  const api = { ...lab.api, population: async (request: PopulationRequest) => (requests.push(request), RESPONSE) };
  await new Population(api, lab.messages).train(lab.now);
  expect(requests[0].world).toEqual(DEFAULT_WORLD);
});

it("a training is identified by everything except its seed", async () => {
  const [first, second, other] = [
    await openLab(),
    await openLab({ seed: 3 }),
    await openLab({ heldOut: null, order: [1, 0, 2, 3] }),
  ];
  expect(trainingKey(first.run!.setup)).toBe(trainingKey(second.run!.setup));
  expect(trainingKey(first.run!.setup)).not.toBe(trainingKey(other.run!.setup));
});
