/** The order of the pictures in a shuffled epoch: the same 32-bit numbers as Python's. */

export function placeOf(seed: number, epoch: number, i: number): number {
  let x = 0;
  for (const word of [seed, epoch, i]) {
    x = (x + word + 0x9e3779b9) >>> 0;
    x = (x ^ (x >>> 16)) >>> 0;
    x = Math.imul(x, 0x7feb352d) >>> 0;
    x = (x ^ (x >>> 15)) >>> 0;
    x = Math.imul(x, 0x846ca68b) >>> 0;
    x = (x ^ (x >>> 16)) >>> 0;
  }
  return Math.floor((x * (i + 1)) / 4294967296);
}

export function shuffled(count: number, seed: number, epoch: number): number[] {
  const order = Array.from({ length: count }, (_, k) => k);
  for (let i = count - 1; i > 0; i--) {
    const k = placeOf(seed, epoch, i);
    [order[i], order[k]] = [order[k], order[i]];
  }
  return order;
}
