import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import type { PythonApi } from "../../../src/api/api";
import { DEFAULT_ARCHITECTURE, DEFAULT_RECIPE } from "../../../src/engine/recipe";
import Table from "../../../src/views/panels/Table.svelte";
import { LINES, openLab, tableColumn, tableHead } from "../../laboratory";

const COLUMNS = [
  tableColumn({ name: "Name", kind: "category", left_out: "different in every row", names_rows: true }),
  tableColumn({ name: "NAME" }),
  tableColumn({ name: "width", missing: 2 }),
  tableColumn({ name: "height" }),
  tableColumn({ name: "note", kind: "category", left_out: "different in every row" }),
  tableColumn({ name: "color", kind: "category", different: 2, examples: ["red", "blue"] }),
  tableColumn({ name: "typo", odd: "red" }),
  tableColumn({ name: "kind", kind: "category", label: true, different: 2, examples: ["a", "b"] }),
];
const ANSWER = {
  examples: LINES,
  held_out: null,
  architecture: DEFAULT_ARCHITECTURE,
  recipe: DEFAULT_RECIPE,
  sentence: "",
};

const button = (name: string) => screen.getByRole<HTMLButtonElement>("button", { name });
const field = (name: string | RegExp) => screen.getByLabelText<HTMLInputElement>(name);

async function open(label: string | null = "kind") {
  const table = vi.fn<PythonApi["table"]>(async () => ANSWER);
  const lab = await openLab(
    { seed: 5 },
    { table, columns: async () => ({ ...tableHead(COLUMNS, label), rows: 1200 }) },
  );
  await lab.files.open(new File(["…"], "own.csv"));
  render(Table, { lab });
  return { lab, table };
}

describe("the Table panel", () => {
  it("shows the use of each column", async () => {
    await open();
    expect(screen.getByRole("heading").textContent).toBe("Table · own.csv · 1,200 rows");
    const cells = screen
      .getAllByRole("row")
      .slice(1)
      .map((row) => [...row.children].map((cell) => cell.textContent!.trim()));
    expect(cells).toEqual([
      ["Name", "row names", "101 categories: , …"],
      ["NAME", "input", "numbers from 0 to 1"],
      ["width", "input", "numbers from 0 to 1; 2 missing"],
      ["height", "input", "numbers from 0 to 1"],
      ["note", "not used", "101 categories: , … (different in every row)"],
      ["color", "input", "2 categories: red, blue"],
      ["typo", "not used (words among numbers)", "numbers from 0 to 1; not a number: red"],
      ["kind", "label", "2 categories: a, b"],
    ]);
    expect(["Hidden nodes", "Held-out fraction", "Seed"].map((name) => field(name).value)).toEqual(["5", "0.3", "5"]);
  });

  it("trains on the chosen columns, and closes", async () => {
    const { lab, table } = await open();
    await fireEvent.click(field("Use width as input"));
    await fireEvent.input(field("Hidden nodes"), { target: { value: "3" } });
    await fireEvent.click(button("Train"));
    await waitFor(() => expect(lab.table.head).toBeNull());
    const choice = {
      label: "kind",
      predict: false,
      ignore: ["width", "typo"],
      missing: null,
      header: true,
      delimiter: ",",
      decimal: ".",
      hidden_nodes: 3,
      held_out: 0.3,
      seed: 5,
    };
    expect(table.mock.calls[0][0]).toEqual({ name: "own.csv", text: "…", ...choice });
    expect([lab.root.name, lab.state.step, lab.run!.setup.examples.names]).toEqual(["own.csv", 400, LINES.names]);
  });

  it("asks for missing cells of the columns that are used", async () => {
    const { table } = await open();
    await fireEvent.change(field("Missing cells"), { target: { value: "flag" } });
    await fireEvent.click(button("Train"));
    await waitFor(() => expect(table).toHaveBeenCalled());
    expect(table.mock.calls[0][0]).toMatchObject({ missing: "flag" });
    await fireEvent.click(field("Use width as input"));
    expect(screen.queryByLabelText("Missing cells")).toBeNull();
  });

  it("includes an excluded column again", async () => {
    const { lab } = await open();
    await fireEvent.click(field("Use width as input"));
    expect(lab.table.excluded).toEqual(["width"]);
    await fireEvent.click(field("Use width as input"));
    expect(lab.table.excluded).toEqual([]);
  });

  it("predicts a column of numbers", async () => {
    const { table } = await open();
    const options = [...field("Label").querySelectorAll("option")].map(({ value, disabled }) => [value, disabled]);
    expect(options).toEqual([["Name", true], ["NAME", false], ["width", false], ["height", false], ["note", true], ["color", true], ["typo", false], ["kind", false]]); // prettier-ignore
    await fireEvent.change(field("Label"), { target: { value: "height" } });
    expect(screen.getByText("target")).toBeTruthy();
    await fireEvent.click(button("Train"));
    await waitFor(() => expect(table).toHaveBeenCalled());
    expect(table.mock.calls[0][0]).toMatchObject({ label: "height", predict: true, ignore: ["typo"] });
  });

  it("requires a label, and shows the error of Python", async () => {
    const { lab, table } = await open(null);
    expect(field("Label").value).toBe("");
    await fireEvent.change(field("Label"), { target: { value: "kind" } });
    table.mockRejectedValueOnce(new Error("row 3 has no label"));
    await fireEvent.click(button("Train"));
    await waitFor(() => expect(lab.messages.text).toBe("row 3 has no label"));
    const again = await screen.findByRole<HTMLButtonElement>("button", { name: "Train" });
    expect([lab.table.head === null, again.disabled]).toEqual([false, false]);
  });

  it("closes", async () => {
    const { lab } = await open();
    await fireEvent.click(button("Close table"));
    expect([lab.table.head, screen.queryByRole("region")]).toEqual([null, null]);
  });
});
