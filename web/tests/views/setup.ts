/** The parts of a browser that jsdom lacks. */

import { Blob, File } from "node:buffer";

Object.assign(globalThis, { Blob, File }); // those of jsdom have no arrayBuffer()
globalThis.ResizeObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
globalThis.matchMedia = (media) =>
  ({ media, matches: false, addEventListener() {}, removeEventListener() {} }) as unknown as MediaQueryList;
Element.prototype.setPointerCapture = () => {};

/** MathML elements have no style in jsdom: use that of the element around the formula. */
const computedStyle = window.getComputedStyle;
window.getComputedStyle = (element) => computedStyle(element.closest("math")?.parentElement ?? element);
