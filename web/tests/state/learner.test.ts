import { describe, expect, it } from "vitest";
import type { PythonApi } from "../../src/api/api";
import { LearnerChapter } from "../../src/state/learner.svelte";
import type { RungResponse } from "../../src/types";

describe("the ladder", () => {
  const response = (key: string, networks: number) => ({ standing: { key, networks } }) as RungResponse;

  it("measures missing rungs in order, and stores them by the number of seeds", async () => {
    const requested: string[] = [];
    const rung: PythonApi["rung"] = async (key, networks) => (
      requested.push(`${key} ${networks}`),
      response(key, networks)
    );
    const learning = new LearnerChapter({ rung } as PythonApi);
    await learning.measure(["b"]);
    await learning.measure(["a", "b", "c"]);
    expect(requested).toEqual(["b 256", "a 256", "c 256"]);
    expect(learning.busy).toBeNull();
    learning.seeds = 64;
    expect(learning.measurement("a")).toBeUndefined();
    learning.seeds = 256;
    expect(learning.measurement("a")!.standing.key).toBe("a");
  });

  it("keeps finished measurements when it is cancelled", async () => {
    const rung: PythonApi["rung"] = (key, networks, progress, signal) =>
      key === "a"
        ? Promise.resolve(response(key, networks))
        : new Promise((_, reject) => {
            progress(10, networks);
            signal.addEventListener("abort", () => reject(new Error("aborted")));
          });
    const learning = new LearnerChapter({ rung } as PythonApi);
    const measuring = learning.measure(["a", "b", "c"]);
    await new Promise((resolve) => setTimeout(resolve));
    expect(learning.busy).toEqual({ key: "b", done: 10, total: 256, waiting: 0, all: true });
    learning.cancel();
    await measuring;
    expect([learning.busy, learning.measurement("a") !== undefined, learning.measurement("b")]).toEqual([null, true, undefined]); // prettier-ignore
  });

  it("reports errors", async () => {
    const learning = new LearnerChapter({ rung: async () => { throw new Error("busy"); } } as unknown as PythonApi); // prettier-ignore
    await expect(learning.measure(["a"])).rejects.toThrow("busy");
    expect(learning.busy).toBeNull();
  });
});
