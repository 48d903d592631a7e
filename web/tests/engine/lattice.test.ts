import { expect, it } from "vitest";
import { LATTICE_SIZE, latticePicture, latticePictures } from "../../src/engine/lattice";

it("the lattice has every picture of five gray levels once", () => {
  const pictures = latticePictures();
  expect([LATTICE_SIZE, pictures.length, new Set(pictures.map(String)).size]).toEqual([25, 625, 625]);
  expect(pictures[25 * 3 + 7]).toEqual(latticePicture(3, 7));
});

it("the lattice has the upper pixels by row and the lower pixels by column, also beyond its edges", () => {
  expect([latticePicture(1, 5), latticePicture(-1, 99)]).toEqual([[0, 0.25, 0.25, 0], [0, 0, 1, 1]]); // prettier-ignore
});
