import { describe, expect, it } from "vitest";
import { layout, MAX_DRAWN, shapeOf } from "../../src/display/diagram";

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
  ])("has no overlapping numbers for %j", (sizes) => {
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
  it("is omitted for large layers", () => expect(layout([4, MAX_DRAWN + 1, 2])).toBeNull());
});

it.each([
  [[3, 2], 6, [3, 2]],
  [null, 4, [1, 4]],
  [null, 64, [8, 8]],
  [null, 30, [5, 6]],
] as const)("inputs of shape %j, %i of them, are laid out as %j", (shape, count, laid) =>
  expect(shapeOf(shape as [number, number] | null, count)).toEqual(laid),
);
