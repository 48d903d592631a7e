/** Compute the golden files in a browser and post all differences to tests/browser/test_engines.py. */

import { compared, difference, type Golden, NAMES } from "./golden";

async function found() {
  const read = async (name: string) => [name, await (await fetch(`golden/${name}.json`)).json()];
  const golden: Golden = Object.fromEntries(await Promise.all(NAMES.map(read)));
  return (await compared(golden)).map(({ name, found, expected }) => ({ name, ...difference(found, expected) }));
}

const body = await found().catch((error) => ({ error: `${error}` }));
await fetch("found", { method: "POST", body: JSON.stringify(body) });
