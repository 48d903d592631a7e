import { afterEach, describe, expect, it } from "vitest";
import { notebookTheme } from "../../src/host/notebook_theme";

afterEach(() => document.body.removeAttribute("data-jp-theme-light"));

describe("the theme of a notebook", () => {
  const place = (html: string) => {
    document.body.innerHTML = html;
    return document.querySelector("p")!;
  };
  it("is that of JupyterLab", () => {
    document.body.dataset.jpThemeLight = "false";
    expect(notebookTheme(place("<p></p>"))).toBe("dark");
    document.body.dataset.jpThemeLight = "true";
    expect(notebookTheme(place("<p></p>"))).toBe("light");
  });
  it("is that of the nearest opaque background", () => {
    const nested = (inner: string) =>
      place(
        `<div style="background-color: rgb(20, 20, 20)"><div style="background-color: ${inner}"><p></p></div></div>`,
      );
    expect(notebookTheme(nested("rgb(250, 250, 240)"))).toBe("light");
    expect(notebookTheme(nested("rgba(250, 250, 240, 0.2)"))).toBe("dark");
  });
  it("is that of the system without a background", () => {
    expect(notebookTheme(place("<p></p>"))).toBe("light");
  });
});
