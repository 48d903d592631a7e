import { describe, expect, it } from "vitest";
import type { Api } from "../../src/api/api";
import { Messages } from "../../src/state/messages.svelte";
import { decodeText, describeColumn, ignoredColumns, isTable, TableImport } from "../../src/state/table.svelte";
import { tableColumn, tableHead } from "../laboratory";
import type { TableColumn, TableDialect } from "../../src/types";

const HEAD = tableHead([], "label");

describe("a table", () => {
  it.each([
    ["iris.csv", "", true],
    ["IRIS.CSV", "", true],
    ["iris", "text/csv", true],
    ["run.safetensors", "", false],
    ["csv", "", false],
  ])("is detected by its name or type: %s", (name, type, is) => expect(isTable({ name, type })).toBe(is));

  it.each<[Partial<TableColumn>, string]>([
    [{ low: 4.3, high: 7.9 }, "numbers from 4.3 to 7.9"],
    [{ odd: "red", missing: 2 }, "numbers from 0 to 1; not a number: red; 2 missing"],
    [{ kind: "category", different: 2, examples: ["a", "b"] }, "2 categories: a, b"],
    [{ kind: "category", different: 1, examples: ["a"] }, "1 category: a"],
    [{ kind: "category", different: 101, examples: ["a", "b"] }, "101 categories: a, b, …"],
    [{ kind: "date", different: 2, examples: ["2020-01-01"] }, "2 dates: 2020-01-01, …"],
    [{ different: 0, missing: 3 }, "empty"],
  ])("describes a column: %o", (given, words) => expect(describeColumn(tableColumn(given))).toBe(words));

  it("ignores excluded columns and columns with words among numbers, except the label and the names", () => {
    const columns = [["name", null], ["NAME", null], ["kind", null], ["typo", "red"], ["x", null], ["y", null]] as const; // prettier-ignore
    const named = columns.map(([name, odd]) => tableColumn({ name, odd, names_rows: name === "name" }));
    const head = { ...HEAD, columns: named };
    expect(ignoredColumns(head, "kind", ["y", "kind"])).toEqual(["typo", "y"]);
    expect(ignoredColumns(head, "y", ["y", "name", "NAME"])).toEqual(["NAME", "typo"]);
  });

  const decode = (...codes: number[]) => decodeText(Uint8Array.from(codes).buffer, "own.csv");

  it("is decoded as UTF-8, UTF-16 or Windows-1252", () => {
    expect(decode(...new TextEncoder().encode("x,é"))).toEqual(["x,é", ""]);
    const note = "The file is not UTF-8. It is read as Windows-1252, such as 'é'.";
    expect(decode(0x78, 0x2c, 0xe9)).toEqual(["x,é", note]);
    expect(decode(0xff, 0xfe, 0x78, 0, 0xe9, 0)).toEqual(["xé", ""]);
    expect(decode(0xfe, 0xff, 0, 0x78, 0, 0xe9)).toEqual(["xé", ""]);
  });

  it.each([
    ["broken UTF-8", [0x78, 0x0a, 0xc3, 0xa9, 0xe9]],
    ["Shift-JIS", [0x78, 0x0a, 0x82, 0xd0, 0x82, 0xe7]],
    ["katakana", [0x78, 0x0a, 0x83, 0x41]],
    ["Cyrillic", [0x78, 0x0a, 0xcf, 0xf0, 0xe8]],
    ["bytes that Windows-1252 lacks", [0x78, 0x0a, 0x81]],
  ])("is refused in another encoding: %s", (_, codes) =>
    expect(() => decode(...codes)).toThrow(
      "own.csv, line 2: a character is not UTF-8. Save the table as CSV in UTF-8.",
    ),
  );
  it("is refused in UTF-32", () =>
    expect(() => decode(0xff, 0xfe, 0, 0, 0x78, 0, 0, 0)).toThrow("own.csv, line 1: a character is not UTF-8."));
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
  it("shows the file that was opened last, whichever is read first", async () => {
    const answers: Record<string, () => void> = {};
    const columns: Api["columns"] = (name) =>
      new Promise((resolve) => (answers[name] = () => resolve(tableHead([], name))));
    const { messages, table } = open({ columns });
    const csv = (name: string) => new File(["x,label\n1,a\n2,b\n"], name);
    const opened = [table.open(csv("large.csv")), table.open(csv("small.csv"))];
    await expect.poll(() => Object.keys(answers).length).toBe(2);
    answers["small.csv"]();
    answers["large.csv"]();
    await Promise.all(opened);
    expect([table.name, table.label, messages.text]).toEqual(["small.csv", "small.csv", ""]);
    const late = table.open(csv("late.csv"));
    await expect.poll(() => answers["late.csv"]).toBeTruthy();
    table.close();
    answers["late.csv"]();
    await late;
    expect(table.head).toBeNull();
  });

  it("uses the proposed label and the seed of the page", async () => {
    const request: string[] = [];
    const columns = async (name: string, text: string) => {
      request.push(name, text);
      return HEAD;
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
  it("reads the columns again with another dialect", async () => {
    const dialects: TableDialect[] = [];
    const columns = async (_name: string, _text: string, dialect: TableDialect) => {
      dialects.push(dialect);
      return { ...HEAD, columns: [tableColumn({ name: "label", label: true, different: 2, missing: 1 })] };
    };
    const { table } = open({ columns });
    await table.open(file);
    expect([table.isRegression, table.mayBeBoth, table.hasMissing]).toEqual([false, true, true]);
    table.predictsNumbers = true;
    expect(table.isRegression).toBe(true);
    await table.change({ header: false });
    expect(dialects).toEqual([
      { header: null, delimiter: null, decimal: null },
      { header: false, delimiter: ",", decimal: "." },
    ]);
    expect(table.predictsNumbers).toBe(false);
  });
});
