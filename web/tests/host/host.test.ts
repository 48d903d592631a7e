import { afterEach, describe, expect, it, vi } from "vitest";
import { browser } from "../../src/host/host";

afterEach(() => {
  history.replaceState(null, "", "/");
  vi.restoreAllMocks();
});

describe("the host of a standalone page", () => {
  it("stores its state in the address, without a new history entry", () => {
    const { length } = history;
    browser.write("#1.abc");
    expect([browser.read(), history.length]).toEqual(["#1.abc", length]);
  });

  it("keeps the token of the server in the address", () => {
    history.replaceState(null, "", "/?token=secret");
    browser.write("#1.abc");
    expect(location.href).toMatch(/\/\?token=secret#1\.abc$/);
  });

  it("follows changes of the address from outside only", () => {
    const act = vi.fn();
    const stop = browser.follow!(act);
    browser.write("#1.own");
    dispatchEvent(new Event("hashchange"));
    expect(act).not.toHaveBeenCalled();
    history.replaceState(null, "", "#1.other");
    dispatchEvent(new Event("hashchange"));
    expect(act).toHaveBeenCalledTimes(1);
    stop();
    dispatchEvent(new Event("hashchange"));
    expect(act).toHaveBeenCalledTimes(1);
  });

  it("copies the link, or leaves it in the address bar", async () => {
    const writeText = vi.fn(async () => {});
    vi.stubGlobal("navigator", { clipboard: { writeText } });
    expect(await browser.share!("#1.x")).toBe("The link is copied.");
    expect(writeText).toHaveBeenCalledWith(location.href);
    writeText.mockRejectedValueOnce(new Error("not allowed"));
    expect(await browser.share!("#1.y")).toBe("The link is in the address bar.");
    vi.unstubAllGlobals();
  });

  it("stores its theme if the browser allows it", () => {
    browser.theme.write("dark");
    expect(browser.theme.read()).toBe("dark");
    vi.spyOn(Storage.prototype, "getItem").mockImplementation(() => {
      throw new Error("a sandbox");
    });
    expect(browser.theme.read()).toBe("auto");
  });
});
