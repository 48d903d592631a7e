import { expect, it } from "vitest";
import { failureText } from "../../src/api/failure";

it("puts the labels of the page into an error of Python", () => {
  const template = "\0learning_rate\0 is -1 and \0batch_size\0 is 'epochs'.";
  expect(failureText({ error: "learning_rate …", template })).toBe("Learning rate is -1 and batch size is 'epochs'.");
});

it("keeps parameters that have no label, and errors without parameters", () => {
  expect(failureText({ error: "cell is 'x'.", template: "\0cell\0 is 'x'." })).toBe("cell is 'x'.");
  expect(failureText({ error: "the file …", template: "the file is damaged." })).toBe("the file is damaged.");
  expect(failureText({ error: "the laboratory failed" })).toBe("the laboratory failed");
});

it("keeps the case of a sentence that does not begin with a label", () => {
  expect(failureText({ error: "a.csv …", template: "a.csv: choose \0loss\0" })).toBe("a.csv: choose loss");
});
