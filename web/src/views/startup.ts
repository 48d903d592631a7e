/** Load the first state of the page. */

import type { Host } from "../host/host";
import type { Lab } from "../state/lab.svelte";
import { fromAddress } from "../state/url_state";

const FALLBACK = "The page shows the default network instead.";

/** Load the state in the address. If loading fails, show the reason and load the initial state. */
export async function loadAddress(lab: Lab, host: Host): Promise<void> {
  const { messages } = lab;
  if (!lab.version && !(await messages.attempt(() => lab.start()))) return;
  let state = lab.initialState();
  let problem = "";
  try {
    state = fromAddress(host.read(), state);
  } catch (error) {
    problem = `${(error as Error).message} ${FALLBACK}`;
  }
  if (!(await messages.attempt(() => lab.load(state)))) {
    problem = `${messages.text} ${FALLBACK}`;
    await messages.attempt(() => lab.load(lab.initialState()));
  }
  if (problem) messages.show(problem);
}
