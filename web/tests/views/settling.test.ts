import { expect, it } from "vitest";
import { settleDelay } from "../../src/views/settling";

it("an update waits for a pause in the changes, at most half a second", () => {
  expect([0, 400, 470, 500, 9000].map(settleDelay)).toEqual([40, 40, 30, 0, 0]);
});
