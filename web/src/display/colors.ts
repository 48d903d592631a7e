/** Colors of numbers: orange above zero, blue below zero, gray for brightness. */

/** Return the opacity for a number, 1 at `top`. */
export function strength(value: number, top: number): number {
  return top > 0 && Number.isFinite(value) ? Math.min(1, Math.abs(value) / top) : 0;
}

export const hue = (value: number): string => (value >= 0 ? "var(--plus)" : "var(--minus)");

/** Return the gray for a brightness from 0 to 1. */
export function gray(value: number): string {
  const level = Math.round(255 * Math.min(1, Math.max(0, Number.isFinite(value) ? value : 0)));
  return `rgb(${level} ${level} ${level})`;
}

/** Return the text color that is readable on a gray. */
export const onGray = (value: number): string => (value > 0.45 ? "#000" : "#fff");

/** Resolve a CSS variable to a color, for drawing on a canvas. */
export function resolveColor(element: HTMLElement, name: string): string {
  const before = element.style.color;
  element.style.color = `var(${name})`;
  const color = getComputedStyle(element).color;
  element.style.color = before;
  return color;
}

/** Return the element that carries the theme: the document's root, or the host of the shadow root. */
export function themeElement(element: Element): HTMLElement {
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? (root.host as HTMLElement) : document.documentElement;
}

/** Call `act` when the theme changes. Return a function that stops it. */
export function onTheme(element: Element, act: () => void): () => void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const page = new MutationObserver(act);
  page.observe(themeElement(element), { attributeFilter: ["data-theme"] });
  system.addEventListener("change", act);
  return () => {
    page.disconnect();
    system.removeEventListener("change", act);
  };
}
