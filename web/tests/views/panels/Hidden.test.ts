import { fireEvent, render, screen } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { signed } from "../../../src/display/format";
import Hidden from "../../../src/views/panels/Hidden.svelte";
import { LINES, openLab } from "../../laboratory";

describe("the panel of hidden nodes", () => {
  it("shows the weights of each node, and opens one", async () => {
    const lab = await openLab({ step: 12 });
    render(Hidden, { lab });
    const name = "layer1.weight[2,1]";
    const button = screen.getByRole("button", { name: `the words of ${name}: ${signed(lab.now.value(name))}` });
    expect([screen.getAllByRole("button").length, button.textContent]).toEqual([12, signed(lab.now.value(name))]);
    await fireEvent.click(button);
    expect(lab.state.open).toBe(name);
    expect(screen.getByText(`Node 2, bias ${signed(lab.now.value("layer1.bias[2]"))}`)).toBeTruthy();
  });

  it("uses one scale for all weights, orange above zero and blue below", async () => {
    const lab = await openLab({ step: 12 });
    render(Hidden, { lab });
    const weights = [...lab.now.run.stateBefore(12).slice(0, 12)];
    const top = Math.max(...weights.map(Math.abs));
    expect(document.body.textContent).toContain(`up to ${top.toFixed(2)}`);
    const styles = screen.getAllByRole("button").map((button) => button.getAttribute("style"));
    weights.forEach((weight, k) => {
      const percent = `${Math.round((100 * Math.abs(weight)) / top)}%`;
      expect(styles[k]).toContain(`--heat-${weight >= 0 ? "plus" : "minus"}) ${percent}`);
    });
  });

  it("describes high and low values instead of pixels for a table", async () => {
    render(Hidden, { lab: await openLab({ pictures: { ...LINES, shape: null } }) });
    expect(document.body.textContent).toContain(
      "Orange weights are positive: a high value raises the weighted sum of the node.",
    );
  });
});
