/** The import of a dropped table: choose its columns and train on the table. */

import type { Api } from "../api/api";
import { integer, short } from "../display/format";
import { counted } from "../display/plural";
import { InvalidValueError } from "../engine/invalid_value";
import type { TableColumn, TableHead } from "../types";
import type { Messages } from "./messages.svelte";
import { defaultState, type State } from "./state";

const MAX_BYTES = 900_000; // the laboratory accepts requests up to a million bytes

/** Whether a file is a table, by its name or its type. */
export const isTable = ({ name, type }: { name: string; type: string }): boolean =>
  /\.(csv|tsv|txt)$/i.test(name) || type === "text/csv";

/** Return a description of a column's values. */
export function describeColumn({ words, odd, missing, different, examples, low, high }: TableColumn): string {
  const empty = missing > 0 ? `; ${integer(missing)} empty` : "";
  const strange = odd === null ? "" : `; not a number: ${odd}`;
  if (!words) return `numbers from ${short(low)} to ${short(high)}${strange}${empty}`;
  if (different === 0) return "empty";
  const more = different > examples.length ? ", …" : "";
  return `${different > 100 ? "more than 100 values" : counted(different, "value")}: ${examples.join(", ")}${more}${empty}`;
}

/** Return the columns to ignore: the excluded columns, and columns of words that are not the label. */
export function ignoredColumns({ columns }: TableHead, label: string | null, excluded: readonly string[]): string[] {
  const ignored = columns.filter(({ name, words }) => name !== label && (words || excluded.includes(name)));
  return ignored.map(({ name }) => name).filter((name) => name !== "name"); // the column "name" names the rows
}

/** The part of the laboratory in which a table is trained. */
export interface TableTarget {
  load(state: State): Promise<void>;
  seed(): number;
}

export class TableImport {
  head: TableHead | null = $state.raw(null);
  name = $state("");
  label: string | null = $state(null);
  excluded: string[] = $state([]); // columns that are not inputs
  hiddenNodes = $state(5);
  heldOut = $state(0.3); // fraction of the rows
  seed = $state(0);
  private text = "";

  constructor(
    private readonly api: Api,
    private readonly messages: Messages,
    private readonly target: TableTarget,
  ) {}

  /** Read the columns of a table file. */
  async open(file: File): Promise<void> {
    this.head = null;
    await this.messages.attempt(async () => {
      const { columns } = this.api;
      if (!columns)
        throw new Error(`${file.name} is a table. Tables need Python. Start the laboratory with: tinynet lab`);
      if (file.size > MAX_BYTES)
        throw new Error(
          `${file.name} has ${integer(Math.ceil(file.size / 1000))} kB. It must have at most ${MAX_BYTES / 1000} kB. ` +
            `Train larger tables with: tinynet train ${file.name}`,
        );
      [this.name, this.text] = [file.name, await decodeText(file)];
      const head = await columns(this.name, this.text);
      Object.assign(this, { head, label: head.label, excluded: [], seed: this.target.seed() });
    });
  }

  /** Whether the label is a column of numbers to predict. */
  get isRegression(): boolean {
    return this.head?.columns.some(({ name, label }) => name === this.label && !label) ?? false;
  }

  /** Use a column as an input, or exclude it. */
  use(column: string, used: boolean): void {
    this.excluded = used ? this.excluded.filter((other) => other !== column) : [...this.excluded, column];
  }

  close(): void {
    this.head = null;
  }

  /** Train on the chosen columns from the first step. */
  async train(): Promise<void> {
    await this.messages.attempt(async () => {
      const { name, text, label, hiddenNodes: hidden_nodes, heldOut: held_out, seed } = this;
      if (label === null)
        throw new InvalidValueError(
          `Label is empty. It must be a column of ${name} with 2 to 100 classes or with numbers. Choose a column.`,
          "label",
        );
      const ignore = ignoredColumns(this.head!, label, this.excluded);
      const choice = { name, text, label, predict: this.isRegression, ignore, hidden_nodes, held_out, seed };
      const { examples, held_out: heldOut, architecture, recipe } = await this.api.table!(choice);
      const step = recipe.epochs * Math.ceil(examples.names.length / recipe.batch_size);
      const root = { name, architecture, recipe, seed, pictures: examples, heldOut };
      await this.target.load({ ...defaultState(), ...root, step });
      this.close();
    }, "table");
  }
}

async function decodeText(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error(
      `${file.name}, line ${integer(firstInvalidLine(bytes))} is not UTF-8 text. Save the table as CSV in UTF-8.`,
    );
  }
}

/** Return the number of the first line that is not UTF-8. */
export function firstInvalidLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for (let line = 1, start = 0; ; line++) {
    const end = bytes.indexOf(10, start);
    try {
      decoder.decode(bytes.subarray(start, end < 0 ? bytes.length : end));
    } catch {
      return line;
    }
    if (end < 0) return line;
    start = end + 1;
  }
}
