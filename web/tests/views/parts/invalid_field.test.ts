import { flushSync } from "svelte";
import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import type { PythonApi } from "../../../src/api/api";
import { InvalidValueError } from "../../../src/engine/invalid_value";
import type { State } from "../../../src/state/state";
import Message from "../../../src/views/Message.svelte";
import ManySeeds from "../../../src/views/panels/ManySeeds.svelte";
import Recipe from "../../../src/views/panels/Recipe.svelte";
import Table from "../../../src/views/panels/Table.svelte";
import { openLab, tableColumn, tableHead } from "../../laboratory";

const field = (name: string) => screen.getByLabelText<HTMLInputElement>(name);
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const type = (name: string, value: string) => fireEvent.input(field(name), { target: { value } });
const marked = () => [...document.querySelectorAll("[aria-invalid]")];
const described = (element: Element) => document.getElementById(element.getAttribute("aria-describedby")!)!.textContent;

async function openRecipe(change: Partial<State> = {}) {
  const lab = await openLab(change);
  render(Message, { messages: lab.messages });
  render(Recipe, { lab });
  return lab;
}

async function refuse(name: string, value: string) {
  await type(name, value);
  await press("Train");
  await waitFor(() => expect(marked()).toEqual([field(name)]));
}

describe("a refused value", () => {
  it("is marked, described by the message, and focused", async () => {
    await openRecipe();
    await refuse("Learning rate", "-1");
    expect(field("Learning rate").getAttribute("aria-invalid")).toBe("true");
    expect(described(field("Learning rate"))).toBe("Learning rate is -1. It must be above 0 and at most 1,000,000.");
    expect(document.activeElement).toBe(field("Learning rate"));
  });

  it("is marked until it changes, and the message stays", async () => {
    const lab = await openRecipe();
    await refuse("Epochs", "0");
    await type("Learning rate", "0.2");
    expect(marked()).toEqual([field("Epochs")]);
    await type("Epochs", "2");
    expect([marked(), field("Epochs").hasAttribute("aria-describedby")]).toEqual([[], false]);
    expect(lab.messages.text).toContain("Epochs is 0.");
  });

  it("is marked until the message is dismissed", async () => {
    await openRecipe();
    await refuse("Epochs", "0");
    await press("Dismiss");
    expect([marked(), screen.queryByText(/Epochs is 0/)]).toEqual([[], null]);
  });

  it("is marked until the form shows another run", async () => {
    const lab = await openRecipe();
    await lab.branch({ recipe: { learning_rate: 0.5 } });
    await refuse("Epochs", "0");
    flushSync(() => lab.selectRun(0));
    expect([marked(), field("Epochs").value]).toEqual([[], "3"]);
  });

  it("is focused again after it is refused again", async () => {
    await openRecipe();
    await refuse("Epochs", "0");
    field("Learning rate").focus();
    await press("Train");
    await waitFor(() => expect(document.activeElement).toBe(field("Epochs")));
  });

  it("is shown if it is among the closed settings", async () => {
    await openRecipe();
    const details = field("Momentum").closest("details")!;
    expect(details.open).toBe(false);
    await refuse("Momentum", "1");
    expect([details.open, document.activeElement]).toEqual([true, field("Momentum")]);
  });

  it("is not focused if the user works in another part of the page", async () => {
    const lab = await openRecipe();
    const other = document.body.appendChild(document.createElement("input"));
    other.focus();
    const refused = async () => Promise.reject(new InvalidValueError("Epochs is 0.", "epochs"));
    await lab.messages.attempt(refused, "recipe");
    await waitFor(() => expect(marked()).toEqual([field("Epochs")]));
    expect(document.activeElement).toBe(other);
    other.remove();
  });

  it.each([
    ["batch", "Batch size"],
    ["sizes", "Hidden nodes"],
    ["labels", "Labels of ambiguous pictures"],
    ["noise", "World noise"], // the other field is disabled
  ])("is marked by Python's name %s", async (parameter, label) => {
    const lab = await openRecipe();
    await fireEvent.change(field("Pictures"), { target: { value: "world" } });
    await lab.messages.attempt(async () => Promise.reject(new InvalidValueError("…", parameter)), "recipe");
    await waitFor(() => expect(marked()).toEqual([field(label)]));
  });

  it.each(["momentum", "patience"])("is marked in no other form, nor without a field: %s", async (parameter) => {
    const lab = await openRecipe();
    const form = parameter === "momentum" ? "table" : "recipe";
    await lab.messages.attempt(async () => Promise.reject(new InvalidValueError("…", parameter)), form);
    flushSync();
    expect([lab.messages.text, marked()]).toEqual(["…", []]);
  });
});

describe("a value that Python refuses", () => {
  it("is marked in the form of a table", async () => {
    const table = vi.fn<PythonApi["table"]>(async () => {
      throw new InvalidValueError("Seed is 5. …", "seed");
    });
    const label = tableColumn({ name: "kind", kind: "category", different: 2, label: true });
    const lab = await openLab({}, { table, columns: async () => tableHead([label], "kind") });
    await lab.files.open(new File(["…"], "own.csv"));
    render(Recipe, { lab });
    const page = render(Table, { lab });
    await fireEvent.click(page.container.querySelector("button.primary")!);
    await waitFor(() => expect(marked()).toEqual([page.container.querySelector("[data-parameters~=seed]")]));
  });

  it("is marked among many seeds", async () => {
    const population = async () => Promise.reject(new InvalidValueError("Number of seeds is 1. …", "networks"));
    const lab = await openLab({}, { population });
    render(ManySeeds, { lab });
    await press("Measure");
    await waitFor(() => expect(marked()).toEqual([field("Number of seeds")]));
  });
});
