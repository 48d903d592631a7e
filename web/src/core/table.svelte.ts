/** A table that was dropped on the page: what its columns hold, what is chosen of them, and the training that comes of it. */

import { plainState } from "./address";
import { short } from "./format";
import type { Lab } from "./lab.svelte";
import type { Architecture, Pictures, Recipe } from "./types";

export interface TableColumn {
  name: string;
  words: boolean; // whether most cells are no numbers
  odd: string | null; // the first cell that is none
  low: number; // of the numbers
  high: number;
  missing: number; // cells
  different: number; // cells, up to 11
  examples: string[];
  label: boolean; // whether it may be the label
}

export interface TableHead {
  rows: number;
  label: string | null;
  columns: TableColumn[];
}

export interface TableChoice {
  name: string;
  text: string;
  label: string;
  predict: boolean; // whether it holds numbers to predict
  ignore: string[];
  hidden: number;
  held_out: number;
  seed: number;
}

export interface TableAnswer {
  examples: Pictures;
  held_out: Pictures | null;
  architecture: Architecture;
  recipe: Recipe;
  sentence: string;
}

export const MOST_BYTES = 900_000; // of a table: the laboratory takes requests of a million

/** Whether a file is a table by its name or its kind. */
export const isTable = ({ name, type }: { name: string; type: string }): boolean =>
  /\.(csv|tsv|txt)$/i.test(name) || type === "text/csv";

/** What a column holds, in words. */
export function holds({ words, odd, missing, different, examples, low, high }: TableColumn): string {
  const empty = missing > 0 ? `; ${missing} empty` : "";
  const strange = odd === null ? "" : `; ${odd} is none`;
  if (!words) return `numbers from ${short(low)} to ${short(high)}${strange}${empty}`;
  if (different === 0) return "nothing";
  const more = different > examples.length ? ", …" : "";
  return `${different > 10 ? "more than 10 words" : `${different} words`}: ${examples.join(", ")}${more}${empty}`;
}

const CORNERS = ["top-left", "top-right", "bottom-left", "bottom-right"];

/** What is said of pixels, said of a table's columns. */
export const ofColumns = (text: string, columns: string[]): string =>
  text.replace(/(brightness of )?(?:the (top-left|top-right|bottom-left|bottom-right) pixel|pixel (\d+))/g, (_, value, corner, k) =>
    (value ? "value of " : "") + columns[corner ? CORNERS.indexOf(corner) : Number(k)]); // prettier-ignore

/** The columns that are left out: those chosen, and those of words that are not the label. */
export function ignored({ columns }: TableHead, label: string | null, left: readonly string[]): string[] {
  const names = columns.filter(({ name, words }) => name !== label && (words || left.includes(name)));
  return names.map(({ name }) => name).filter((name) => name !== "name"); // which names the rows
}

export class OwnTable {
  head: TableHead | null = $state.raw(null);
  name = $state("");
  label: string | null = $state(null);
  left: string[] = $state([]); // columns that are not to be inputs
  hidden = $state(5);
  share = $state(0.3); // that is held out
  seed = $state(0);
  said = $state(""); // of the table that is trained on
  private text = "";

  constructor(private readonly lab: Lab) {}

  /** Read a table's columns, and show what can be chosen of them. */
  async open(file: File): Promise<void> {
    this.head = null;
    await this.lab.attempt(async () => {
      const { columns } = this.lab.api;
      if (!columns)
        throw new Error(`${file.name}: a table needs the laboratory with its Python; start it with: tinynet lab`);
      if (file.size > MOST_BYTES)
        throw new Error(
          `${file.name} has ${Math.ceil(file.size / 1000).toLocaleString("en")} kB and the page takes ${MOST_BYTES / 1000}; ` +
            `any size is taken by: tinynet train ${file.name}`,
        );
      [this.name, this.text] = [file.name, await textOf(file)];
      const head = await columns(this.name, this.text);
      Object.assign(this, { head, label: head.label, left: [], seed: this.lab.state.seed });
    });
  }

  /** Whether the label is a column of numbers to predict. */
  get predicts(): boolean {
    return this.head?.columns.some(({ name, label }) => name === this.label && !label) ?? false;
  }

  close(): void {
    this.head = null;
  }

  /** Train on what is chosen, from the start. */
  async train(): Promise<void> {
    await this.lab.attempt(async () => {
      if (this.label === null)
        throw new Error(
          `${this.name}: choose what is to be learned: a column of 2 to 10 different answers, or of numbers to predict.`,
        );
      const { name, text, label, predicts, hidden, share, seed } = this;
      const ignore = ignored(this.head!, label, this.left);
      const found = await this.lab.api.table!({
        name,
        text,
        label,
        predict: predicts,
        ignore,
        hidden,
        held_out: share,
        seed,
      });
      const { examples, held_out, architecture, recipe } = found;
      const step = recipe.epochs * Math.ceil(examples.names.length / recipe.batch_size);
      await this.lab.become({ ...plainState(), name, architecture, recipe, seed, pictures: examples, heldOut: held_out, step }); // prettier-ignore
      this.close();
    });
  }
}

async function textOf(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error(
      `${file.name}, line ${undecodable(bytes)}: this is no text in UTF-8; save the table as CSV in UTF-8.`,
    );
  }
}

/** The first line that is not in UTF-8. */
export function undecodable(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for (let line = 1, first = 0; ; line++) {
    const end = bytes.indexOf(10, first);
    try {
      decoder.decode(bytes.subarray(first, end < 0 ? bytes.length : end));
    } catch {
      return line;
    }
    if (end < 0) return line;
    first = end + 1;
  }
}
