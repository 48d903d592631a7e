/** A laboratory for tests: an Api with the data of the golden files, and functions that open a page. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import type { Api } from "../src/api/api";
import { DEFAULT_ARCHITECTURE, DEFAULT_RECIPE, formulaKey } from "../src/engine/recipe";
import { Lab } from "../src/state/lab.svelte";
import { defaultState, type State } from "../src/state/state";
import type { Architecture, Examples, Recipe, SheetResponse, SheetJson, TableColumn, TableHead } from "../src/types";
import { CHOICES } from "./choices";
import type { Golden } from "./golden";

const read = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../tests/golden/${name}.json`), "utf-8"));
const { sheet } = read("sheet_4-3-2") as { sheet: SheetJson };
const runs: Golden["runs"] = read("runs");
export const golden = runs;

export const cells = sheet.cells;
export const parameters = cells.map(([name]) => name).filter((name) => /^layer\d\.(weight|bias)\[[\d,]+\]$/.test(name));
export const LINES: Examples = runs.examples;
export const SEEDS = 64;
/** Initial parameters of each seed, in one flat array. */
export const initialParameters = Float32Array.from({ length: SEEDS * parameters.length }, (_, k) => Math.sin(k));

const startOf = (seed: number, count: number) =>
  Array.from({ length: count }, (_, k) => Math.fround(Math.sin(seed * parameters.length + k)));

/** The data of an offline page, as Python writes the file. The bytes are the initial parameters. */
export function fileData(change: object = {}): string {
  const form = { recipe: {}, batch: 1, cells: cells.map((_, k) => Number(k > 0)), settings: { rate: 0.1 }, state: {} };
  const document = {
    version: "1.2",
    title: "a file",
    choices: CHOICES,
    pictures: { 2: { unsure_below: 0.2, sets: { lines: LINES } } },
    sheets: [{ architecture: DEFAULT_ARCHITECTURE, cells, symbols: {}, parameters, forms: [form] }],
    initial_parameters: [
      { architecture: DEFAULT_ARCHITECTURE, first: 0, count: SEEDS, at: [0, initialParameters.byteLength] },
    ],
    recordings: [{ name: "one", at: [4, 12] }],
    ...change,
  };
  const json = Buffer.from(JSON.stringify(document));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return deflateSync(Buffer.concat([length, json, Buffer.from(initialParameters.buffer)])).toString("base64");
}

/** All 16 black-and-white pictures, and the built-in sets. */
const BLACK_AND_WHITE = Array.from({ length: 16 }, (_, k) => [8, 4, 2, 1].map((bit) => Number((k & bit) > 0)));
const set = (inputs: number[][], names: string[], targets: number[][] | null): Examples => ({
  ...LINES,
  inputs,
  names,
  targets,
});
export const SETS: Record<string, Examples> = {
  lines: LINES,
  world: set(
    BLACK_AND_WHITE,
    BLACK_AND_WHITE.map((input) => input.join("")),
    null,
  ),
  fuzzy: set([[0.8888, 0.9, 0.1112, 0.1]], ["fuzzy"], [[1, 0]]),
  stress: set([[0.5, 0.5, 0.5, 0.5]], ["gray"], null),
};

/** Symbols for every cell: the name in brackets as text and MathML, and words. */
const symbolsOf = ({ cells }: SheetJson): SheetResponse["symbols"] =>
  Object.fromEntries(cells.map(([name]) => [name, [`<mi>${name}</mi>`, `⟨${name}⟩`, `the words of ${name}`]]));

const SHEETS = new Map<string, SheetResponse>();
function addSheet(architecture: Architecture, recipe: Recipe, response: SheetResponse): void {
  const key = formulaKey(architecture, recipe, response.sheet.batch);
  SHEETS.set(key, { ...response, symbols: symbolsOf(response.sheet) });
}
addSheet(DEFAULT_ARCHITECTURE, DEFAULT_RECIPE, { sheet, symbols: {}, settings: { rate: 0 }, state: {}, parameters });
for (const { architecture, recipe, sheets } of runs.runs)
  for (const k of Object.values(sheets)) addSheet(architecture, recipe, runs.sheets[k]);

/** An Api without Python, for the architectures and recipes of the golden files. */
export const api: Api = {
  about: async () => ({ version: "1.2", limits: {}, choices: CHOICES, chapters: [] }),
  pictures: async () => ({ unsure_below: 0.2, sets: SETS }),
  async sheet(architecture, recipe, batch) {
    const response = SHEETS.get(formulaKey(architecture, recipe, batch));
    if (!response) throw new Error(`no sheet for ${architecture.sizes.join("-")} in batches of ${batch}`);
    return response;
  },
  initialParameters: async ({ sizes }, first, count) => {
    const size = sizes.slice(1).reduce((sum, outputs, k) => sum + outputs * (sizes[k] + 1), 0);
    return Array.from({ length: count }, (_, k) => startOf(first + k, size));
  },
};

/** Open a page with a changed state and Api, with all its runs trained. */
export async function openLab(change: Partial<State> = {}, apiChange: Partial<Api> = {}): Promise<Lab> {
  const lab = new Lab({ ...api, ...apiChange });
  await lab.start();
  await lab.load({ ...defaultState(), recipe: { ...DEFAULT_RECIPE, epochs: 3 }, ...change });
  for (const run of lab.runs) run.advance(Infinity);
  lab.trainer.revision++;
  return lab;
}

/** The summary of a table with these columns. */
export const tableHead = (columns: TableColumn[], label: string | null = null): TableHead => ({
  rows: 2, label, note: "", header: true, delimiter: ",", decimal: ".", columns,
}); // prettier-ignore

/** The summary of a column of numbers. */
export const tableColumn = (change: Partial<TableColumn>): TableColumn => ({
  name: "x", kind: "number", odd: null, low: 0, high: 1, missing: 0, different: 101, examples: [], left_out: null,
  label: false, names_rows: false, ...change,
}); // prettier-ignore
