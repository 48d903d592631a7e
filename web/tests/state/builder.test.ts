import { describe, expect, it } from "vitest";
import { Builder } from "../../src/state/builder";
import type { Examples } from "../../src/types";
import { known, watchedApi } from "../watched";

describe("a watched training", () => {
  it("cannot be trained on without targets", async () => {
    const builder = new Builder(watchedApi);
    const untold: Examples = { ...known.root.pictures!, untold: true };
    const run = await builder.root({ ...known.root, pictures: untold }, known.watched);
    await expect(builder.branch(run, { from: 0, at: 1 })).rejects.toThrow("nothing told what should come out");
    await expect(builder.root({ ...known.root, pictures: untold }, null)).rejects.toThrow("nothing told");
    const only = { input: [1, 0, 1, 0], target: [0, 1] };
    const branch = await builder.branch(run, { from: 0, at: 1, only });
    branch.advance(Infinity);
    expect([branch.done, branch.stopped]).toEqual([branch.total, null]);
  });
});
