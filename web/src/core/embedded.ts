/** The page without a server: what it needs stands in the file that it came in, as JSON and bytes, deflated. */

import type { Api } from "./api";
import type { SheetJson } from "./sheet";
import { formOf, PLAIN_RECIPE, unsoundOf, type Architecture, type Pictures, type Recipe, type SheetAnswer } from "./types"; // prettier-ignore

type Part = [from: number, to: number]; // of the bytes behind the JSON

/** The sheets of an architecture: every cell once, and of each form the distances from one of its cells to the next. */
interface Sheets {
  architecture: Architecture;
  parameters: string[];
  cells: SheetJson["cells"];
  symbols: SheetAnswer["symbols"];
  forms: Form[];
}

type Form = { recipe: Partial<Recipe>; batch: number; cells: number[] } & Pick<SheetAnswer, "settings" | "state">;

interface Aboard {
  version: string;
  title: string;
  pictures: Record<string, { unsure_below: number; sets: Record<string, Pictures> }>;
  sheets: Sheets[];
  starts: { architecture: Architecture; first: number; count: number; at: Part }[]; // a row of float32 for each seed
  recordings: { name: string | null; at: Part }[];
  part(at: Part): ArrayBuffer;
}

const PYTHON = "Others need Python: tinynet lab.";

async function unpacked(text: string): Promise<Aboard> {
  const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = await new Response(stream).arrayBuffer();
  const first = 4 + new DataView(bytes).getUint32(0, true);
  const document = JSON.parse(new TextDecoder().decode(bytes.slice(4, first)));
  return { ...document, part: ([from, to]: Part) => bytes.slice(first + from, first + to) };
}

/** An Api of what stands in the file; `text` is its data in base64. */
export function embedded(text: string): Api {
  let aboard: Promise<Aboard> | undefined;
  const open = () => (aboard ??= unpacked(text));
  return {
    async about() {
      const { version, title } = await open();
      return { version, title, limits: {}, chapters: [] };
    },
    async brought() {
      const { recordings, part } = await open();
      return recordings.map(({ name, at }) => ({ name, bytes: part(at) }));
    },
    async pictures(grid) {
      const { pictures } = await open();
      if (pictures[grid]) return pictures[grid];
      throw new Error(`This file has no pictures of ${grid}×${grid} pixels. ${PYTHON}`);
    },
    async sheet(architecture, recipe, batch) {
      const wrong = unsoundOf(recipe);
      if (wrong) throw new Error(`The recipe's ${wrong} is ${recipe[wrong]}; that is out of its range.`);
      const { sheets } = await open();
      const wanted = formOf(architecture, recipe, batch);
      for (const one of sheets)
        for (const form of one.forms) if (keyOf(one, form) === wanted) return sheetOf(one, form);
      throw new Error(whatThereIs(sheets, wanted));
    },
    async starts(architecture, first, count) {
      const { starts, part } = await open();
      const mine = starts.filter((table) => kind(table.architecture) === kind(architecture));
      const table = mine.find((one) => one.first <= first && first + count <= one.first + one.count);
      if (!table) throw new Error(noStart(mine));
      const size = (table.at[1] - table.at[0]) / 4 / table.count;
      const numbers = new Float32Array(part(table.at));
      const row = (k: number) => [...numbers.subarray(k * size, (k + 1) * size)];
      return Array.from({ length: count }, (_, k) => row(first - table.first + k));
    },
  };
}

const kind = ({ sizes, hidden, output, start }: Architecture): string => [sizes, hidden, output, start].join();

const keyOf = ({ architecture }: Sheets, { recipe, batch }: Form): string =>
  formOf(architecture, { ...PLAIN_RECIPE, ...recipe }, batch);

function sheetOf({ cells, symbols, parameters }: Sheets, form: Form): SheetAnswer {
  const { batch, settings, state, cells: distances } = form;
  let place = 0;
  const mine = distances.map((distance) => cells[(place += distance)]);
  return { sheet: { format: 1, batch, cells: mine }, symbols, settings, state, parameters };
}

/** Say which forms there are instead of one that is not: of other networks, or of this one. */
function whatThereIs(sheets: Sheets[], key: string): string {
  const all = sheets.flatMap((one) => one.forms.map((form) => described(keyOf(one, form))));
  const wanted = described(key);
  const list = (which: keyof typeof wanted, of = all) => [...new Set(of.map((one) => one[which]))].join(", ");
  const mine = all.filter(({ network }) => network === wanted.network);
  if (mine.length === 0)
    return `This file has no formulas for ${wanted.network}; it has those of ${list("network")}. ${PYTHON}`;
  const { loss, optimizer, batch } = wanted;
  return (
    `This file has no formulas for the loss ${loss} with ${optimizer} in batches of ${batch}. It has: loss ${list("loss", mine)}; ` +
    `${list("optimizer", mine)}; batches of ${list("batch", mine)}. ${PYTHON}`
  );
}

function described(key: string) {
  const [sizes, hidden, output, loss, optimizer, nesterov, momentum, decay, batch] = JSON.parse(key);
  const push = `${nesterov ? " and Nesterov's step" : ""}${decay ? " and weight decay" : ""}`;
  return {
    network: `a ${sizes.join("-")} network of ${hidden} and ${output} nodes`,
    loss: loss as string,
    optimizer: `${optimizer}${momentum ? " with momentum" : ""}${push}`,
    batch: batch as number,
  };
}

function noStart(tables: Aboard["starts"]): string {
  if (tables.length === 0) return `This file has no starts of other seeds for this network. ${PYTHON}`;
  const ranges = tables.map(({ first, count }) => `${first} to ${first + count - 1}`);
  return `This file has the starts of the seeds ${ranges.join(" and ")}. ${PYTHON}`;
}
