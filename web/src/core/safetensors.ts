/** Read the bytes of a recording: named arrays, and the experiment as JSON in the header. */

import { PLAIN_RECIPE, type Architecture, type Pictures, type Recipe } from "./types";
import type { Played } from "./playing";
import { isWorld, type World } from "./world";

export interface OpenedRecording {
  architecture: Architecture;
  recipe: Recipe;
  pictures: Pictures;
  origin: string;
  content: string; // a hash of its numbers
  steps: number;
  stride: number;
  world: World | null;
  ended: boolean; // early, by its validation examples or by hand: not because a number was no longer finite
  parameters: Float64Array; // (kept + 1, P), flat
  played: Played | null; // of a training that ran elsewhere
}

type Described = { dtype: string; shape: number[]; data_offsets: [number, number] };
type Header = Record<string, Described> & { __metadata__?: any };
const BYTES: Record<string, number> = { F64: 8, F32: 4, I64: 8, U8: 1 };
const NUMPY: Record<string, string> = { F64: "float64", F32: "float32", I64: "int64", U8: "uint8" };
const LARGEST_HEADER = 100_000_000;
const NEWEST = 2; // recordings whose many examples are arrays
const MOST_EXAMPLES = 20_000;

export async function openRecording(buffer: ArrayBuffer, name: string): Promise<OpenedRecording> {
  const fail = (why: string): never => {
    throw new Error(`${name} ${why}`);
  };
  if (buffer.byteLength < 8) fail("is no recording: it is too short");
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  if (length > LARGEST_HEADER || 8 + length > buffer.byteLength)
    fail("is damaged, or no recording: its header does not fit");
  let header: Header = {};
  let about: Record<string, any> = {};
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(buffer, 8, length)));
    about = JSON.parse(header.__metadata__?.tinynet ?? "null");
  } catch {
    fail("is damaged, or no recording: its header cannot be read");
  }
  if (about === null) fail("is a safetensors file, but no recording of TinyNet");
  if (about.kind !== "recording") fail(`is a TinyNet file of kind ${about.kind}, and no recording`);
  if (about.format > NEWEST)
    fail(`has format ${about.format}, and this page knows formats up to ${NEWEST}; a newer TinyNet wrote it`);
  const rows = header["examples.inputs"]?.shape[0] ?? 0;
  if (rows > MOST_EXAMPLES)
    fail(`has ${rows.toLocaleString("en")} examples, and the page shows up to ${MOST_EXAMPLES.toLocaleString("en")}`);
  const { parameters } = header;
  if (!parameters || parameters.dtype !== "F64" || parameters.shape.length !== 2)
    return fail("is damaged: it has no parameters");
  for (const { dtype, shape, data_offsets } of (Object.values(header) as Described[]).filter((one) => one.shape)) {
    const [from, to] = data_offsets;
    const size = shape.reduce((product, length) => product * length, BYTES[dtype]);
    if (to - from !== size || 8 + length + to > buffer.byteLength) fail("is damaged: it ends too early");
  }
  if (crypto.subtle && (await contentOf(header, buffer, 8 + length)) !== about.content)
    fail("is damaged: its numbers are not the ones that were saved");
  if (about.world && !isWorld(about.world)) fail("is damaged: its world cannot be");
  const table = <T>(name: string, of: new (bytes: ArrayBuffer) => T): T => {
    if (!header[name]) fail(`is damaged: it has no ${name}`);
    const [from, to] = header[name].data_offsets;
    return new of(buffer.slice(8 + length + from, 8 + length + to));
  };
  const pictures = examplesOf(about.examples, header, buffer, 8 + length);
  if (about.watched && !pictures.targets) {
    pictures.untold = true;
    pictures.targets = pictures.inputs.map(() => pictures.answers.map(() => 0.5)); // no cell uses them
  }
  return {
    architecture: about.architecture,
    recipe: { ...PLAIN_RECIPE, ...about.recipe }, // an older recording does not have every field
    pictures,
    origin: about.origin,
    content: about.content,
    steps: about.steps,
    stride: about.stride,
    world: about.world ?? null,
    ended: about.validation !== undefined || (about.stopped ? about.stopped.cell === "" : false),
    parameters: table("parameters", Float64Array),
    played: about.watched ? playedOf(about, header.pictures?.shape[1], table) : null,
  };
}

type Table = <T>(name: string, of: new (bytes: ArrayBuffer) => T) => T;

/** What was seen of a training that ran elsewhere. */
function playedOf({ steps, watched }: Record<string, any>, batch: number, table: Table): Played {
  const floats = (name: string) => table(name, Float64Array);
  const rows = Array.from(table("pictures", BigInt64Array), Number);
  return {
    steps,
    perEpoch: watched.per_epoch,
    shown: Array.from({ length: steps }, (_, k) => rows.slice(k * batch, (k + 1) * batch).filter((row) => row >= 0)),
    rates: floats("rates"),
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

/** The examples of a recording: as they are described, or many of them from arrays. */
function examplesOf(described: Pictures, header: Header, buffer: ArrayBuffer, first: number): Pictures {
  const at = (name: string) => header[`examples.${name}`];
  const bytes = ({ data_offsets: [from, to] }: Described) => buffer.slice(first + from, first + to);
  if (!at("inputs")) return described;
  const rows = (of: Described) => {
    const numbers = new Float64Array(bytes(of));
    const [count, width] = of.shape;
    return Array.from({ length: count }, (_, k) => [...numbers.subarray(k * width, (k + 1) * width)]);
  };
  const names = JSON.parse(new TextDecoder().decode(bytes(at("names"))));
  return { ...described, inputs: rows(at("inputs")), targets: at("targets") ? rows(at("targets")) : null, names };
}

/** The hash of all arrays' names, types, shapes and bytes, as Python takes it. */
async function contentOf(header: Header, buffer: ArrayBuffer, first: number): Promise<string> {
  const parts: BlobPart[] = [];
  for (const name of Object.keys(header)
    .filter((key) => key !== "__metadata__")
    .sort()) {
    const { dtype, shape, data_offsets } = header[name];
    const sizes = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
    parts.push(`${name} ${NUMPY[dtype]} ${sizes};`, buffer.slice(first + data_offsets[0], first + data_offsets[1]));
  }
  const digest = await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
