/** Read a recording file: a safetensors container with the experiment as JSON in its header. */

import type { Architecture, Examples, Recipe, WatchedTraining, World } from "../types";
import { initialSeed, withPresentNames } from "./earlier_names";
import { DEFAULT_RECIPE } from "./recipe";
import { isWorld } from "./world";

export interface OpenedRecording {
  architecture: Architecture;
  recipe: Recipe;
  examples: Examples;
  seed: number | null; // of the initial parameters
  content: string; // hash of all arrays
  steps: number;
  stride: number;
  world: World | null;
  ended: boolean; // stopped early, by validation or by the user, although all values were finite
  parameters: Float64Array; // (stored rows + 1, parameters), flat
  watched: WatchedTraining | null;
}

type ArrayHeader = { dtype: string; shape: number[]; data_offsets: [number, number] };
type Header = Record<string, ArrayHeader> & { __metadata__?: any };
type TypedArray<T> = new (bytes: ArrayBuffer) => T;

const BYTES: Record<string, number> = { F64: 8, F32: 4, I64: 8, U8: 1 };
const NUMPY: Record<string, string> = { F64: "float64", F32: "float32", I64: "int64", U8: "uint8" };
const MAX_HEADER = 100_000_000;
const NEWEST_FORMAT = 3; // format 2 stores many examples as arrays, format 3 renames fields
const MAX_EXAMPLES = 20_000;
const JSON_ADVICE = "Open the recording itself, which tinynet train --out saved, such as run.safetensors.";

export async function openRecording(buffer: ArrayBuffer, name: string): Promise<OpenedRecording> {
  const file = new RecordingFile(buffer, name);
  const { metadata } = file;
  file.checkMetadata();
  file.checkArrays();
  await file.checkContent();
  file.checkTraining();
  if (metadata.world && !isWorld(metadata.world)) file.fail("is damaged. Its world is not valid.");
  const examples = file.examples();
  if (metadata.watched && !examples.targets) {
    examples.targetsUnknown = true;
    examples.targets = examples.inputs.map(() => examples.target_names.map(() => 0.5)); // no cell uses them
  }
  return {
    architecture: withPresentNames(metadata.architecture),
    recipe: { ...DEFAULT_RECIPE, ...withPresentNames(metadata.recipe) }, // recordings of earlier versions have fewer fields
    examples,
    seed: file.seed(),
    content: metadata.content,
    steps: metadata.steps,
    stride: metadata.stride,
    world: metadata.world ?? null,
    ended: metadata.validation !== undefined || metadata.stopped?.cell === "",
    parameters: file.array("parameters", Float64Array),
    watched: metadata.watched ? watchedOf(file) : null,
  };
}

/** Return whether a file begins as JSON does. A safetensors file begins with the length of its header: eight bytes, some of them 0. */
function isJson(buffer: ArrayBuffer): boolean {
  const text = new TextDecoder().decode(new Uint8Array(buffer, 0, Math.min(8, buffer.byteLength)));
  return /^\s*\{\s*["}]/.test(text) && !text.includes("\0");
}

/** Return the content of a JSON file in words. */
function jsonContent(buffer: ArrayBuffer): string {
  try {
    const { kind, tinynet } = JSON.parse(new TextDecoder().decode(buffer));
    if (kind === "recording" && tinynet) return "a recording that was exported as JSON";
    if (kind === "network") return "a network that was exported as JSON";
  } catch {
    // another text
  }
  return "JSON";
}

class RecordingFile {
  readonly header: Header = {};
  readonly metadata: Record<string, any> = {};
  private readonly first: number = 0; // offset of the arrays

  constructor(
    private readonly buffer: ArrayBuffer,
    private readonly name: string,
  ) {
    if (isJson(buffer)) this.fail(`is ${jsonContent(buffer)}. It must be a safetensors file. ${JSON_ADVICE}`);
    if (buffer.byteLength < 8) this.fail("is not a recording. It is too short.");
    const length = Number(new DataView(buffer).getBigUint64(0, true));
    if (length > MAX_HEADER || 8 + length > buffer.byteLength)
      this.fail("is damaged or not a recording. Its header is too long.");
    this.first = 8 + length;
    try {
      this.header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(buffer, 8, length)));
      this.metadata = JSON.parse(this.header.__metadata__?.tinynet ?? "null");
    } catch {
      this.fail("is damaged or not a recording. Its header is not readable.");
    }
  }

  fail(why: string): never {
    throw new Error(`${this.name} ${why}`);
  }

  checkMetadata(): void {
    const { metadata } = this;
    if (metadata === null) this.fail("is a safetensors file, but not a TinyNet recording.");
    if (metadata.kind !== "recording") this.fail(`is a TinyNet file of kind ${metadata.kind}. It must be a recording.`);
    if (metadata.format > NEWEST_FORMAT)
      this.fail(`has format ${metadata.format}. It must be at most ${NEWEST_FORMAT}. Open it with a newer TinyNet.`);
  }

  checkArrays(): void {
    const rows = this.header["examples.inputs"]?.shape[0] ?? 0;
    if (rows > MAX_EXAMPLES)
      this.fail(
        `has ${rows.toLocaleString("en")} examples. It must have at most ${MAX_EXAMPLES.toLocaleString("en")} to open in the page.`,
      );
    const { parameters } = this.header;
    if (!parameters || parameters.dtype !== "F64" || parameters.shape.length !== 2)
      this.fail("is damaged. It has no parameters.");
    for (const { dtype, shape, data_offsets } of this.arrays().map((name) => this.header[name])) {
      const [from, to] = data_offsets;
      const size = shape.reduce((product, length) => product * length, BYTES[dtype]);
      if (to - from !== size || this.first + to > this.buffer.byteLength) this.fail("is damaged. It ends too early.");
    }
  }

  /** Compare the hash of all names, types, shapes and bytes with the hash that Python stored. */
  async checkContent(): Promise<void> {
    if (!crypto.subtle) return; // `subtle` is missing outside of secure contexts
    const parts: BlobPart[] = [];
    for (const name of this.arrays().sort()) {
      const { dtype, shape } = this.header[name];
      const sizes = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
      parts.push(`${name} ${NUMPY[dtype]} ${sizes};`, this.bytes(name));
    }
    const digest = await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer());
    const content = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    if (content !== this.metadata.content) this.fail("is damaged. Its content does not match its checksum.");
  }

  /** Refuse trainings that the page cannot compute: with sample weights, or from the state of an earlier optimizer. */
  checkTraining(): void {
    if (this.header.sample_weights)
      this.fail("has sample weights. The page cannot compute a weighted training. Open it in Python.");
    if (this.metadata.watched || !this.header.state) return;
    const width = this.header.state.shape[1];
    const ones = this.metadata.recipe?.optimizer === "adam" ? width - 2 : width; // Adam's two powers begin with 1
    const first = this.array("state", Float64Array).subarray(0, width);
    if (first.some((value, k) => value !== (k < ones ? 0 : 1)))
      this.fail("continues the optimizer of an earlier training. The page cannot compute it. Open it in Python.");
  }

  /** Return the seed of the initial parameters, or null for parameters without a seed. */
  seed(): number | null {
    const seed = initialSeed(this.metadata);
    if (seed !== null && !(Number.isInteger(seed) && 0 <= seed && seed < 2 ** 32))
      this.fail("is damaged. Its seed is not valid.");
    return seed;
  }

  array<T>(name: string, of: TypedArray<T>): T {
    if (!this.header[name]) this.fail(`is damaged. It has no ${name}.`);
    return new of(this.bytes(name));
  }

  /** Return the examples: from the metadata, or from arrays if there are many. */
  examples(): Examples {
    const examples = withPresentNames(this.metadata.examples);
    if (!this.header["examples.inputs"]) return examples;
    const names = JSON.parse(new TextDecoder().decode(this.bytes("examples.names")));
    const targets = this.header["examples.targets"] ? this.rows("examples.targets") : null;
    return { ...examples, inputs: this.rows("examples.inputs"), targets, names };
  }

  private rows(name: string): number[][] {
    const numbers = this.array(name, Float64Array);
    const [count, width] = this.header[name].shape;
    return Array.from({ length: count }, (_, k) => [...numbers.subarray(k * width, (k + 1) * width)]);
  }

  private bytes(name: string): ArrayBuffer {
    const [from, to] = this.header[name].data_offsets;
    return this.buffer.slice(this.first + from, this.first + to);
  }

  private arrays(): string[] {
    return Object.keys(this.header).filter((name) => name !== "__metadata__");
  }
}

function watchedOf(file: RecordingFile): WatchedTraining {
  const { steps, stride, watched } = file.metadata;
  const batches = file.header.batches ? "batches" : "pictures"; // an earlier name
  const batch = file.header[batches]?.shape[1];
  const floats = (name: string) => file.array(name, Float64Array);
  const optional = (name: string) => (file.header[name] ? floats(name) : null);
  const indices = Array.from(file.array(batches, BigInt64Array), Number);
  return {
    steps,
    stride,
    perEpoch: watched.per_epoch,
    batches: Array.from({ length: Math.ceil(steps / stride) }, (_, k) =>
      indices.slice(k * batch, (k + 1) * batch).filter((k) => k >= 0),
    ),
    rates: floats("rates"),
    settingNames: watched.setting_names ?? [],
    settings: optional("settings") ?? new Float64Array(0),
    changes: optional("changes"),
    losses: floats("losses"),
    lossPerEpoch: floats("loss_per_epoch"),
    movementPerEpoch: floats("movement_per_epoch"),
    parameters: floats("parameters"),
    state: floats("state"),
    gradients: floats("gradients"),
    slopes: floats("slopes"),
    notes: watched.notes,
  };
}
