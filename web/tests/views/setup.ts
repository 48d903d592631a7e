/** The parts of a browser that jsdom lacks. */

globalThis.ResizeObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
globalThis.matchMedia = (media) =>
  ({ media, matches: false, addEventListener() {}, removeEventListener() {} }) as unknown as MediaQueryList;
Element.prototype.setPointerCapture = () => {};

/** MathML elements have no style in jsdom: use that of the element around the formula. */
const { getComputedStyle } = window;
window.getComputedStyle = (element) => getComputedStyle(element.closest("math")?.parentElement ?? element);
