/** Counter-based random numbers of a training, equal to Python's to the last bit. */

// streams are offset by 2^28, so that smaller seeds never overlap
export const [ORDERS, NOISE, TRAINING, VALIDATION, TEST, VIEWS] = [0, 1, 2, 3, 4, 5].map((k) => k * 2 ** 28);
const GOLDEN = 0x9e3779b9;
// maps a sum of four bytes to the quantiles of the normal distribution; lowest power first
const QUANTILE = [1.666848104, 0.048172125, 0.027935788, -0.016924954, 0.005338727];

function scramble(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Return 32 random bits for a position in a stream. */
export function word(stream: number, ...numbers: number[]): number {
  return numbers.reduce((x, number) => scramble((x + number + GOLDEN) >>> 0), stream);
}

/** Return the index, 0 to i, that index i is swapped with in the shuffle of an epoch. */
function swapIndex(seed: number, epoch: number, i: number): number {
  return Math.floor((word(ORDERS, seed, epoch, i) * (i + 1)) / 4294967296);
}

/** Return the order of `count` examples in an epoch. */
export function shuffled(count: number, seed: number, epoch: number): number[] {
  const order = Array.from({ length: count }, (_, k) => k);
  for (let i = count - 1; i > 0; i--) {
    const k = swapIndex(seed, epoch, i);
    [order[i], order[k]] = [order[k], order[i]];
  }
  return order;
}

/** Convert 32 random bits to a standard normal number. */
export function normal(bits: number): number {
  const pairs = (bits & 0x00ff00ff) + ((bits >>> 8) & 0x00ff00ff);
  const x = ((pairs & 0xffff) + (pairs >>> 16)) / 256 - 510 / 256; // sum of four bytes, centred at 0
  return x * QUANTILE.reduceRight((sum, coefficient) => sum * (x * x) + coefficient);
}

/** Convert 32 random bits to a number in [0, 1), from the upper 24 bits. */
export const uniform = (bits: number): number => (bits >>> 8) / 16777216;

/** Add normal noise of standard deviation `noise` to each pixel, clipped to [0, 1]. */
export function noisy(input: number[], noise: number, seed: number, presentation: number): number[] {
  const draw = (pixel: number) => normal(word(NOISE, seed, presentation, pixel));
  return input.map((value, pixel) => Math.min(Math.max(value + noise * draw(pixel), 0), 1));
}

/** Return which of the eight symmetries a presentation uses. Odd symmetries swap rows and columns. */
export function viewOf(seed: number, presentation: number): number {
  return word(VIEWS, seed, presentation) >>> 29;
}

/** Apply symmetry g to a square picture. The bits of g: transpose, flip vertically, flip horizontally. */
export function viewed(input: number[], g: number): number[] {
  const n = Math.round(Math.sqrt(input.length));
  const last = n - 1;
  return input.map((_, i) => {
    const row = g & 2 ? last - Math.floor(i / n) : Math.floor(i / n);
    const column = g & 4 ? last - (i % n) : i % n;
    return g & 1 ? input[column * n + row] : input[row * n + column];
  });
}
