/** The notebook around the page: whether it is light or dark. */

const MIDDLE = 128; // of a color's brightness, 0 to 255
const LATER = [0, 100, 1000]; // milliseconds: style sheets come some time after their attributes

/** What JupyterLab says of itself, and elsewhere the nearest painted background around an element. */
export function notebookTheme(element: Element): "light" | "dark" {
  const said = document.body.dataset.jpThemeLight;
  if (said) return said === "true" ? "light" : "dark";
  for (let at: Element | null = element; at; at = at.parentElement) {
    const [r, g, b, opacity = 1] = (getComputedStyle(at).backgroundColor.match(/[\d.]+/g) ?? []).map(Number);
    if (opacity > 0.5 && r !== undefined) return 0.299 * r + 0.587 * g + 0.114 * b < MIDDLE ? "dark" : "light";
  }
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** Act whenever the notebook may have changed its theme. */
export function onNotebookTheme(act: () => void, signal: AbortSignal): void {
  const later = () => LATER.forEach((wait) => setTimeout(act, wait));
  const seen = new MutationObserver(later);
  const filter = { attributes: true };
  seen.observe(document.documentElement, filter);
  seen.observe(document.body, filter);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", later, { signal });
  signal.addEventListener("abort", () => seen.disconnect());
}
