/** Put the laboratory into an element, or into a shadow root where the surroundings have styles of their own. */

import { mount, unmount } from "svelte";
import styles from "virtual:styles";
import type { Api } from "./core/api";
import { guest, type Host } from "./core/host";
import { Lab } from "./core/lab.svelte";
import "./app.css";
import App from "./views/App.svelte";

export interface Mounted {
  lab: Lab;
  /** Show the numbers after so many nudges, counted from the start of the first run. */
  goto(step: number): void;
  /** Open a cell of the sheet; an unknown one is left alone. */
  open(cell: string): void;
  destroy(): Promise<void>;
}

let sheet: CSSStyleSheet | undefined;

export function mountLab(target: HTMLElement | ShadowRoot, given: { api: Api; host?: Host }): Mounted {
  dress(target.getRootNode() as Document | ShadowRoot);
  const lab = new Lab(given.api);
  const app = mount(App, { target, props: { lab, host: given.host ?? guest } });
  return { lab, goto: (step) => lab.goto(step), open: (cell) => lab.open(cell), destroy: () => unmount(app) };
}

/** Adopted style sheets stay within their document or shadow root, and need no inline style. */
function dress(root: Document | ShadowRoot): void {
  if (!styles) return; // the development server puts them in by itself
  if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(styles);
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}
