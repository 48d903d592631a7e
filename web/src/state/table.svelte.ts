/** The import of a dropped table: choose its columns and train on the table. */

import type { Api } from "../api/api";
import { integer, short } from "../display/format";
import { counted } from "../display/plural";
import { InvalidValueError } from "../engine/invalid_value";
import type { Missing, TableColumn, TableDialect, TableHead } from "../types";
import type { Messages } from "./messages.svelte";
import { defaultState, type State } from "./state";

// Bytes that are undefined or rare in Windows-1252, and usual in other encodings; see FOREIGN in data/dialects.py.
const FOREIGN =
  /^\xef\xbb\xbf|[\x81\x8d\x8f\x90\x9d]|\x83[\x40-\xff]|[\x82\x86-\x89][\x80-\xff]|[\xc0-\xff]{3}|[\xa1-\xff]{4}/;
const MAX_BYTES = 900_000; // the laboratory accepts requests up to a million bytes

/** Whether a file is a table, by its name or its type. */
export const isTable = ({ name, type }: { name: string; type: string }): boolean =>
  /\.(csv|tsv|txt)$/i.test(name) || type === "text/csv";

/** Return a description of a column's values. */
export function describeColumn({ kind, odd, missing, different, examples, low, high }: TableColumn): string {
  const gaps = missing > 0 ? `; ${integer(missing)} missing` : "";
  if (different === 0) return "empty";
  if (kind === "number") {
    const strange = odd === null ? "" : `; not a number: ${odd}`;
    return `numbers from ${short(low)} to ${short(high)}${strange}${gaps}`;
  }
  const more = different > examples.length ? ", …" : "";
  const count = kind === "date" ? counted(different, "date") : counted(different, "category", "categories");
  return `${count}: ${examples.join(", ")}${more}${gaps}`;
}

/** Return the columns to ignore: the excluded columns, and columns that cannot be read as inputs. */
export function ignoredColumns({ columns }: TableHead, label: string | null, excluded: readonly string[]): string[] {
  const inputs = columns.filter(({ name, names_rows }) => name !== label && !names_rows);
  return inputs.filter(({ name, odd }) => odd !== null || excluded.includes(name)).map(({ name }) => name);
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
  missing: Missing | null = $state(null);
  predictsNumbers = $state(false); // whether a label that may be both holds numbers to predict
  encodingNote = $state("");
  private text = "";
  private request = 0; // the last request; the answers to earlier requests are ignored

  constructor(
    private readonly api: Api,
    private readonly messages: Messages,
    private readonly target: TableTarget,
  ) {}

  /** Read the columns of a table file. */
  async open(file: File): Promise<void> {
    const request = ++this.request;
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
      const [text, encodingNote] = decodeText(await file.arrayBuffer(), file.name);
      const head = await columns(file.name, text, { header: null, delimiter: null, decimal: null });
      if (request !== this.request) return;
      Object.assign(this, { name: file.name, text, encodingNote, seed: this.target.seed(), missing: null });
      this.show(head);
    });
  }

  /** Read the columns again, with another dialect. */
  async change(dialect: Partial<TableDialect>): Promise<void> {
    const request = ++this.request;
    const { header, delimiter, decimal } = this.head!;
    await this.messages.attempt(async () => {
      const head = await this.api.columns!(this.name, this.text, { header, delimiter, decimal, ...dialect });
      if (request === this.request) this.show(head);
    }, "table");
  }

  private show(head: TableHead): void {
    Object.assign(this, { head, label: head.label, excluded: [], predictsNumbers: false });
  }

  private get labelColumn(): TableColumn | undefined {
    return this.head?.columns.find(({ name }) => name === this.label);
  }

  /** Whether the label may be a class or a number to predict. */
  get mayBeBoth(): boolean {
    const column = this.labelColumn;
    return column !== undefined && column.label && column.kind === "number";
  }

  /** Whether the label is a column of numbers to predict. */
  get isRegression(): boolean {
    const column = this.labelColumn;
    return column !== undefined && column.kind === "number" && (!column.label || this.predictsNumbers);
  }

  /** Whether a column that is used has missing cells. */
  get hasMissing(): boolean {
    return this.head?.columns.some(({ name, missing }) => missing > 0 && !this.excluded.includes(name)) ?? false;
  }

  /** Use a column as an input, or exclude it. */
  use(column: string, used: boolean): void {
    this.excluded = used ? this.excluded.filter((other) => other !== column) : [...this.excluded, column];
  }

  close(): void {
    this.request++;
    this.head = null;
  }

  /** Train on the chosen columns from the first step. */
  async train(): Promise<void> {
    await this.messages.attempt(async () => {
      const { name, text, label, missing, hiddenNodes: hidden_nodes, heldOut: held_out, seed } = this;
      const { header, delimiter, decimal } = this.head!;
      if (label === null)
        throw new InvalidValueError(
          `Label is empty. It must be a column of ${name} with 2 to 100 classes or with numbers. Choose a column.`,
          "label",
        );
      const ignore = ignoredColumns(this.head!, label, this.excluded);
      const dialect = { header, delimiter, decimal };
      const settings = { hidden_nodes, held_out, seed, missing };
      const choice = { name, text, label, predict: this.isRegression, ignore, ...settings, ...dialect };
      const { examples, held_out: heldOut, architecture, recipe } = await this.api.table!(choice);
      const step = recipe.epochs * Math.ceil(examples.names.length / recipe.batch_size);
      const root = { name, architecture, recipe, seed, pictures: examples, heldOut };
      await this.target.load({ ...defaultState(), ...root, step });
      this.close();
    }, "table");
  }
}

/**
 * Return the text of a file, and a note if it is not Unicode.
 *
 * A file is UTF-16 with a byte order mark, UTF-8, or Windows-1252. A file that is mostly UTF-8, or in another encoding,
 * is an error.
 */
export function decodeText(bytes: ArrayBuffer, name: string): [text: string, note: string] {
  const [first, second, third, fourth] = new Uint8Array(bytes);
  const isWide = third === 0 && fourth === 0; // UTF-32
  if (first === 0xff && second === 0xfe && !isWide) return [new TextDecoder("utf-16le").decode(bytes), ""];
  if (first === 0xfe && second === 0xff) return [new TextDecoder("utf-16be").decode(bytes), ""];
  const text = new TextDecoder("utf-8").decode(bytes);
  try {
    return [new TextDecoder("utf-8", { fatal: true }).decode(bytes), ""];
  } catch {
    const latin = Array.from(new Uint8Array(bytes), (code) => String.fromCharCode(code)).join("");
    const beyond = Array.from(text).filter((character) => character > "\x7f");
    const wrong = beyond.filter((character) => character === "\ufffd").length;
    if (isWide || 2 * wrong <= beyond.length || FOREIGN.test(latin)) {
      const line = text.slice(0, text.indexOf("\ufffd")).split("\n").length;
      throw new Error(`${name}, line ${line}: a character is not UTF-8. Save the table as CSV in UTF-8.`);
    }
    const western = new TextDecoder("windows-1252").decode(bytes);
    const word = /[^\s,;|"]*[^\p{ASCII}][^\s,;|"]*/u.exec(western)![0].slice(0, 30);
    return [western, `The file is not UTF-8. It is read as Windows-1252, such as '${word}'.`];
  }
}
