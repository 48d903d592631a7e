import { expect, it } from "vitest";
import { failureError } from "../../src/api/failure";
import { InvalidValueError } from "../../src/engine/invalid_value";

it("an error of Python is shown with the labels of the page", () => {
  const template = "\0learning_rate\0 is -1 and \0batch_size\0 is 'epochs'.";
  const error = failureError({ error: "learning_rate …", template });
  expect(error.message).toBe("Learning rate is -1 and batch size is 'epochs'.");
  expect((error as InvalidValueError).parameter).toBe("learning_rate");
});

it("parameters without a label and errors without parameters stay unchanged", () => {
  const message = (error: string, template?: string) => failureError({ error, template }).message;
  expect(message("cell is 'x'.", "\0cell\0 is 'x'.")).toBe("cell is 'x'.");
  expect(message("toString …", "\0toString\0 is 1.")).toBe("toString is 1.");
  expect(message("the file …", "the file is damaged.")).toBe("the file is damaged.");
  expect(message("the laboratory failed")).toBe("the laboratory failed");
});

it("an error that does not begin with a parameter marks no field and keeps its case", () => {
  const error = failureError({ error: "a.csv …", template: "a.csv: choose \0loss\0" });
  expect(error.message).toBe("a.csv: choose loss");
  expect([error, failureError({ error: "x" })].some((error) => error instanceof InvalidValueError)).toBe(false);
});

it("an error about a table has the labels of the table's fields", () => {
  const template = "Set \0label\0 to 'b'. To leave the column out, add 'b' to \0ignore\0.";
  const { message } = failureError({ error: "…", template });
  expect(message).toBe("Set label to 'b'. To leave the column out, add 'b' to ignored columns.");
});

it("an error about an element marks the parameter of the element", () => {
  const error = failureError({ error: "…", template: "\0sizes[1]\0 is 0." });
  expect([error.message, (error as InvalidValueError).parameter]).toEqual(["Layer sizes[1] is 0.", "sizes"]);
});
