/** Positions of nodes, edges and numbers in the diagram of a network, in units of the drawing. */

export interface Node {
  layer: number;
  index: number;
  x: number;
  y: number;
}
export interface Weight {
  layer: number;
  to: number;
  from: number;
  x: number;
  y: number;
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}
export interface Layout {
  width: number;
  height: number;
  radius: number;
  nodes: Node[];
  weights: Weight[];
}

export const MAX_DRAWN = 16; // nodes per layer
const GAP = 230; // minimum distance between layers
const AFTER_PIXEL = 50; // from the center of a pixel to the nearest number on an edge
const AFTER_NODE = 86; // from the center of a node, past its weighted sum and bias
const MARGIN = 124;
const WIDE_PITCH = 106; // between the nodes of a layer with up to 5 nodes
const NARROW_PITCH = 62; // between the nodes of a layer with more than 5 nodes
const ON_EDGES = 16; // weights between two layers that fit on their edges
const CELL = [44, 19]; // of the grid of numbers between dense layers

/** Lay out a network. Return null if it is too large to draw. */
export function layout(sizes: number[]): Layout | null {
  if (Math.max(...sizes) > MAX_DRAWN) return null;
  const most = Math.max(...sizes);
  const pitch = most > 5 ? NARROW_PITCH : WIDE_PITCH;
  const gaps = sizes.slice(1).map((size, n) => gapWidth(n, sizes[n], size));
  const grids = sizes.slice(1).map((size, n) => (size * sizes[n] <= ON_EDGES ? 0 : Math.max(size, sizes[n]) * CELL[1]));
  const height = Math.max(most * pitch, ...grids) + 46;
  const xs = gaps.reduce((all, gap) => [...all, all[all.length - 1] + gap], [MARGIN]);
  const nodes = sizes.flatMap((size, layer) =>
    Array.from({ length: size }, (_, index) => ({
      layer,
      index,
      x: xs[layer],
      y: height / 2 + (index - (size - 1) / 2) * pitch,
    })),
  );
  const at = (layer: number, index: number) => nodes.find((node) => node.layer === layer && node.index === index)!;
  const weights = sizes.slice(1).flatMap((size, n) => gapWeights(n + 1, size, sizes[n], at, height));
  return { width: xs[xs.length - 1] + MARGIN + 24, height, radius: most > 5 ? 20 : 26, nodes, weights };
}

function gapWeights(
  layer: number,
  outputs: number,
  inputs: number,
  at: (l: number, i: number) => Node,
  height: number,
): Weight[] {
  const dense = outputs * inputs > ON_EDGES;
  const found: Weight[] = [];
  for (let to = 0; to < outputs; to++) {
    for (let from = 0; from < inputs; from++) {
      const [a, b] = [at(layer - 1, from), at(layer, to)];
      const t = along(layer, outputs, to, b.x - a.x);
      const [left, right] = [a.x + margin(layer - 1), b.x - AFTER_NODE];
      const middle = (left + right) / 2;
      const [row, column] = [to - (outputs - 1) / 2, from - (inputs - 1) / 2];
      const [down, across] = inputs > outputs ? [column, row] : [row, column]; // the grid is higher than wide
      const [x, y] = dense
        ? [middle + across * CELL[0], height / 2 + down * CELL[1]]
        : [a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)];
      found.push({ layer, to, from, x, y, x1: a.x, y1: a.y, x2: b.x, y2: b.y });
    }
  }
  return found;
}

/** Return the relative position of a number on its edge, staggered by the end node to avoid overlaps. */
function along(layer: number, outputs: number, to: number, wide: number): number {
  const [left, right] = [margin(layer - 1), wide - AFTER_NODE];
  return (outputs === 1 ? (left + right) / 2 : left + ((right - left) * to) / (outputs - 1)) / wide;
}

const margin = (layer: number): number => (layer === 0 ? AFTER_PIXEL : AFTER_NODE);

/** Return the distance between two layers: room for one column of numbers per end node, or for a grid. */
function gapWidth(layer: number, inputs: number, outputs: number): number {
  const columns = inputs * outputs <= ON_EDGES ? outputs - 1 : Math.min(inputs, outputs);
  return Math.max(GAP, margin(layer) + AFTER_NODE + columns * CELL[0]);
}

const MAX_IN_LINE = 16;

/** Return rows and columns for inputs: the shape of the picture, a line, or a square for many inputs. */
export function shapeOf(shape: [number, number] | null, count: number): [number, number] {
  if (shape) return shape;
  const columns = count > MAX_IN_LINE ? Math.ceil(Math.sqrt(count)) : count;
  return [Math.ceil(count / columns), columns];
}

export const weightName = ({ layer, to, from }: Pick<Weight, "layer" | "to" | "from">): string =>
  `layer${layer}.weight[${to},${from}]`;
