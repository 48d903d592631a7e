import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import { DEFAULT_RECIPE } from "../../../src/engine/recipe";
import { defaultState, rootOf, type State } from "../../../src/state/state";
import Branches from "../../../src/views/parts/Branches.svelte";
import { openLab } from "../../laboratory";

const rows = () => screen.getAllByRole("row").slice(1);
const cells = () => rows().map((row) => [...row.children].map((cell) => cell.textContent!.trim()));
const click = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const fast = { ...rootOf(defaultState()), name: "fast", recipe: { ...DEFAULT_RECIPE, learning_rate: 5, epochs: 2 } };

async function open(change: Partial<State> = {}) {
  const lab = await openLab(change);
  render(Branches, { lab });
  return lab;
}

describe("the runs side by side", () => {
  it("show the changes, the losses and the outputs", async () => {
    const branches = [{ from: 0, at: 4, recipe: { learning_rate: 0.5 }, parameters: { "layer1.bias[0]": 2 } }];
    const lab = await open({ branches, step: 6 });
    const [first, branch] = cells();
    const [h, v] = lab.runs[1].predict(2, lab.now.input).map((output) => `${(100 * output).toFixed(1)} %`);
    expect(first.slice(0, 2)).toEqual(["main run", "from step 0"]);
    expect(branch.slice(0, 2)).toEqual(["branch 1", "from step 4: learning rate 0.5, ⟨layer1.bias[0]⟩ = 2"]);
    expect(branch.slice(2)).toEqual([
      lab.runs[1].trainingLoss(2).toFixed(4), lab.runs[1].trainingLoss(lab.runs[1].done).toFixed(4), h, v, "✕",
    ]); // prettier-ignore
  });

  it("are selected and removed", async () => {
    const lab = await open({ others: [fast], branches: [{ from: 1, at: 2 }] });
    await click("branch 1");
    expect([lab.state.active, screen.getByRole("button", { name: "branch 1" }).ariaPressed]).toEqual([2, "true"]);
    expect(screen.queryByRole("button", { name: "Remove run 1" })).toBeNull();
    await click("Remove fast");
    await waitFor(() => expect(cells().map(([name]) => name)).toEqual(["main run"]));
    expect([lab.state.active, lab.state.branches]).toEqual([0, []]);
  });

  it("have no outputs if the network has other inputs", async () => {
    const architecture = { ...fast.architecture, sizes: [4, 2, 2] };
    const lab = await open({ others: [{ ...fast, architecture }] });
    expect(cells()[1].slice(4, 6)).not.toContain("·");
    vi.spyOn(lab.runs[1].setup.architecture, "sizes", "get").mockReturnValue([9, 2, 2]);
    lab.playback.stepBy(1);
    await waitFor(() => expect(cells()[1].slice(4, 6)).toEqual(["·", "·"]));
  });
});
