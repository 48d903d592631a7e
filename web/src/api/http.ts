/** Requests to the laboratory's server over HTTP. */

import { type Progress, type PythonApi, type RequiredApi, UnreachableError } from "./api";
import { failureError } from "./failure";

async function request(path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const options: RequestInit = { signal };
  if (body !== undefined) {
    options.method = "POST";
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  let response: Response;
  try {
    response = await fetch(`./api/${path}`, options);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new UnreachableError(
      "The server does not respond. The current network still works. Start the server again with: tinynet lab",
    );
  }
  if (!response.ok) {
    const failure = await response.json().catch(() => ({}));
    throw failure.error ? failureError(failure) : new Error(`The server responded with status ${response.status}.`);
  }
  return response;
}

/** Read lines of JSON: progress, followed by a result or an error. */
async function readStream<T>(response: Response, progress: Progress): Promise<T> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
    rest += value ?? "";
    const lines = rest.split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const message = JSON.parse(line);
      if (message.error) throw failureError(message);
      if (message.result) return message.result as T;
      progress(message.done, message.total, message.waiting ?? 0);
    }
    if (done) throw new UnreachableError("The server closed the connection before it sent a response.");
  }
}

const json = async (path: string, body?: unknown, signal?: AbortSignal) =>
  (await request(path, body, signal)).json() as Promise<any>;

export const http: RequiredApi & PythonApi = {
  about: () => json("about"),
  pictures: (grid) => json(`pictures/${grid}`),
  sheet: (architecture, recipe, batch) => json("sheet", { architecture, recipe, batch }),
  initialParameters: async (architecture, first_seed, count) =>
    (await json("initial_parameters", { architecture, first_seed, count })).initial_parameters,
  recording: async (experiment) => (await request("recording", experiment)).arrayBuffer(),
  columns: (name, text, dialect) => json("columns", { name, text, ...dialect }),
  table: (choice) => json("table", choice),
  check: (experiment) => json("check", experiment),
  population: async (body, progress, signal) => readStream(await request("population", body, signal), progress),
  story: async (body, progress, signal) => readStream(await request("story", body, signal), progress),
  learner: () => json("learner"),
  rung: async (key, networks, progress, signal) =>
    readStream(await request("rung", { key, networks }, signal), progress),
  bayes: async (pictures, world, signal) => (await json("bayes", { pictures, world }, signal)).outputs,
};
