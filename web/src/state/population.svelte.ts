/** Train the current recipe on many seeds, by a request to Python. */

import type { Api } from "../api/api";
import { integer } from "../display/format";
import type { Setup } from "../engine/run";
import type { PopulationResponse } from "../types";
import type { Messages } from "./messages.svelte";
import type { Position } from "./position.svelte";

/** A response, with everything that was asked. */
export interface PopulationResult {
  response: PopulationResponse;
  key: string; // of the training
  sizes: number[];
  epochs: number;
  learningRate: number;
  classes: string[];
  thing: "picture" | "row";
  input: number[];
  target: number[] | null;
  name?: string; // of the example, if its input has no noise
  inputName: string;
  seconds: number;
}

export class Population {
  networks = $state(10_000);
  done = $state(0);
  total = $state(0);
  waiting = $state(0); // place in the queue of the server
  result: PopulationResult | null = $state.raw(null);
  private running: AbortController | null = $state.raw(null);

  constructor(
    private readonly api: Api,
    private readonly messages: Messages,
  ) {}

  get isRunning(): boolean {
    return this.running !== null;
  }

  /** Train the run of a position on seeds 0, 1, … and test the networks on the input of the position. */
  async train(at: Position): Promise<void> {
    const { setup } = at.run;
    const { networks } = this;
    const began = performance.now();
    const { architecture, recipe, examples } = setup;
    const question = {
      key: trainingKey(setup),
      sizes: architecture.sizes,
      epochs: recipe.epochs,
      learningRate: recipe.learning_rate,
      classes: examples.target_names,
      thing: examples.shape ? ("picture" as const) : ("row" as const),
      input: [...at.input],
      target: at.target && [...at.target],
      ...nameOfInput(at),
    };
    const signal = (this.running = new AbortController()).signal;
    [this.done, this.total, this.waiting] = [0, networks, 0];
    const request = {
      architecture,
      recipe,
      examples,
      inputs: question.input,
      networks,
      first_seed: 0,
      ...(setup.world ? { world: setup.world } : {}),
    };
    const progress = (done: number, total: number, waiting = 0) =>
      ([this.done, this.total, this.waiting] = [done, total || networks, waiting]);
    await this.messages.attempt(async () => {
      try {
        const response = await this.api.population!(request, progress, signal);
        const seconds = (performance.now() - began) / 1000;
        this.result = { ...question, response, seconds };
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }, "many-seeds");
    this.running = null;
  }

  cancel(): void {
    this.running?.abort();
  }
}

/** Return a key of a training without its seed. */
export function trainingKey({ architecture, recipe, examples, world }: Setup): string {
  return JSON.stringify([architecture, { ...recipe, seed: 0 }, examples, world ?? null]);
}

function nameOfInput({ run, selection, names, runStep }: Position): Pick<PopulationResult, "name" | "inputName"> {
  const { recipe, world } = run.setup;
  const isNoisy = (recipe.noise > 0 || world) && !selection.custom;
  const [inputName] = names;
  if (isNoisy) return { inputName: `${inputName} with the noise of step ${integer(runStep)}` };
  return { name: selection.custom ? selection.custom.name : inputName, inputName };
}
