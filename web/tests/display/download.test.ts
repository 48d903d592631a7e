import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { download, saveTable } from "../../src/display/download";

let saved: { name: string; type: string; text: Promise<string> }[] = [];
beforeEach(() => {
  let last: Blob;
  URL.createObjectURL = (blob) => ((last = blob as Blob), "blob:it");
  URL.revokeObjectURL = () => {};
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    saved.push({ name: this.download, type: last.type, text: last.text() });
  });
});
afterEach(() => {
  saved = [];
  vi.restoreAllMocks();
});

describe("a saved file", () => {
  it("is a table as CSV, with quotes if a cell needs them", async () => {
    saveTable([["name", "value"], ['a "b", c', 0.1], ["two\nlines", -1]], "answers"); // prettier-ignore
    expect([saved[0].name, saved[0].type]).toEqual(["answers.csv", "text/csv"]);
    expect(await saved[0].text).toBe('name,value\r\n"a ""b"", c",0.1\r\n"two\nlines",-1\r\n');
  });

  it("has no cell that a spreadsheet runs as a formula", async () => {
    saveTable([["=1+1", "+cmd", "-x", "@a", "\tb", "-0.5", "a=1"], [-0.5, 1e-7, 0, 1, 2, 3, 4]], "x"); // prettier-ignore
    expect(await saved[0].text).toBe("'=1+1,'+cmd,'-x,'@a,'\tb,-0.5,a=1\r\n-0.5,1e-7,0,1,2,3,4\r\n");
  });

  it("is a drawing as SVG with its own styles and without those of the page", async () => {
    document.body.innerHTML = `<section style="background-color: red"><svg viewBox="0 0 30 20"><g class="x" tabindex="0"><text style="fill: blue">a</text></g></svg></section>`;
    const drawing = document.querySelector("svg")!;
    Object.defineProperty(drawing, "viewBox", { value: { baseVal: { width: 30, height: 20 } } });
    await download(drawing, "network", "svg");
    const text = await saved[0].text;
    expect(saved[0].name).toBe("network.svg");
    expect(text).toMatch(/^<svg [^>]*width="30" height="20"/);
    expect(text).toMatch(/<rect width="100%" height="100%" fill="(red|rgb\(255, 0, 0\))"\/>/);
    expect(text).toMatch(/<text fill="(blue|rgb\(0, 0, 255\))"/);
    expect(text).toContain("paint-order=");
    expect(text).not.toMatch(/class=|style=|tabindex=/);
  });

  it("is not made without a drawing", async () => {
    await download(undefined, "network", "svg");
    expect(saved).toEqual([]);
  });
});
