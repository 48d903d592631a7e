import { afterEach, describe, expect, it, vi } from "vitest";
import { UnreachableError } from "../../src/api/api";
import { http } from "../../src/api/http";
import { DEFAULT_ARCHITECTURE } from "../../src/engine/recipe";
import type { PopulationRequest } from "../../src/types";

const fetch = vi.fn<typeof globalThis.fetch>();
vi.stubGlobal("fetch", fetch);
afterEach(() => void fetch.mockReset());

const REQUEST = { networks: 9 } as PopulationRequest;
const never = new AbortController().signal;
const lines = (...chunks: string[]) => {
  const bytes = chunks.map((chunk) => new TextEncoder().encode(chunk));
  return new Response(new ReadableStream({ start: (c) => (bytes.forEach((one) => c.enqueue(one)), c.close()) }));
};

describe("a request to the server", () => {
  it("has a body only for POST requests", async () => {
    fetch.mockImplementation(async () => Response.json({ initial_parameters: [[1, 2]] }));
    await http.about();
    expect(fetch.mock.calls[0]).toEqual(["./api/about", { signal: undefined }]);
    expect(await http.initialParameters(DEFAULT_ARCHITECTURE, 32, 1)).toEqual([[1, 2]]);
    const [path, options] = fetch.mock.calls[1];
    expect([path, options!.method]).toEqual(["./api/initial_parameters", "POST"]);
    expect(JSON.parse(options!.body as string)).toEqual({
      architecture: DEFAULT_ARCHITECTURE,
      first_seed: 32,
      count: 1,
    });
  });

  it("fails with the error of the server, or with its status", async () => {
    fetch.mockResolvedValueOnce(Response.json({ error: "epochs is 0" }, { status: 422 }));
    await expect(http.learner()).rejects.toThrow("epochs is 0");
    fetch.mockResolvedValueOnce(new Response("<html>", { status: 502 }));
    await expect(http.learner()).rejects.toThrow("The server responded with status 502.");
  });

  it("fails as unreachable without a server, but not if it was cancelled", async () => {
    fetch.mockRejectedValue(new TypeError("fetch failed"));
    await expect(http.about()).rejects.toBeInstanceOf(UnreachableError);
    await expect(http.population(REQUEST, () => {}, AbortSignal.abort())).rejects.toThrow("fetch failed");
  });
});

describe("a streamed response", () => {
  it("reports progress, then the result, also from lines that arrive in pieces", async () => {
    fetch.mockResolvedValueOnce(
      lines('{"done": 1, "total": 9, "waiting": 2}\n{"do', 'ne": 5, "total": 9}\n{"result": {"networks": 9}}\n'),
    );
    const progress = vi.fn();
    expect(await http.population(REQUEST, progress, never)).toEqual({ networks: 9 });
    expect(progress.mock.calls).toEqual([[1, 9, 2], [5, 9, 0]]); // prettier-ignore
  });

  it("fails with an error, or if it ends without a result", async () => {
    fetch.mockResolvedValueOnce(lines('{"error": "too long"}\n'));
    await expect(http.rung("noise", 64, () => {}, never)).rejects.toThrow("too long");
    fetch.mockResolvedValueOnce(lines('{"done": 1, "total": 9}\n'));
    await expect(http.rung("noise", 64, () => {}, never)).rejects.toThrow(
      "closed the connection before it sent a response",
    );
  });
});
