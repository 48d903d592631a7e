/** Add the parts of a browser that jsdom lacks. */

import { Blob, File } from "node:buffer";
import { configure } from "@testing-library/svelte";

// defaultHidden : the search for hidden elements takes seconds in jsdom.
configure({ defaultHidden: true, asyncUtilTimeout: 10_000 });

Object.assign(globalThis, { Blob, File }); // the jsdom classes have no arrayBuffer()
globalThis.ResizeObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
globalThis.matchMedia = (media) =>
  ({ media, matches: false, addEventListener() {}, removeEventListener() {} }) as unknown as MediaQueryList;
Element.prototype.setPointerCapture = () => {};

/** Use the style of the element around a formula. MathML elements have no style in jsdom. */
const computedStyle = window.getComputedStyle;
window.getComputedStyle = (element) => computedStyle(element.closest("math")?.parentElement ?? element);
