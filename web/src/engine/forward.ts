/** A network that only predicts: its forward sheet with its parameters filled in. */

import type { NetworkJson } from "../types";
import { Sheet } from "./sheet";

export class Forward {
  private readonly sheet: Sheet;
  private readonly values: Float64Array;
  private readonly inputs: number[];
  private readonly outputs: number[];

  constructor(json: NetworkJson) {
    const { sizes } = json.architecture;
    const last = sizes.length - 1;
    this.sheet = new Sheet(json.sheet);
    this.values = new Float64Array(this.sheet.size);
    json.names.forEach((name, k) => (this.values[this.sheet.index(name)] = json.parameters[k]));
    this.inputs = Array.from({ length: sizes[0] }, (_, i) => this.sheet.index(`input[${i}]`));
    this.outputs = Array.from({ length: sizes[last] }, (_, j) => this.sheet.index(`layer${last}.a[${j}]`));
  }

  predict(input: number[]): number[] {
    this.inputs.forEach((index, i) => (this.values[index] = input[i]));
    this.sheet.evaluate(this.values);
    return this.outputs.map((index) => this.values[index]);
  }
}
