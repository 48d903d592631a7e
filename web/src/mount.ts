/** Mount the laboratory in an element or in a shadow root. */

import { mount, unmount } from "svelte";
import styles from "virtual:styles";
import type { Api } from "./api/api";
import { guest, type Host } from "./host/host";
import { Lab } from "./state/lab.svelte";
import "./app.css";
import App from "./views/App.svelte";

export interface Mounted {
  lab: Lab;
  /** Go to a step of the timeline. */
  goto(step: number): void;
  /** Open a cell of the sheet. Unknown cells are ignored. */
  open(cell: string): void;
  destroy(): Promise<void>;
}

let sheet: CSSStyleSheet | undefined;

/** Mount the laboratory. `api` returns the responses to its requests, `host` connects it to its surroundings. */
export function mountLab(target: HTMLElement | ShadowRoot, options: { api: Api; host?: Host }): Mounted {
  addStyles(target.getRootNode() as Document | ShadowRoot);
  const lab = new Lab(options.api);
  const app = mount(App, { target, props: { lab, host: options.host ?? guest } });
  return { lab, goto: (step) => lab.playback.goto(step), open: (cell) => lab.open(cell), destroy: () => unmount(app) };
}

/** Adopt the style sheet, which affects only this document or shadow root and needs no inline style. */
function addStyles(root: Document | ShadowRoot): void {
  if (!styles) return; // the development server adds them
  if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(styles);
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}
