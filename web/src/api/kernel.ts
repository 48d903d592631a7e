/** Requests to a notebook's kernel by messages. */

import { type Progress, type PythonApi, type RequiredApi, UnreachableError } from "./api";
import { failureError } from "./failure";

/** The model of a widget: synchronized values, and messages to and from Python. */
export interface Model {
  get(name: string): any;
  set(name: string, value: unknown): void;
  save_changes(): void;
  send(content: unknown): void;
  on(event: string, act: (...given: any[]) => void): void;
  off(event: string, act: (...given: any[]) => void): void;
  widget_manager?: any;
}

interface KernelMessage {
  id: string;
  done?: number;
  total?: number;
  result?: unknown;
  error?: string;
  template?: string;
}

interface Pending {
  receive(message: KernelMessage, bytes: DataView[]): void;
}

export const GONE =
  "Python does not respond. The notebook's kernel has stopped. The current network still works. Run the cell again.";
export const SILENT =
  "Python has not responded yet. The notebook's kernel is busy or has stopped. The current network still works. Try again.";
const POLL_INTERVAL = 500; // milliseconds
const TIMEOUT = 20_000; // milliseconds, if the notebook does not report the state of the kernel
const DEAD = ["dead", "terminating", "restarting", "autorestarting"];

/** Whether the kernel has stopped; undefined if the notebook does not report the kernel's state. */
export async function isGone(model: Model): Promise<boolean | undefined> {
  const manager = model.widget_manager;
  const kernel = manager?.kernel;
  if (kernel?.isDisposed || DEAD.includes(kernel?.status) || kernel?.connectionStatus === "disconnected") return true;
  try {
    return !(await manager.get_model(model.get("model"))).comm_live;
  } catch {
    return undefined;
  }
}

export class Kernel {
  private readonly pending = new Map<string, Pending>();
  private readonly listen = (message: KernelMessage, bytes: DataView[]) =>
    this.pending.get(message?.id)?.receive(message, bytes);
  private requests = 0;

  constructor(
    private readonly model: Model,
    private readonly gone = isGone,
  ) {
    model.on("msg:custom", this.listen);
  }

  close(): void {
    this.model.off("msg:custom", this.listen);
  }

  /** Send a message. Return false if the connection is closed. */
  private send(message: unknown): boolean {
    try {
      this.model.send(message);
      return true;
    } catch {
      return false;
    }
  }

  /** Send a request to Python. The response is JSON or bytes. */
  request<T>(name: string, body: unknown = null, progress?: Progress, signal?: AbortSignal): Promise<T> {
    const id = `${Date.now()}.${this.requests++}.${Math.random()}`; // unique among all views of this widget
    const sent = performance.now();
    let responded = false;
    return new Promise<T>((resolve, reject) => {
      const end = (settle: () => void) => {
        this.pending.delete(id);
        clearInterval(polling);
        signal?.removeEventListener("abort", cancel);
        settle();
      };
      const cancel = () => {
        this.send({ id, cancel: true });
        end(() => reject(signal!.reason));
      };
      const poll = async () => {
        const gone = await this.gone(this.model);
        if (!this.pending.has(id)) return;
        if (gone) end(() => reject(new UnreachableError(GONE)));
        else if (gone === undefined && !responded && performance.now() - sent > TIMEOUT)
          end(() => reject(new UnreachableError(SILENT)));
      };
      const polling = setInterval(poll, POLL_INTERVAL);
      this.pending.set(id, {
        receive(message, bytes) {
          responded = true;
          if (message.error !== undefined) end(() => reject(failureError({ ...message, error: message.error! })));
          else if ("result" in message) end(() => resolve((bytes?.length ? buffer(bytes[0]) : message.result) as T));
          else progress?.(message.done!, message.total!);
        },
      });
      signal?.addEventListener("abort", cancel);
      progress?.(0, 0);
      if (signal?.aborted) cancel();
      else if (!this.send({ id, request: name, body })) end(() => reject(new UnreachableError(GONE)));
    });
  }
}

function buffer(view: DataView): ArrayBuffer {
  return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer;
}

/** Return an Api that sends its requests to the kernel. */
export function kernelApi(kernel: Kernel): RequiredApi & PythonApi {
  return {
    about: () => kernel.request("about"),
    pictures: (grid) => kernel.request("pictures", grid),
    sheet: (architecture, recipe, batch) => kernel.request("sheet", { architecture, recipe, batch }),
    initialParameters: async (architecture, first_seed, count) =>
      (
        await kernel.request<{ initial_parameters: number[][] }>("initial_parameters", {
          architecture,
          first_seed,
          count,
        })
      ).initial_parameters,
    recording: (experiment) => kernel.request("recording", experiment),
    check: (experiment) => kernel.request("check", experiment),
    columns: (name, text, dialect) => kernel.request("columns", { name, text, ...dialect }),
    table: (choice) => kernel.request("table", choice),
    population: (body, progress, signal) => kernel.request("population", body, progress, signal),
    story: (body, progress, signal) => kernel.request("story", body, progress, signal),
    learner: () => kernel.request("learner"),
    rung: (key, networks, progress, signal) => kernel.request("rung", { key, networks }, progress, signal),
    bayes: async (pictures, world, signal) =>
      (await kernel.request<{ outputs: number[][] }>("bayes", { pictures, world }, undefined, signal)).outputs,
  };
}
