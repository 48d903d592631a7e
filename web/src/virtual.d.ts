declare module "virtual:styles" {
  const styles: string;
  export default styles;
}

/** The functions of src/tinynet/numerics/elementary.py, with the same bits as in Python and in the compiled kernels. */
declare module "virtual:elementary" {
  export function exp(x: number): number;
  export function log(x: number): number;
  export function tanh(x: number): number;
  export function sigmoid(x: number): number;
  export function cos_pi(x: number): number; // cos(pi x), for x from 0 to 1
}
