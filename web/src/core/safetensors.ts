/** Read the bytes of a recording: named arrays, and the experiment as JSON in the header. */

import { PLAIN_RECIPE, type Architecture, type Pictures, type Recipe } from "./types";
import { isWorld, type World } from "./world";

export interface OpenedRecording {
  architecture: Architecture;
  recipe: Recipe;
  pictures: Pictures;
  origin: string;
  steps: number;
  stride: number;
  world: World | null;
  ended: boolean; // early, by its validation examples or by hand: not because a number was no longer finite
  parameters: Float64Array; // (kept + 1, P), flat
}

type Described = { dtype: string; shape: number[]; data_offsets: [number, number] };
type Header = Record<string, Described> & { __metadata__?: any };
const NUMPY: Record<string, string> = { F64: "float64", F32: "float32", I64: "int64" };
const LARGEST_HEADER = 100_000_000;

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
  if (about.format > 1) fail(`has format ${about.format}, and this page knows format 1; a newer TinyNet wrote it`);
  const parameters = header.parameters;
  if (!parameters || parameters.dtype !== "F64" || parameters.shape.length !== 2)
    return fail("is damaged: it has no parameters");
  const [from, to] = parameters.data_offsets;
  const count = parameters.shape[0] * parameters.shape[1];
  if (to - from !== 8 * count || 8 + length + to > buffer.byteLength) fail("is damaged: it ends too early");
  if (crypto.subtle && (await contentOf(header, buffer, 8 + length)) !== about.content)
    fail("is damaged: its numbers are not the ones that were saved");
  if (about.world && !isWorld(about.world)) fail("is damaged: its world cannot be");
  const bytes = buffer.slice(8 + length + from, 8 + length + to);
  return {
    architecture: about.architecture,
    recipe: { ...PLAIN_RECIPE, ...about.recipe }, // an older recording does not have every field
    pictures: about.examples,
    origin: about.origin,
    steps: about.steps,
    stride: about.stride,
    world: about.world ?? null,
    ended: about.validation !== undefined || (about.stopped ? about.stopped.cell === "" : false),
    parameters: new Float64Array(bytes),
  };
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
