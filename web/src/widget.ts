/** The laboratory as a notebook widget. The model has `step`, `cell` and the data of the page. */

import type { Api } from "./api/api";
import { embedded } from "./api/embedded";
import { Kernel, kernelApi, type Model } from "./api/kernel";
import type { Host, Theme } from "./host/host";
import { notebookTheme, onNotebookTheme } from "./host/notebook_theme";
import { type Mounted, mountLab } from "./mount";

const STYLE = "display: block; height: 56rem; overflow: auto; resize: vertical; zoom: 0.88"; // notebooks use small text
// notebook cells are narrow: show the network, the arithmetic and the timeline first
const LAYOUT = `
@container tinynet (min-width: 1040px) and (max-width: 1300px) {
  .tinynet .lab.lab {
    grid-template-columns: minmax(0, 15.5rem) minmax(0, 1fr) minmax(0, 21rem);
    grid-template-areas: "network network arithmetic" "timeline timeline timeline" "picture world many-seeds"
      "recipe ledger ledger" "hidden hidden hidden";
  }
  .tinynet .lab.lab .at-arithmetic { max-height: 35rem }
}
@container tinynet (min-width: 737px) and (max-width: 1039.9px) {
  .tinynet .lab.lab {
    grid-template-columns: minmax(0, 15.5rem) minmax(0, 1fr);
    grid-template-areas: "network network" "arithmetic arithmetic" "timeline timeline" "picture world"
      "recipe many-seeds" "ledger ledger" "hidden hidden";
  }
  .tinynet .lab.lab .at-arithmetic { max-height: 20rem }
}`;

export function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const element = addElement(el);
  const off = new AbortController();
  const kernel = new Kernel(model);
  const host = new Notebook(model, () => follow(), element);
  const mounted = mountLab(element.shadowRoot!.querySelector("div")!, { api: apiOf(model, kernel), host });
  const follow = () => goTo(mounted, model.get("step"), model.get("cell"));
  model.on("change:step", follow);
  model.on("change:cell", follow);
  onNotebookTheme(() => host.applyTheme(), off.signal);
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

/** Add an element with a shadow root, which isolates the page from the notebook's styles. */
function addElement(el: HTMLElement): HTMLElement {
  const element = document.createElement("div");
  element.style.cssText = STYLE;
  const root = element.attachShadow({ mode: "open" });
  const layout = new CSSStyleSheet();
  layout.replaceSync(LAYOUT);
  root.adoptedStyleSheets = [layout];
  root.append(document.createElement("div"));
  el.append(element);
  return element;
}

function goTo({ lab, open, goto }: Mounted, step: number, cell: string): void {
  if (lab.run && step < lab.run.setup.firstStep) lab.playback.rewind(); // the step is before this branch
  open(cell);
  goto(step);
}

/** Reports the current step and cell to the model. The theme follows the notebook until the user changes the theme. */
class Notebook implements Host {
  readonly alone = false;
  readonly saves = true;
  readonly opens = true;
  private ready = false;
  private chosen: Theme = "auto";

  constructor(
    private readonly model: Model,
    private readonly begin: () => void,
    private readonly element: HTMLElement,
  ) {}

  readonly theme = {
    read: () => this.chosen,
    write: (theme: Theme) => {
      this.chosen = theme;
      this.applyTheme();
    },
  };

  read(): string {
    return "";
  }

  write(): void {}

  moved(step: number, cell: string): void {
    if (!this.ready) {
      this.ready = true;
      return this.begin(); // Python may have changed the step meanwhile
    }
    this.model.set("step", step);
    this.model.set("cell", cell);
    this.model.save_changes();
  }

  applyTheme(): void {
    if (this.chosen === "auto") this.element.dataset.theme = notebookTheme(this.element);
  }
}

/** Respond with the data of the widget, also without a kernel. Send all other requests to Python. */
function apiOf(model: Model, kernel: Kernel): Api {
  const [local, python] = [embedded(model.get("payload")), kernelApi(kernel)];
  return {
    ...python,
    initialRecordings: local.initialRecordings,
    about: async () => ({ ...(await local.about()), ...model.get("about") }),
    pictures: (grid) => local.pictures(grid).catch(() => python.pictures(grid)),
    sheet: (...request) => local.sheet(...request).catch(() => python.sheet(...request)),
    initialParameters: (...request) =>
      local.initialParameters(...request).catch(() => python.initialParameters(...request)),
  };
}

/** Handle keys pressed in the page, and suppress notebook shortcuts. Escape returns the focus to the notebook. */
function keepKeys(el: HTMLElement, signal: AbortSignal): void {
  const isForNotebook = (event: KeyboardEvent) => event.ctrlKey || event.metaKey; // such as Save
  const mark = (event: KeyboardEvent) => el.toggleAttribute("data-lm-suppress-shortcuts", !isForNotebook(event)); // read by JupyterLab
  addEventListener("keydown", mark, { capture: true, signal });
  const keep = (event: KeyboardEvent) => {
    if (!isForNotebook(event)) event.stopPropagation();
    if (event.key === "Escape") el.closest<HTMLElement>(".jp-Cell, [tabindex]:not([tabindex='-1'])")?.focus();
  };
  el.addEventListener("keydown", keep, { signal });
}

/** Hide the static snapshot, which is for notebooks without a live widget. */
function hideSnapshot(el: HTMLElement, name: string): void {
  const style = document.createElement("style");
  style.textContent = `.tinynet-${name}, .jp-OutputArea-child:has(> * .tinynet-${name}) { display: none }`;
  el.append(style);
}

export default { render };
