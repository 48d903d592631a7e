/** Every equation of the page holds: its shown numbers give its shown value. */

import { log, sigmoid } from "virtual:elementary";
import { describe, expect, it } from "vitest";
import { short } from "../../src/display/format";
import { withNumbers } from "../../src/display/mathml";
import { word } from "../../src/engine/rng";
import type { Lab } from "../../src/state/lab.svelte";
import { golden, openLab } from "../laboratory";
import { bytesOf, GOLDEN, watchedLab } from "../watched";

const STATES = 4; // random states of each recipe

/** Compute a MathML text with numbers, as a reader with a calculator does. */
function computed(mathml: string): number {
  const code = mathml
    .replace(/<mfrac><mrow>/g, "((")
    .replace(/<\/mrow><mrow>/g, ")/(")
    .replace(/<\/mrow><\/mfrac>/g, "))")
    .replace(/<msqrt>/g, "Math.sqrt(")
    .replace(/<\/msqrt>/g, ")")
    .replace(/<mi>(\w+|σ)<\/mi>/g, (_, name) => `f.${NAMES[name] ?? name}`)
    .replace(/<[^>]+>/g, "")
    .replaceAll("·", "*")
    .replaceAll("−", "-")
    .replaceAll("--", "- -");
  return new Function("f", `return ${code}`)(FUNCTIONS);
}
const NAMES: Record<string, string> = { σ: "sigmoid", ln: "log" };
const FUNCTIONS = { sigmoid, log, exp: Math.exp, tanh: Math.tanh, max: Math.max, step: (x: number) => Number(x > 0) };

/** Check all equations of a position. Return how many need more than five digits. */
function check({ now }: Lab): number {
  const { sheet } = now.evaluated.prepared;
  let longer = 0;
  sheet.formulas.forEach((formula, k) => {
    const name = sheet.names[k];
    if (formula === null || typeof formula === "string" || now.isFixed(name) || !Number.isFinite(now.value(name)))
      return;
    const text = withNumbers(formula, (cell) => now.value(cell));
    expect(short(computed(text)), `${name} = ${text.replace(/<[^>]+>/g, "")}`).toBe(short(now.value(name)));
    longer += Number(/\d\.?\d{5}/.test(text.replace(/<[^>]+>|0\.0*/g, "")));
  });
  return longer;
}

/** Set random what-ifs and a random example, for a position without equations that need a target. */
function change(lab: Lab, ...seed: number[]): void {
  const random = (k: number) => word(7, ...seed, k) / 2 ** 32;
  const names = lab.now.evaluated.prepared.response.parameters;
  lab.playback.goto(Math.floor(random(0) * (lab.run!.total + 1)));
  lab.state.silenced = random(1) < 0.4 ? [`layer1.a[${Math.floor(2 * random(2))}]`] : [];
  lab.state.frozen = random(3) < 0.4 ? [names[Math.floor(names.length * random(4))]] : [];
  lab.state.custom = null;
  if (random(5) < 0.4) lab.chosen.choose([6, 7, 8, 9].map(random), random(10) < 0.5 ? [random(11), random(12)] : null);
}

describe("the equations", () => {
  it.each(golden.runs.map((run, k) => [k, run] as const))(
    "of recipe %i hold",
    async (which, { architecture, recipe }) => {
      const lab = await openLab({ architecture, recipe: { ...recipe, epochs: 3 } });
      let longer = 0;
      for (let k = 0; k < STATES; k++) {
        change(lab, which, k);
        longer += check(lab);
      }
      expect(longer).toBeGreaterThan(0); // five digits are not always enough
    },
  );

  it("of branches hold that were trained with a switched-off node and a frozen weight", async () => {
    const lab = await openLab({ step: 2 });
    Object.assign(lab.state, { silenced: ["layer1.a[0]"], frozen: ["layer2.weight[0,1]"] });
    await lab.branch({});
    for (const run of lab.runs) run.advance(Infinity);
    lab.playback.goto(5);
    expect([lab.now.hasWhatIf, lab.now.isFixed("layer1.a[0]"), lab.now.isFixed("layer2.weight[0,1].change")]).toEqual([
      false,
      true,
      true,
    ]);
    expect(lab.now.valueOfFormula("layer1.a[0]")).toBe(sigmoid(lab.now.value("layer1.z[0]")));
    check(lab);
  });

  it("of watched recordings hold", async () => {
    const lab = await watchedLab();
    for (const file of GOLDEN) {
      await lab.files.open(new File([bytesOf(file)], "it.safetensors"));
      for (let step = 0; step < lab.run!.total; step++) {
        lab.playback.goto(step);
        check(lab);
      }
    }
  });
});
