import { afterEach, describe, expect, it, vi } from "vitest";
import { UnreachableError } from "../../src/api/api";
import { Messages } from "../../src/state/messages.svelte";

afterEach(() => vi.restoreAllMocks());

describe("an attempt", () => {
  const failing = (error: unknown) => async () => {
    throw error;
  };
  it("clears the message before it, and says whether it succeeded", async () => {
    const messages = new Messages();
    messages.text = "old";
    expect([await messages.attempt(async () => {}), messages.text]).toEqual([true, ""]);
  });
  it.each([[new Error("it says why")], [new UnreachableError("it says why")]])("shows %s", async (error) => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const messages = new Messages();
    expect([await messages.attempt(failing(error)), messages.text]).toEqual([false, "it says why"]);
    expect(log).not.toHaveBeenCalled();
  });
  it.each([[new TypeError("x is undefined"), "x is undefined"], ["a text", "a text"]])("logs %s, which is a bug", async (error, text) => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const messages = new Messages();
    await messages.attempt(failing(error));
    expect([messages.text, log.mock.calls]).toEqual([text, [[error]]]);
  }); // prettier-ignore
});
