import { expect, it } from "vitest";
import { DEFAULT_RECIPE } from "../../src/engine/recipe";
import { Trainer } from "../../src/state/trainer.svelte";
import { openLab } from "../laboratory";

const longRun = async () => {
  const lab = await openLab({ recipe: { ...DEFAULT_RECIPE, epochs: 100 } });
  const { setup, prepared } = lab.run!;
  const { Run } = await import("../../src/engine/run");
  return new Run(setup, prepared, lab.run!.stateBefore(0));
};

it("a trainer works in slices until the step is done", async () => {
  const [trainer, run] = [new Trainer(), await longRun()];
  await trainer.trainTo(run, 150, trainer.begin());
  expect(run.done).toBeGreaterThanOrEqual(150);
  expect(trainer.revision).toBeGreaterThan(1);
});

it("a trainer stops when another training begins", async () => {
  const [trainer, run] = [new Trainer(), await longRun()];
  run.advance = () => void trainer.begin();
  await trainer.trainTo(run, 150, trainer.begin());
  expect([run.done, trainer.isCurrent(1), trainer.current]).toEqual([0, false, 2]);
});
