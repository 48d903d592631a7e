import { render, screen } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import Choice from "../../../src/views/parts/Choice.svelte";

const options = () => screen.getAllByRole<HTMLOptionElement>("option").map(({ text }) => text);

describe("a choice", () => {
  it("offers its options in words, under the label of its parameter", () => {
    render(Choice, { parameter: "loss", options: ["mse", "cross_entropy"], value: "cross_entropy" });
    expect(screen.getByLabelText<HTMLSelectElement>("Loss").value).toBe("cross_entropy");
    expect(options()).toEqual(["mse", "cross entropy"]);
  });
  it("also offers its value, such as the loss of a watched loop", () => {
    render(Choice, { parameter: "loss", options: ["mse"], value: "external" });
    expect(options()).toEqual(["mse", "external"]);
  });
});
