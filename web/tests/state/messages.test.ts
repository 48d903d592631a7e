import { afterEach, describe, expect, it, vi } from "vitest";
import { UnreachableError } from "../../src/api/api";
import { InvalidValueError } from "../../src/engine/invalid_value";
import { type FormName, Messages } from "../../src/state/messages.svelte";

afterEach(() => vi.restoreAllMocks());

describe("an attempt", () => {
  const failing = (error: unknown) => async () => {
    throw error;
  };
  it("clears the previous message, and returns whether it succeeded", async () => {
    const messages = new Messages();
    messages.show("old");
    expect([await messages.attempt(async () => {}), messages.text]).toEqual([true, ""]);
  });
  it.each([
    [new Error("it says why")],
    [new UnreachableError("it says why")],
    [new InvalidValueError("it says why", "seed")],
  ])("shows %s", async (error) => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const messages = new Messages();
    expect([await messages.attempt(failing(error)), messages.text]).toEqual([false, "it says why"]);
    expect(log).not.toHaveBeenCalled();
  });
  it.each([[new TypeError("x is undefined"), "x is undefined"], ["a text", "a text"]])("logs %s as a bug", async (error, text) => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const messages = new Messages();
    await messages.attempt(failing(error));
    expect([messages.text, log.mock.calls]).toEqual([text, [[error]]]);
  }); // prettier-ignore
});

describe("the invalid field", () => {
  const refused = async () => {
    throw new InvalidValueError("Seed is -1.", "seed");
  };
  async function open(form?: FormName): Promise<Messages> {
    const messages = new Messages();
    await messages.attempt(refused, form);
    return messages;
  }

  it("belongs to the form that started the action", async () => {
    expect((await open("table")).invalidField).toEqual({ form: "table", parameter: "seed" });
    expect((await open()).invalidField).toBeNull();
  });
  it("is cleared with its message", async () => {
    const messages = await open("table");
    messages.dismiss();
    expect([messages.text, messages.invalidField]).toEqual(["", null]);
    await messages.attempt(refused, "table");
    messages.show("another message");
    expect(messages.invalidField).toBeNull();
    await messages.attempt(refused, "table");
    await messages.attempt(async () => {});
    expect(messages.invalidField).toBeNull();
  });
  it("is cleared by a change of its form, and the message stays", async () => {
    const messages = await open("table");
    messages.unmark("recipe");
    expect(messages.invalidField).not.toBeNull();
    messages.unmark("table");
    expect([messages.text, messages.invalidField]).toEqual(["Seed is -1.", null]);
  });
});
