import { screen, waitFor } from "@testing-library/svelte";
import { expect, it, vi } from "vitest";
import { guest } from "../src/host/host";
import { mountLab } from "../src/mount";
import { api } from "./laboratory";

const PATIENT = { timeout: 50_000 }; // milliseconds; long, so that no test fails on a busy machine

it("the laboratory mounts, goes to a step, opens known cells and unmounts", { timeout: 120_000 }, async () => {
  const target = document.body.appendChild(document.createElement("div"));
  const moved = vi.fn();
  const { lab, goto, open, destroy } = mountLab(target, { api, host: { ...guest, moved } });
  await waitFor(() => expect(lab.ready).toBe(true), PATIENT);
  await waitFor(() => expect(lab.stepsDone).toBeGreaterThanOrEqual(137), PATIENT); // trained in slices
  goto(137);
  open("loss");
  open("nothing");
  await waitFor(() => expect(moved).toHaveBeenLastCalledWith(137, "loss"), PATIENT);
  expect(screen.getByRole("heading", { name: /^Timeline · step 137 of 400/ })).toBeTruthy();
  await destroy();
  expect(target.textContent).toBe("");
});
