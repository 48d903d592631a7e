import { screen, waitFor } from "@testing-library/svelte";
import { expect, it, vi } from "vitest";
import { guest } from "../src/host/host";
import { mountLab } from "../src/mount";
import { api } from "./laboratory";

it("mounts the laboratory, goes to a step, opens known cells and unmounts", async () => {
  const target = document.body.appendChild(document.createElement("div"));
  const moved = vi.fn();
  const { lab, goto, open, destroy } = mountLab(target, { api, host: { ...guest, moved } });
  await waitFor(() => expect(lab.ready).toBe(true));
  goto(137);
  open("loss");
  open("nothing");
  await waitFor(() => expect(moved).toHaveBeenLastCalledWith(137, "loss"));
  expect(screen.getByRole("heading", { name: /^Timeline · nudge 137 of 400/ })).toBeTruthy();
  await destroy();
  expect(target.textContent).toBe("");
});
