/** The laboratory in a notebook: what anywidget renders. The model carries `step`, `cell` and all the page lives by. */

import type { Api } from "./core/api";
import { embedded } from "./core/embedded";
import { kernelApi, Kernel, type Model } from "./core/kernel";
import type { Host, Theme } from "./core/host";
import { onNotebookTheme, notebookTheme } from "./core/surroundings";
import { mountLab, type Mounted } from "./mount";

const LOOK = "display: block; height: 56rem; overflow: auto; resize: vertical; zoom: 0.88"; // a notebook writes small
// a cell is narrow: the network, the arithmetic and the timeline are what one must see together
const LAYOUT = `
@container tinynet (min-width: 1040px) and (max-width: 1300px) {
  .tinynet .lab.lab {
    grid-template-columns: minmax(0, 15.5rem) minmax(0, 1fr) minmax(0, 21rem);
    grid-template-areas: "network network arithmetic" "timeline timeline timeline" "picture world luck"
      "recipe ledger ledger" "hidden hidden hidden";
  }
  .tinynet .lab.lab .at-arithmetic { max-height: 35rem }
}
@container tinynet (min-width: 737px) and (max-width: 1039.9px) {
  .tinynet .lab.lab {
    grid-template-columns: minmax(0, 15.5rem) minmax(0, 1fr);
    grid-template-areas: "network network" "arithmetic arithmetic" "timeline timeline" "picture world"
      "recipe luck" "ledger ledger" "hidden hidden";
  }
  .tinynet .lab.lab .at-arithmetic { max-height: 20rem }
}`;

export function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const place = placeIn(el);
  const off = new AbortController();
  const kernel = new Kernel(model);
  const host = new Notebook(model, () => follow(), place);
  const mounted = mountLab(place.shadowRoot!.querySelector("div")!, { api: apiOf(model, kernel), host });
  const follow = () => goTo(mounted, model.get("step"), model.get("cell"));
  model.on("change:step", follow);
  model.on("change:cell", follow);
  onNotebookTheme(() => host.dress(), off.signal);
  keepKeys(el, off.signal);
  hideSnapshot(el, model.get("model"));
  return () => {
    off.abort();
    kernel.close();
    model.off("change:step", follow);
    model.off("change:cell", follow);
    void mounted.destroy();
  };
}

/** A shadow root of its own, where no style of the notebook reaches. */
function placeIn(el: HTMLElement): HTMLElement {
  const place = document.createElement("div");
  place.style.cssText = LOOK;
  const root = place.attachShadow({ mode: "open" });
  const layout = new CSSStyleSheet();
  layout.replaceSync(LAYOUT);
  root.adoptedStyleSheets = [layout];
  root.append(document.createElement("div"));
  el.append(place);
  return place;
}

function goTo({ lab, open, goto }: Mounted, step: number, cell: string): void {
  if (lab.run && step < lab.run.setup.firstStep) lab.rewind(); // it is before this branch
  open(cell);
  goto(step);
}

/** The page tells the model where it stands, and is as light or dark as the notebook until it is told otherwise. */
class Notebook implements Host {
  readonly alone = false;
  readonly saves = true;
  readonly opens = true;
  private ready = false;
  private chosen: Theme = "auto";

  constructor(
    private readonly model: Model,
    private readonly begin: () => void,
    private readonly place: HTMLElement,
  ) {}

  readonly theme = {
    read: () => this.chosen,
    write: (theme: Theme) => {
      this.chosen = theme;
      this.dress();
    },
  };

  read(): string {
    return "";
  }

  write(): void {}

  moved(step: number, cell: string): void {
    if (!this.ready) {
      this.ready = true;
      return this.begin(); // Python may have moved on meanwhile
    }
    this.model.set("step", step);
    this.model.set("cell", cell);
    this.model.save_changes();
  }

  dress(): void {
    if (this.chosen === "auto") this.place.dataset.theme = notebookTheme(this.place);
  }
}

/** What the widget carries is answered at once, and without a kernel too; all else is asked of Python. */
function apiOf(model: Model, kernel: Kernel): Api {
  const [own, python] = [embedded(model.get("payload")), kernelApi(kernel)];
  return {
    ...python,
    brought: own.brought,
    about: async () => ({ ...(await own.about()), ...model.get("about") }),
    pictures: (grid) => own.pictures(grid).catch(() => python.pictures(grid)),
    sheet: (...asked) => own.sheet(...asked).catch(() => python.sheet(...asked)),
    starts: (...asked) => own.starts(...asked).catch(() => python.starts(...asked)),
  };
}

/** Keys pressed in the page are the page's: a notebook would take them for its own shortcuts. Escape goes back to it. */
function keepKeys(el: HTMLElement, signal: AbortSignal): void {
  const theirs = (event: KeyboardEvent) => event.ctrlKey || event.metaKey; // such as Save
  const mark = (event: KeyboardEvent) => el.toggleAttribute("data-lm-suppress-shortcuts", !theirs(event)); // JupyterLab's word
  addEventListener("keydown", mark, { capture: true, signal });
  const keep = (event: KeyboardEvent) => {
    if (!theirs(event)) event.stopPropagation();
    if (event.key === "Escape") el.closest<HTMLElement>(".jp-Cell, [tabindex]:not([tabindex='-1'])")?.focus();
  };
  el.addEventListener("keydown", keep, { signal });
}

/** The picture for where nothing is live has had its day. */
function hideSnapshot(el: HTMLElement, name: string): void {
  const style = document.createElement("style");
  style.textContent = `.tinynet-${name}, .jp-OutputArea-child:has(> * .tinynet-${name}) { display: none }`;
  el.append(style);
}

export default { render };
