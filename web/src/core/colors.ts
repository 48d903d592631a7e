/** Colors of numbers: orange above zero, blue below, gray for brightness. */

/** How far a number is on the way to `top`, as the strength of a color. */
export function strength(value: number, top: number): number {
  return top > 0 && Number.isFinite(value) ? Math.min(1, Math.abs(value) / top) : 0;
}

export const hue = (value: number): string => (value >= 0 ? "var(--plus)" : "var(--minus)");

/** The gray of a brightness from 0 to 1. */
export function gray(value: number): string {
  const level = Math.round(255 * Math.min(1, Math.max(0, Number.isFinite(value) ? value : 0)));
  return `rgb(${level} ${level} ${level})`;
}

/** Black or white, whichever reads better on that gray. */
export const onGray = (value: number): string => (value > 0.45 ? "#000" : "#fff");

/** A color of the style sheet as it is where this element stands, for a canvas. */
export function resolved(element: HTMLElement, name: string): string {
  const before = element.style.color;
  element.style.color = `var(${name})`;
  const found = getComputedStyle(element).color;
  element.style.color = before;
  return found;
}

/** What carries the theme of an element's page: the document's root, or what its shadow root stands in. */
export function themed(element: Element): HTMLElement {
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? (root.host as HTMLElement) : document.documentElement;
}

/** Act whenever the colors of an element's page turn light or dark; what is returned ends it. */
export function onTheme(element: Element, act: () => void): () => void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const page = new MutationObserver(act);
  page.observe(themed(element), { attributeFilter: ["data-theme"] });
  system.addEventListener("change", act);
  return () => {
    page.disconnect();
    system.removeEventListener("change", act);
  };
}
