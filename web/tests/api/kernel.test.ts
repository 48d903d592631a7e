import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { GONE, isGone, Kernel, kernelApi, type Model, SILENT } from "../../src/api/kernel";

class Widget implements Model {
  sent: any[] = [];
  listeners: ((content: any, bytes: DataView[]) => void)[] = [];
  values: Record<string, unknown> = { model: "m" };
  send = (message: unknown) => void this.sent.push(message);
  get = (name: string) => this.values[name];
  set = (name: string, value: unknown) => void (this.values[name] = value);
  save_changes = () => {};
  on = (_: string, act: any) => void this.listeners.push(act);
  off = (_: string, act: any) => void (this.listeners = this.listeners.filter((one) => one !== act));
  constructor(readonly widget_manager?: any) {}
  receive(content: object, bytes: DataView[] = []) {
    for (const act of this.listeners) act({ id: this.sent[0].id, ...content }, bytes);
  }
}

const alive = async () => false;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a request to the kernel", () => {
  it("reports progress, then the result", async () => {
    const widget = new Widget();
    const seen: number[][] = [];
    const response = new Kernel(widget, alive).request("population", { networks: 9 }, (done, total) =>
      seen.push([done, total]),
    );
    expect(widget.sent[0]).toMatchObject({ request: "population", body: { networks: 9 } });
    widget.receive({ id: "other", result: 1 });
    widget.receive({ done: 0, total: 9 });
    widget.receive({ done: 4, total: 9 });
    widget.receive({ result: { networks: 9 } });
    expect(await response).toEqual({ networks: 9 });
    expect(seen).toEqual([[0, 0], [0, 9], [4, 9]]); // prettier-ignore
    expect(vi.getTimerCount()).toBe(0);
  });

  it("returns bytes", async () => {
    const widget = new Widget();
    const response = kernelApi(new Kernel(widget, alive)).recording({} as any);
    widget.receive({ result: null }, [new DataView(new Uint8Array([0, 1, 2, 3]).buffer, 1, 2)]);
    expect([...new Uint8Array(await response)]).toEqual([1, 2]);
  });

  it("fails with the message of the kernel", async () => {
    const widget = new Widget();
    const response = new Kernel(widget, alive).request("sheet");
    widget.receive({ error: "a recipe has no field 'rate'" });
    await expect(response).rejects.toThrow("a recipe has no field 'rate'");
  });

  it("can be cancelled", async () => {
    const widget = new Widget();
    const leave = new AbortController();
    const response = new Kernel(widget, alive).request("population", null, undefined, leave.signal);
    leave.abort();
    await expect(response).rejects.toThrow("abort");
    expect(widget.sent[1]).toEqual({ id: widget.sent[0].id, cancel: true });
  });

  it("waits for a busy kernel, and fails soon after the kernel stops", async () => {
    const widget = new Widget();
    let gone = false;
    const response = new Kernel(widget, async () => gone).request("learner").catch((error) => error.message);
    await vi.advanceTimersByTimeAsync(3_600_000);
    gone = true;
    await vi.advanceTimersByTimeAsync(1000);
    expect(await response).toBe(GONE);
  });

  it("fails immediately if nothing can be sent", async () => {
    const widget = new Widget();
    widget.send = () => {
      throw new Error("Cannot send");
    };
    await expect(new Kernel(widget, alive).request("about")).rejects.toThrow(GONE);
  });

  it("times out if the kernel state is unknown, unless the kernel has replied", async () => {
    const [silent, replying] = [new Widget(), new Widget()];
    const unknown = async () => undefined;
    const one = new Kernel(silent, unknown).request("about").catch((error) => error.message);
    let other = "waiting";
    void new Kernel(replying, unknown).request("about").catch(() => (other = "ended"));
    replying.receive({ done: 0, total: 0 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await one).toBe(SILENT);
    expect(other).toBe("waiting");
  });

  it("is not received by a closed view", () => {
    const widget = new Widget();
    new Kernel(widget, alive).close();
    expect(widget.listeners).toEqual([]);
  });
});

describe("a stopped kernel", () => {
  const manager = (kernel: object, comm_live = true) => ({ kernel, get_model: async () => ({ comm_live }) });
  it.each([
    [manager({ status: "idle", connectionStatus: "connected" }), false],
    [manager({ status: "busy" }), false],
    [manager({ status: "dead" }), true],
    [manager({ status: "autorestarting" }), true],
    [manager({ isDisposed: true }), true],
    [manager({ status: "idle", connectionStatus: "disconnected" }), true],
    [manager({ status: "idle" }, false), true], // restarted kernel
    [undefined, undefined],
  ])("is detected from the state of the notebook: case %#", async (widgets, expected) => {
    expect(await isGone(new Widget(widgets))).toBe(expected);
  });
});
