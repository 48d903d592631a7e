import { describe, expect, it } from "vitest";
import { fromAddress, plainState, toAddress } from "../src/core/address";
import { shapeOf } from "../src/core/layout";
import { holds, ignored, isTable, ofColumns, OwnTable, undecodable, type TableColumn } from "../src/core/table.svelte";
import type { Lab } from "../src/core/lab.svelte";
import type { Pictures } from "../src/core/types";

const column = (given: Partial<TableColumn>): TableColumn => ({
  name: "x", words: false, odd: null, low: 0, high: 1, missing: 0, different: 11, examples: [], label: false, ...given,
}); // prettier-ignore

describe("a table", () => {
  it.each([
    ["iris.csv", "", true],
    ["IRIS.CSV", "", true],
    ["iris", "text/csv", true],
    ["run.safetensors", "", false],
    ["csv", "", false],
  ])("is known by its name or kind: %s", (name, type, is) => expect(isTable({ name, type })).toBe(is));

  it.each([
    [{ low: 4.3, high: 7.9 }, "numbers from 4.3 to 7.9"],
    [{ odd: "red", missing: 2 }, "numbers from 0 to 1; red is none; 2 empty"],
    [{ words: true, odd: "a", different: 2, examples: ["a", "b"] }, "2 words: a, b"],
    [{ words: true, odd: "a", different: 11, examples: ["a", "b"] }, "more than 10 words: a, b, …"],
    [{ words: true, different: 0, missing: 3 }, "nothing"],
  ])("says what a column holds: %o", (given, words) => expect(holds(column(given))).toBe(words));

  it("leaves out words and what is chosen, but not the label and the names", () => {
    const columns = [["name", true], ["kind", true], ["note", true], ["x", false], ["y", false]] as const; // prettier-ignore
    const head = { rows: 1, label: null, columns: columns.map(([name, words]) => column({ name, words })) };
    expect(ignored(head, "kind", ["y", "kind"])).toEqual(["note", "y"]);
    expect(ignored(head, "y", ["y"])).toEqual(["kind", "note"]);
  });

  it("says in which line it is no UTF-8", () => {
    const bytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
    expect(undecodable(bytes("x,y\n1,2\n3,caf\xe9\n4,5\n"))).toBe(3);
    expect(undecodable(bytes("\xe9"))).toBe(1);
  });

  it("has columns where others have pixels", () => {
    const columns = ["a", "b", "c", "d"];
    expect(ofColumns("weight from the bottom-left pixel to hidden node 0", columns)).toBe(
      "weight from c to hidden node 0",
    );
    expect(ofColumns("brightness of pixel 1", columns)).toBe("value of b");
    expect(ofColumns("bias of output 1", columns)).toBe("bias of output 1");
  });
});

it.each([
  [[3, 2], 6, [3, 2]],
  [null, 4, [1, 4]],
  [null, 64, [8, 8]],
  [null, 30, [5, 6]],
] as const)("inputs of shape %j, %i of them, are laid out as %j", (shape, count, laid) =>
  expect(shapeOf(shape as [number, number] | null, count)).toEqual(laid),
);

describe("a table on a page", () => {
  const lab = (api: object) => {
    const said: string[] = [];
    const attempt = (act: () => Promise<unknown>) => act().catch((error: Error) => void said.push(error.message));
    return { said, table: new OwnTable({ api, attempt, state: { seed: 3 } } as unknown as Lab) };
  };
  const file = new File(["x,label\n1,a\n2,b\n"], "own.csv");

  it("without Python says what it needs", async () => {
    const { said, table } = lab({});
    await table.open(file);
    expect(said).toEqual(["own.csv: a table needs the laboratory with its Python; start it with: tinynet lab"]);
    expect(table.head).toBe(null);
  });
  it("takes the label that is proposed, and the seed of the page", async () => {
    const asked: string[] = [];
    const columns = async (name: string, text: string) => {
      asked.push(name, text);
      return { rows: 2, label: "label", columns: [] };
    };
    const { said, table } = lab({ columns });
    await table.open(file);
    expect([said, asked, table.label, table.seed]).toEqual([[], ["own.csv", await file.text()], "label", 3]);
    table.label = null;
    await table.train();
    expect(said).toEqual([
      "own.csv: choose what is to be learned: a column of 2 to 10 different answers, or of numbers to predict.",
    ]);
  });
});

describe("an address", () => {
  const set = (count: number): Pictures => ({
    inputs: Array.from({ length: count }, (_, k) => [k / count, 0.5]),
    targets: Array.from({ length: count }, () => [1, 0]),
    names: Array.from({ length: count }, (_, k) => `row ${k}`),
    shape: null,
    answers: ["a", "b"],
    scaling: { columns: ["x", "y"], low: [0, 1], high: [5, 6] },
  });

  it("carries the held-out examples", () => {
    const state = { ...plainState(), pictures: set(7), heldOut: set(3) };
    expect(fromAddress(toAddress(state)!)).toEqual(state);
  });
  it("carries so many examples, and no more", () => {
    const many = { ...plainState(), pictures: set(700), heldOut: set(301) };
    expect(toAddress({ ...many, heldOut: set(300) })).toMatch(/^#1[.]/);
    expect(toAddress(many)).toBeNull();
    expect(toAddress({ ...plainState(), others: [many, plainState()] })).toBeNull();
    expect(fromAddress(toAddress({ ...many, step: 5 }, many)!, many)).toEqual({ ...many, step: 5 }); // they came along
  });
  it.each([[{ heldOut: { ...set(2), inputs: "none" } }], [{ heldOut: { ...set(2), targets: null } }]])(
    "with damaged examples is refused",
    (change) => {
      const address = toAddress({ ...plainState(), ...(change as object) })!;
      expect(() => fromAddress(address)).toThrow("its held-out examples cannot be");
    },
  );
});
