/** Respond with the data inside an offline file: deflated JSON and bytes. */

import { integer } from "../display/format";
import { FORMAT } from "../engine/sheet";
import { DEFAULT_RECIPE, formulaKey } from "../engine/recipe";
import type { Architecture, BuiltinSets, Choices, Recipe, SheetResponse, SheetJson } from "../types";
import type { Api } from "./api";

type Slice = [from: number, to: number]; // positions in the bytes after the JSON

/** The sheets of an architecture: every cell once, and for each form the distances between the form's cells. */
interface Sheets {
  architecture: Architecture;
  parameters: string[];
  cells: SheetJson["cells"];
  symbols: SheetResponse["symbols"];
  forms: Form[];
}

type Form = { recipe: Partial<Recipe>; batch: number; cells: number[] } & Pick<SheetResponse, "settings" | "state">;

interface Payload {
  version: string;
  title: string;
  choices: Choices;
  pictures: Record<string, BuiltinSets>;
  sheets: Sheets[];
  initial_parameters: { architecture: Architecture; first: number; count: number; at: Slice }[]; // one row of float32 per seed
  recordings: { name: string | null; at: Slice }[];
  slice(at: Slice): ArrayBuffer;
}

const PYTHON = "More choices need Python. Start the laboratory with: tinynet lab";

async function unpack(text: string): Promise<Payload> {
  const deflated = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = await new Response(stream).arrayBuffer();
  const first = 4 + new DataView(bytes).getUint32(0, true);
  const document = JSON.parse(new TextDecoder().decode(bytes.slice(4, first)));
  return { ...document, slice: ([from, to]: Slice) => bytes.slice(first + from, first + to) };
}

/** Return an Api that responds with base64 data. */
export function embedded(text: string): Api {
  let payload: Promise<Payload> | undefined;
  const open = () => (payload ??= unpack(text));
  return {
    async about() {
      const { version, title, choices } = await open();
      return { version, title, choices, limits: {}, chapters: [] };
    },
    async initialRecordings() {
      const { recordings, slice } = await open();
      return recordings.map(({ name, at }) => ({ name, bytes: slice(at) }));
    },
    async pictures(grid) {
      const { pictures } = await open();
      if (pictures[grid]) return pictures[grid];
      throw new Error(`This file has no pictures of ${grid}×${grid} pixels. ${PYTHON}`);
    },
    async sheet(architecture, recipe, batch) {
      const { sheets } = await open();
      const key = formulaKey(architecture, recipe, batch);
      for (const group of sheets)
        for (const form of group.forms) if (keyOf(group, form) === key) return sheetOf(group, form);
      throw new Error(missingSheet(sheets, key));
    },
    async initialParameters(architecture, first, count) {
      const { initial_parameters: all, slice } = await open();
      const tables = all.filter((table) => nameOf(table.architecture) === nameOf(architecture));
      const table = tables.find((other) => other.first <= first && first + count <= other.first + other.count);
      if (!table) throw new Error(missingSeeds(tables));
      const size = (table.at[1] - table.at[0]) / 4 / table.count;
      const numbers = new Float32Array(slice(table.at));
      const row = (k: number) => [...numbers.subarray(k * size, (k + 1) * size)];
      return Array.from({ length: count }, (_, k) => row(first - table.first + k));
    },
  };
}

const nameOf = ({ sizes, hidden, output, init }: Architecture): string => [sizes, hidden, output, init].join();

const keyOf = ({ architecture }: Sheets, { recipe, batch }: Form): string =>
  formulaKey(architecture, { ...DEFAULT_RECIPE, ...recipe }, batch);

function sheetOf({ cells, symbols, parameters }: Sheets, form: Form): SheetResponse {
  const { batch, settings, state, cells: distances } = form;
  let index = 0;
  const chosen = distances.map((distance) => cells[(index += distance)]);
  return { sheet: { format: FORMAT, batch, cells: chosen }, symbols, settings, state, parameters };
}

/** Return a message about a missing sheet, with the sheets that the file has. */
function missingSheet(sheets: Sheets[], key: string): string {
  const all = sheets.flatMap((group) => group.forms.map((form) => describeKey(keyOf(group, form))));
  const wanted = describeKey(key);
  const list = (which: keyof typeof wanted, of = all) => [...new Set(of.map((form) => form[which]))].join(", ");
  const own = all.filter(({ network }) => network === wanted.network);
  if (own.length === 0)
    return `This file has no formulas for ${wanted.network}. It has formulas for ${list("network")}. ${PYTHON}`;
  const { loss, optimizer, batch } = wanted;
  return (
    `This file has no formulas for loss ${loss}, optimizer ${optimizer}, batch size ${batch}. It has formulas for ` +
    `loss ${list("loss", own)}; optimizer ${list("optimizer", own)}; batch size ${list("batch", own)}. ${PYTHON}`
  );
}

function describeKey(key: string) {
  const [sizes, hidden, output, loss, optimizer, , nesterov, momentum, decay, batch] = JSON.parse(key);
  const parts = [optimizer, momentum && "momentum", nesterov && "Nesterov", decay && "weight decay"];
  return {
    network: `a ${sizes.join("-")} network with hidden activation ${hidden} and output activation ${output}`,
    loss: loss as string,
    optimizer: parts.filter(Boolean).join(" + "),
    batch: batch as number,
  };
}

function missingSeeds(tables: Payload["initial_parameters"]): string {
  if (tables.length === 0) return `This file has no initial parameters for this network. ${PYTHON}`;
  const ranges = tables.map(({ first, count }) => `${integer(first)} to ${integer(first + count - 1)}`);
  return `This file has the initial parameters of seeds ${ranges.join(" and ")} only. ${PYTHON}`;
}
