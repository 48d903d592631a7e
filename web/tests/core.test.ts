import { describe, expect, it } from "vitest";
import { fromAddress, plainState, toAddress, type State } from "../src/core/address";
import { shuffled } from "../src/core/draws";
import { fixed, short, signed } from "../src/core/format";
import { withNumbers, withSymbols } from "../src/core/formula";
import { isRight, judge } from "../src/core/judge";
import { layout, MOST_DRAWN } from "../src/core/layout";
import { openRecording } from "../src/core/safetensors";
import { isSound, PLAIN_RECIPE } from "../src/core/types";

const plain = (mathml: string): string =>
  mathml.replace(/<mfrac><mrow>(.*?)<\/mrow><mrow>(.*?)<\/mrow><\/mfrac>/g, "[$1]/[$2]").replace(/<[^>]+>/g, "");

describe("formulas", () => {
  it("take brackets only where they are needed", () => {
    const symbol = (name: string) => `<mi>${name}</mi>`;
    expect(plain(withSymbols(["*", "a", ["-", 1, "b"]], symbol))).toBe("a·(1−b)");
    expect(plain(withSymbols(["+", ["*", "a", "b"], "c"], symbol))).toBe("a·b+c");
    expect(plain(withSymbols(["neg", ["*", "a", "b"]], symbol))).toBe("−(a·b)");
    expect(plain(withSymbols(["/", ["+", "a", "b"], 2], symbol))).toBe("[a+b]/[2]");
    expect(plain(withSymbols(["sigmoid", "z"], symbol))).toBe("σ(z)");
  });
  it("bracket negative numbers", () => {
    expect(plain(withNumbers(["*", "a", "b"], (name) => (name === "a" ? 0.5 : -2)))).toBe("0.5·(−2)");
  });
});

describe("numbers in writing", () => {
  it.each([
    [0, "0"], [1, "1"], [2.5, "2.5"], [-0.000123456, "−0.00012346"], [1e-20, "1e−20"], [123456, "1.2346e5"], [12345.678, "12346"],
    [0.1, "0.1"], [1 / 3, "0.33333"], [-1e300, "−1e300"], [-0, "0"], [1e5, "1e5"], [0.00001234, "1.234e−5"], [0.0001, "0.0001"],
  ])("%d is written as in the terminal", (value, text) => expect(short(value)).toBe(text)); // prettier-ignore
  it("have a true minus and no sign on zero", () => {
    expect([fixed(-0.126, 2), signed(0.5), signed(0), fixed(-0, 1), fixed(NaN, 2), fixed(-Infinity, 2)]).toEqual([
      "−0.13",
      "+0.50",
      "0.00",
      "0.0",
      "NaN",
      "−∞",
    ]);
  });
});

describe("a verdict", () => {
  const names = ["horizontal", "vertical"];
  it("is unsure below the threshold and undecided in a tie", () => {
    expect(judge([0.7, 0.4], names, 0.2).words).toBe("horizontal");
    expect(judge([0.55, 0.4], names, 0.2).words).toBe("unsure, leans to horizontal");
    expect(judge([0.5, 0.5], names, 0.2).words).toBe("undecided");
    expect(judge([NaN, 0.5], names, 0.2).winner).toBeNull();
  });
  it("is right only where the target's answer is strictly ahead", () => {
    expect([
      isRight([0.6, 0.4], [1, 0]),
      isRight([0.5, 0.5], [1, 0]),
      isRight([0.6, 0.4], [0.5, 0.5]),
      isRight([1, 0], null),
    ]).toEqual([true, false, null, null]);
  });
});

describe("a recipe", () => {
  it("is sound as it stands, and where its numbers are in range", () => {
    for (const change of [{}, { noise: 9.99 }, { learning_rate: 5, epochs: 1 }, { momentum: 0.9, weight_decay: 2 }])
      expect(isSound({ ...PLAIN_RECIPE, ...change }), JSON.stringify(change)).toBe(true);
  });
  it.each([
    { noise: -0.1 }, { noise: 10 }, { noise: null }, { noise: "0.2" }, { learning_rate: 0 }, { learning_rate: NaN }, { epochs: 2.5 },
    { batch_size: 0 }, { momentum: 1 }, { beta2: -1 }, { epsilon: 0 }, { weight_decay: Infinity },
  ])("is not with %j", (change) => {
    expect(isSound({ ...PLAIN_RECIPE, ...(change as object) })).toBe(false);
  }); // prettier-ignore
});

describe("the address", () => {
  it("is empty for the plain start", () => expect(toAddress(plainState())).toBe(""));
  it("holds any state", () => {
    for (let seed = 0; seed < 200; seed++) {
      const draw = (n: number) => shuffled(n, seed, n)[0];
      const state: State = {
        ...plainState(),
        seed: draw(1000),
        step: draw(400),
        stop: draw(5),
        own: draw(2) ? { input: [0.5, 1 / 3, 0, 1], target: [0, 1] } : null,
      };
      state.recipe = {
        ...state.recipe,
        learning_rate: 1 / (1 + draw(9)),
        order: draw(2) ? "shuffled" : "fixed",
        noise: draw(3) / 7,
      };
      if (draw(3))
        state.branches = [
          { from: 0, at: draw(400), recipe: { learning_rate: 5, noise: 0.1 }, parameters: { "layer1.bias[0]": -1.25 } },
        ];
      expect(fromAddress(toAddress(state)!)).toEqual(state);
    }
  });
  it("survives words of any language", () => {
    const state = { ...plainState(), open: "größe ∂L/∂w 图" };
    expect(fromAddress(toAddress(state)!)).toEqual(state);
  });
  it.each([
    ["#1.%%%", "damaged"], ["#1." + btoa("{"), "damaged"], ["#7.x", "does not know"], ["#1." + btoa('{"x":1}'), "holds x"],
    ["#1." + btoa('{"seed":-1}'), "its seed"], ["#1." + btoa('{"stop":9}'), "its stop"], ["#1." + btoa('{"own":{"input":"a"}}'), "its own"],
    ["#1." + btoa('{"branches":[{"from":3,"at":0}]}'), "its branches"], ["#1." + btoa('{"active":2}'), "its active"],
  ])("%s is said to be wrong", (address, words) => expect(() => fromAddress(address)).toThrow(words)); // prettier-ignore
});

describe("the drawing of a network", () => {
  const CELL = [40, 17];
  it.each([
    [[4, 3, 2]],
    [[4, 1, 2]],
    [[4, 2, 2]],
    [[4, 4, 2]],
    [[4, 8, 2]],
    [[9, 5, 2]],
    [[9, 8, 8, 2]],
    [[4, 4, 4, 2]],
    [[4, 3, 3, 2]],
    [[4, 5, 2]],
  ])("%j covers no number with another", (sizes) => {
    const { nodes, weights, radius, width, height } = layout(sizes)!;
    for (const [k, a] of weights.entries()) {
      for (const b of weights.slice(k + 1)) {
        const free = Math.abs(a.x - b.x) >= CELL[0] || Math.abs(a.y - b.y) >= CELL[1];
        expect(free, `weights ${JSON.stringify([a, b])}`).toBe(true);
      }
      for (const node of nodes) {
        const away = Math.hypot(
          Math.max(0, Math.abs(a.x - node.x) - CELL[0] / 2),
          Math.max(0, Math.abs(a.y - node.y) - CELL[1] / 2),
        );
        expect(away).toBeGreaterThan(radius);
      }
    }
    const under = nodes
      .filter((node) => node.layer > 0)
      .flatMap(({ x, y }) => [-33, 33].map((by) => ({ x: x + by, y: y + radius + 11 })));
    for (const a of weights)
      for (const b of under) expect(Math.abs(a.x - b.x) >= 44 || Math.abs(a.y - b.y) >= 14).toBe(true);
    for (const { x, y } of [...nodes, ...weights]) {
      expect(x > 0 && x < width && y > radius && y < height - radius - 10).toBe(true);
    }
  });
  it("is not attempted for large layers", () => expect(layout([4, MOST_DRAWN + 1, 2])).toBeNull());
});

describe("a recording's bytes", () => {
  async function bytes(change: Record<string, unknown> = {}, kind = "tinynet"): Promise<Uint8Array<ArrayBuffer>> {
    const numbers = new Float64Array([1, 2, 3, 4]);
    const data = new Uint8Array(numbers.buffer);
    const digest = await crypto.subtle.digest(
      "SHA-256",
      await new Blob(["parameters float64 (2, 2);", data]).arrayBuffer(),
    );
    const content = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const about = {
      kind: "recording",
      format: 1,
      content,
      steps: 1,
      stride: 1,
      origin: "seed 0",
      architecture: {},
      recipe: {},
      examples: {},
      ...change,
    };
    const described = {
      __metadata__: { [kind]: JSON.stringify(about) },
      parameters: { dtype: "F64", shape: [2, 2], data_offsets: [0, 32] },
    };
    const header = new TextEncoder().encode(JSON.stringify(described));
    const whole = new Uint8Array(8 + header.length + 32);
    new DataView(whole.buffer).setBigUint64(0, BigInt(header.length), true);
    whole.set(header, 8);
    whole.set(data, 8 + header.length);
    return whole;
  }
  it("open", async () => {
    const opened = await openRecording((await bytes()).buffer, "run");
    expect([...opened.parameters]).toEqual([1, 2, 3, 4]);
    expect(opened.origin).toBe("seed 0");
    expect(opened.recipe.noise).toBe(0); // a field that older recordings do not have
  });
  it("are refused wherever they were cut", async () => {
    const whole = await bytes();
    for (let end = 0; end < whole.length; end += 7) {
      await expect(openRecording(whole.slice(0, end).buffer, "run")).rejects.toThrow(
        /^run (is damaged|is no recording)/,
      );
    }
  });
  it("are refused where a number was changed", async () => {
    const whole = await bytes();
    whole[whole.length - 3] ^= 1;
    await expect(openRecording(whole.buffer, "run")).rejects.toThrow("its numbers are not the ones that were saved");
  });
  it("are refused where they are of another kind, another program or a newer version", async () => {
    await expect(openRecording((await bytes({ kind: "population" })).buffer, "run")).rejects.toThrow(
      "of kind population",
    );
    await expect(openRecording((await bytes({}, "other")).buffer, "run")).rejects.toThrow("no recording of TinyNet");
    await expect(openRecording((await bytes({ format: 3 })).buffer, "run")).rejects.toThrow("a newer TinyNet wrote it");
  });
});
