/** Detect the theme of the notebook around the page. */

const MIDDLE = 128; // brightness, 0 to 255
const DELAYS = [0, 100, 1000]; // milliseconds: style sheets load after the attributes change

/** Return JupyterLab's own theme, or the theme of the nearest painted background. */
export function notebookTheme(element: Element): "light" | "dark" {
  const isLight = document.body.dataset.jpThemeLight;
  if (isLight) return isLight === "true" ? "light" : "dark";
  for (let at: Element | null = element; at; at = at.parentElement) {
    const [r, g, b, opacity = 1] = (getComputedStyle(at).backgroundColor.match(/[\d.]+/g) ?? []).map(Number);
    if (opacity > 0.5 && r !== undefined) return 0.299 * r + 0.587 * g + 0.114 * b < MIDDLE ? "dark" : "light";
  }
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** Call `act` when the notebook may have changed its theme. */
export function onNotebookTheme(act: () => void, signal: AbortSignal): void {
  const later = () => DELAYS.forEach((wait) => setTimeout(act, wait));
  const observer = new MutationObserver(later);
  const filter = { attributes: true };
  observer.observe(document.documentElement, filter);
  observer.observe(document.body, filter);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", later, { signal });
  signal.addEventListener("abort", () => observer.disconnect());
}
