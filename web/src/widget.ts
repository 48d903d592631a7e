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
  const place = document.createElement("div");
  place.style.cssText = LOOK;
  const root = place.attachShadow({ mode: "open" });
  const inside = document.createElement("div");
  const layout = new CSSStyleSheet();
  layout.replaceSync(LAYOUT);
  root.adoptedStyleSheets = [layout];
  root.append(inside);
  el.append(place);
  const off = new AbortController();
  const kernel = new Kernel(model);
  let mounted: Mounted | undefined;
  let ready = false;
  let chosen: Theme = "auto";

  const dress = () => {
    if (chosen === "auto") place.dataset.theme = notebookTheme(el);
  };
  const follow = () => {
    const { lab } = mounted!;
    const step = model.get("step");
    if (lab.run && step < lab.run.setup.firstStep) lab.rewind(); // it is before this branch
    mounted!.open(model.get("cell"));
    mounted!.goto(step);
  };
  const host: Host = {
    read: () => "",
    write: () => {},
    moved(step, cell) {
      if (!ready) {
        ready = true;
        return follow(); // Python may have moved on meanwhile
      }
      model.set("step", step);
      model.set("cell", cell);
      model.save_changes();
    },
    theme: {
      read: () => chosen,
      write(theme) {
        chosen = theme;
        dress();
      },
    },
    alone: false,
    saves: true,
    opens: true,
  };
  mounted = mountLab(inside, { api: apiOf(model, kernel), host });
  model.on("change:step", follow);
  model.on("change:cell", follow);
  onNotebookTheme(dress, off.signal);
  keepKeys(el, off.signal);
  hideSnapshot(el, model.get("model"));
  return () => {
    off.abort();
    kernel.close();
    model.off("change:step", follow);
    model.off("change:cell", follow);
    void mounted?.destroy();
  };
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
  const mark = (event: KeyboardEvent) =>
    el.toggleAttribute("data-lm-suppress-shortcuts", !(event.ctrlKey || event.metaKey)); // JupyterLab's own word
  addEventListener("keydown", mark, { capture: true, signal });
  const keep = (event: KeyboardEvent) => {
    event.stopPropagation();
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
