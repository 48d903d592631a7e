import { fireEvent, render, screen } from "@testing-library/svelte";
import { expect, it } from "vitest";
import Row from "../../../src/views/parts/Row.svelte";
import { LINES, openLab } from "../../laboratory";

const scaling = { columns: ["age", "height", "weight", "constant"], low: [0, 100, 40, 3], high: [80, 200, 140, 3] };
const input = (name: string) => screen.getByLabelText<HTMLInputElement>(name);

it("a row is edited in the units of its columns", async () => {
  const lab = await openLab({ pictures: { ...LINES, shape: null, scaling } });
  render(Row, { lab, scaling });
  expect(scaling.columns.map((name) => input(name).value)).toEqual(["80", "200", "40", "3"]);
  await fireEvent.change(input("height"), { target: { value: "125" } });
  expect(lab.state.custom!.input).toEqual([1, 0.25, 0, 0]);
  expect(screen.queryByRole("status")).toBeNull();
  await fireEvent.change(input("weight"), { target: { value: "1040" } });
  await fireEvent.change(input("age"), { target: { value: "" } });
  expect(lab.state.custom!.input).toEqual([1, 0.25, 10, 0]); // no value is clipped
  expect(input("weight").value).toBe("1040");
  expect(screen.getByRole("status").textContent).toBe("Outside the range of the training rows: weight.");
  await fireEvent.change(input("weight"), { target: { value: "140" } });
  expect(screen.queryByRole("status")).toBeNull();
  expect(input("constant").disabled).toBe(true);
});
