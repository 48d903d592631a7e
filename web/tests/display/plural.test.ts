import { expect, it } from "vitest";
import { counted } from "../../src/display/plural";

it("a noun is plural unless the count is 1", () => {
  expect([0, 1, 2, 1200].map((count) => counted(count, "hidden node"))).toEqual([
    "0 hidden nodes", "1 hidden node", "2 hidden nodes", "1,200 hidden nodes",
  ]); // prettier-ignore
});
