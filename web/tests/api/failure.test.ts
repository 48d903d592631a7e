import { expect, it } from "vitest";
import { failureText } from "../../src/api/failure";

it("puts the labels of the page into an error of Python", () => {
  const failure = {
    error: "learning_rate is -1 and batch_size is 2.",
    template: "{learning_rate} is -1 and {batch_size} is 2.",
    parameters: ["learning_rate", "batch_size"],
  };
  expect(failureText(failure)).toBe("Learning rate is -1 and batch size is 2.");
});

it("keeps parameters that have no label, and errors without parameters", () => {
  expect(failureText({ error: "cell is 'x'.", template: "{cell} is 'x'.", parameters: ["cell"] })).toBe("cell is 'x'.");
  expect(failureText({ error: "the file is damaged.", template: "the file is damaged.", parameters: [] })).toBe(
    "the file is damaged.",
  );
  expect(failureText({ error: "the laboratory failed" })).toBe("the laboratory failed");
});

it("keeps the case of a sentence that does not begin with a label", () => {
  const failure = { error: "a.csv: choose label", template: "a.csv: choose {loss}", parameters: ["loss"] };
  expect(failureText(failure)).toBe("a.csv: choose loss");
});
