import { describe, expect, it } from "vitest";
import type { Api } from "../../src/api/api";
import { Messages } from "../../src/state/messages.svelte";
import { describeColumn, firstInvalidLine, ignoredColumns, isTable, TableImport } from "../../src/state/table.svelte";
import type { TableColumn } from "../../src/types";

const column = (given: Partial<TableColumn>): TableColumn => ({
  name: "x", words: false, odd: null, low: 0, high: 1, missing: 0, different: 101, examples: [], label: false, ...given,
}); // prettier-ignore

describe("a table", () => {
  it.each([
    ["iris.csv", "", true],
    ["IRIS.CSV", "", true],
    ["iris", "text/csv", true],
    ["run.safetensors", "", false],
    ["csv", "", false],
  ])("is detected by its name or type: %s", (name, type, is) => expect(isTable({ name, type })).toBe(is));

  it.each([
    [{ low: 4.3, high: 7.9 }, "numbers from 4.3 to 7.9"],
    [{ odd: "red", missing: 2 }, "numbers from 0 to 1; not a number: red; 2 empty"],
    [{ words: true, odd: "a", different: 2, examples: ["a", "b"] }, "2 values: a, b"],
    [{ words: true, odd: "a", different: 1, examples: ["a"] }, "1 value: a"],
    [{ words: true, odd: "a", different: 101, examples: ["a", "b"] }, "more than 100 values: a, b, …"],
    [{ words: true, different: 0, missing: 3 }, "empty"],
  ])("describes a column: %o", (given, words) => expect(describeColumn(column(given))).toBe(words));

  it("ignores text columns and excluded columns, except the label and the names", () => {
    const columns = [["name", true], ["kind", true], ["note", true], ["x", false], ["y", false]] as const; // prettier-ignore
    const head = { rows: 1, label: null, columns: columns.map(([name, words]) => column({ name, words })) };
    expect(ignoredColumns(head, "kind", ["y", "kind"])).toEqual(["note", "y"]);
    expect(ignoredColumns(head, "y", ["y"])).toEqual(["kind", "note"]);
  });

  it("reports the first line that is not UTF-8", () => {
    const bytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
    expect(firstInvalidLine(bytes("x,y\n1,2\n3,caf\xe9\n4,5\n"))).toBe(3);
    expect(firstInvalidLine(bytes("\xe9"))).toBe(1);
  });
});

describe("the import of a table", () => {
  function open(api: Partial<Api>) {
    const messages = new Messages();
    const load = async () => {};
    return { messages, table: new TableImport(api as Api, messages, { load, seed: () => 3 }) };
  }
  const file = new File(["x,label\n1,a\n2,b\n"], "own.csv");

  it("needs Python", async () => {
    const { messages, table } = open({});
    await table.open(file);
    expect(messages.text).toBe("own.csv is a table. Tables need Python. Start the laboratory with: tinynet lab");
    expect(table.head).toBe(null);
  });
  it("uses the proposed label and the seed of the page", async () => {
    const request: string[] = [];
    const columns = async (name: string, text: string) => {
      request.push(name, text);
      return { rows: 2, label: "label", columns: [] };
    };
    const { messages, table } = open({ columns });
    await table.open(file);
    expect([messages.text, request, table.label, table.seed]).toEqual(["", ["own.csv", await file.text()], "label", 3]);
    table.label = null;
    await table.train();
    expect(messages.text).toBe(
      "Label is empty. It must be a column of own.csv with 2 to 100 classes or with numbers. Choose a column.",
    );
  });
});
