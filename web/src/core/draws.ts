/** The random draws of a training, functions of a seed and a place: the same numbers as Python's, to the last bit. */

// streams of words, far enough apart that seeds below 2^28 never meet
export const [ORDERS, NOISE, TRAINING, VALIDATION, TEST, VIEWS] = [0, 1, 2, 3, 4, 5].map((k) => k * 2 ** 28);
const GOLDEN = 0x9e3779b9;
// a sum of four bytes, bent so that its quantiles are the normal distribution's: lowest power first
const BENT = [1.666848104, 0.048172125, 0.027935788, -0.016924954, 0.005338727];

function scramble(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** The 32 random bits that stand at a place of a stream. */
export function word(stream: number, ...numbers: number[]): number {
  return numbers.reduce((x, number) => scramble((x + number + GOLDEN) >>> 0), stream);
}

/** The place, 0 to i, that place i swaps with in this epoch's shuffle. */
export function placeOf(seed: number, epoch: number, i: number): number {
  return Math.floor((word(ORDERS, seed, epoch, i) * (i + 1)) / 4294967296);
}

/** The order in which `count` pictures come in one epoch. */
export function shuffled(count: number, seed: number, epoch: number): number[] {
  const order = Array.from({ length: count }, (_, k) => k);
  for (let i = count - 1; i > 0; i--) {
    const k = placeOf(seed, epoch, i);
    [order[i], order[k]] = [order[k], order[i]];
  }
  return order;
}

/** The standard normal number that a word of 32 random bits stands for. */
export function normal(bits: number): number {
  const pairs = (bits & 0x00ff00ff) + ((bits >>> 8) & 0x00ff00ff);
  const x = ((pairs & 0xffff) + (pairs >>> 16)) / 256 - 510 / 256; // four bytes added up, about 0
  return x * BENT.reduceRight((bent, coefficient) => bent * (x * x) + coefficient);
}

/** The number in [0, 1) that a word stands for: its upper 24 bits. */
export const uniform = (bits: number): number => (bits >>> 8) / 16777216;

/** A picture with normal noise of standard deviation `noise` on each pixel, clipped to [0, 1]. */
export function noisy(input: number[], noise: number, seed: number, presentation: number): number[] {
  const drawn = (pixel: number) => normal(word(NOISE, seed, presentation, pixel));
  return input.map((value, pixel) => Math.min(Math.max(value + noise * drawn(pixel), 0), 1));
}

/** Which of its eight views a presentation shows; odd views turn rows to columns. */
export function viewOf(seed: number, presentation: number): number {
  return word(VIEWS, seed, presentation) >>> 29;
}

/** A square picture in view g: transposed, flipped up and down, left and right, by the bits of g. */
export function viewed(input: number[], g: number): number[] {
  const n = Math.round(Math.sqrt(input.length));
  const last = n - 1;
  return input.map((_, i) => {
    const row = g & 2 ? last - Math.floor(i / n) : Math.floor(i / n);
    const column = g & 4 ? last - (i % n) : i % n;
    return g & 1 ? input[column * n + row] : input[row * n + column];
  });
}
