import { describe, expect, it } from "vitest";
import { Recordings } from "../../src/state/recordings";
import { given, known } from "../watched";

describe("the recordings at hand", () => {
  it("are distinguished by their content", () => {
    const twin = { ...known, root: { ...known.root, watched: "another" }, watched: { ...known.watched!, steps: 3 } };
    const recordings = new Recordings();
    recordings.initial = [known, twin];
    expect([known, twin].map(({ root }) => recordings.watchedOf(root)!.steps)).toEqual([4, 3]);
    expect(() => recordings.watchedOf(given.root)).toThrow("only its file has its steps; open the file again");
    expect(recordings.watchedOf({ ...given.root, watched: null })).toBeNull();
  });
});
