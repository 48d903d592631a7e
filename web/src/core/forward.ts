/** A network that only answers: its forward sheet, with its parameters filled in. */

import { Sheet, type SheetJson } from "./sheet";
import type { Architecture } from "./types";

export interface NetworkJson {
  architecture: Architecture;
  parameters: number[];
  names: string[]; // of the parameters
  origin: string;
  sheet: SheetJson;
}

export class Forward {
  private readonly sheet: Sheet;
  private readonly values: Float64Array;
  private readonly pixels: number[];
  private readonly outputs: number[];

  constructor(json: NetworkJson) {
    const { sizes } = json.architecture;
    const last = sizes.length - 1;
    this.sheet = new Sheet(json.sheet);
    this.values = new Float64Array(this.sheet.size);
    json.names.forEach((name, k) => (this.values[this.sheet.place(name)] = json.parameters[k]));
    this.pixels = Array.from({ length: sizes[0] }, (_, i) => this.sheet.place(`pixel[${i}]`));
    this.outputs = Array.from({ length: sizes[last] }, (_, j) => this.sheet.place(`layer${last}.a[${j}]`));
  }

  answer(input: number[]): number[] {
    this.pixels.forEach((place, i) => (this.values[place] = input[i]));
    this.sheet.evaluate(this.values);
    return this.outputs.map((place) => this.values[place]);
  }
}
