import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import type { Lab } from "../../../src/state/lab.svelte";
import type { State } from "../../../src/state/state";
import Recipe from "../../../src/views/panels/Recipe.svelte";
import { LINES, openLab } from "../../laboratory";

const field = (name: string) => screen.getByLabelText<HTMLInputElement>(name);
const click = (name: string | RegExp) => fireEvent.click(screen.getByRole("button", { name }));
const type = (name: string, value: string) => fireEvent.input(field(name), { target: { value } });
const choose = (name: string, value: string) => fireEvent.change(field(name), { target: { value } });
const submit = () => click("Train");

async function open(change: Partial<State> = {}): Promise<Lab> {
  const lab = await openLab(change);
  render(Recipe, { lab });
  return lab;
}

describe("the Recipe panel", () => {
  it("shows the recipe of the current run", async () => {
    const lab = await open({ seed: 7 });
    expect(["Learning rate", "Epochs", "Seed"].map((name) => field(name).value)).toEqual(["0.1", "3", "7"]);
    expect(["Hidden nodes", "Second layer", "Pictures"].map((name) => field(name).value)).toEqual(["3", "0", "2"]);
    await lab.branch({ recipe: { learning_rate: 0.5 } });
    await waitFor(() => expect(field("Learning rate").value).toBe("0.5"));
  });

  it("trains with the typed values only after the button is pressed", async () => {
    const lab = await open();
    await type("Learning rate", "0.5");
    await type("Epochs", "2");
    expect(lab.run!.setup.recipe.learning_rate).toBe(0.1);
    await submit();
    await waitFor(() => expect(lab.run!.setup.recipe.learning_rate).toBe(0.5));
    expect([lab.run!.total, lab.state.step, lab.messages.text]).toEqual([8, 0, ""]);
  });

  it("keeps what is typed while the step and the picture change, and says that it is not trained yet", async () => {
    const lab = await open();
    expect(screen.queryByRole("status")).toBeNull();
    await type("Learning rate", "5");
    expect(screen.getByRole("status").textContent).toBe("Changed. Train, Branch and Next seed use the new values.");
    lab.playback.goto(3);
    lab.chosen.choose([0.5, 0.5, 0.5, 0.5]);
    lab.open("loss");
    await waitFor(() => expect(screen.getByText("Branch at step 3")).toBeTruthy());
    expect(field("Learning rate").value).toBe("5");
    await submit();
    await waitFor(() => expect(screen.queryByRole("status")).toBeNull());
    expect(lab.run!.setup.recipe.learning_rate).toBe(5);
  });

  it("changes the layers of the network", async () => {
    const lab = await open();
    await choose("Hidden nodes", "2");
    await submit();
    await waitFor(() => expect(lab.run!.setup.architecture.sizes).toEqual([4, 2, 2]));
    await choose("Second layer", "5");
    await submit();
    await waitFor(() => expect(lab.messages.text).toBe("no sheet for 4-2-5-2 in batches of 1"));
    expect(lab.run!.setup.architecture.sizes).toEqual([4, 2, 2]);
  });

  it("branches with the changed fields only", async () => {
    const lab = await open({ step: 5 });
    await type("Learning rate", "0.5");
    await click("Branch at step 5");
    await waitFor(() => expect(lab.runs.length).toBe(2));
    expect(lab.state.branches[0]).toMatchObject({ from: 0, at: 5, recipe: { learning_rate: 0.5 } });
    expect(Object.keys(lab.state.branches[0].recipe!)).toEqual(["learning_rate"]);
  });

  it("trains the next seed", async () => {
    const lab = await open({ seed: 3 });
    await click("Next seed");
    await waitFor(() => expect(lab.root.seed).toBe(4));
    expect(field("Seed").value).toBe("4");
  });

  it("draws pictures from a world, and disables noise and order of the recipe", async () => {
    const lab = await open();
    await choose("Pictures", "world");
    expect([field("Noise").disabled, field("Order").disabled, field("World noise").value]).toEqual([true, true, "0.2"]);
    await type("Ambiguous fraction", "0.25");
    expect(screen.getByText(/25 % ambiguous pictures/)).toBeTruthy();
    await submit();
    await waitFor(() => expect(lab.run!.setup.world?.doubt).toBe(0.25));
    await choose("Pictures", "2");
    expect(screen.queryByLabelText("World noise")).toBeNull();
  });

  it("reorders the pictures", async () => {
    const lab = await open();
    await click("Move bottom up");
    await click("Reverse");
    await submit();
    await waitFor(() => expect(lab.root.order).toEqual([3, 2, 0, 1]));
    expect(lab.run!.setup.examples.names).toEqual(["right", "left", "top", "bottom"]);
    expect(screen.getAllByRole("listitem")[0].textContent!.trim()).toBe("right");
  });

  it("keeps the user's own examples", async () => {
    await open({ pictures: LINES });
    expect([field("Pictures").value, field("Pictures").disabled]).toEqual(["custom", true]);
  });
});
