/** A notebook's kernel, which answers the page by messages where the server would by HTTP. */

import { Unreachable, type Needed, type Progress, type Python } from "./api";

/** What a widget is to its page: synchronized values, and messages to and from Python. */
export interface Model {
  get(name: string): any;
  set(name: string, value: unknown): void;
  save_changes(): void;
  send(content: unknown): void;
  on(event: string, act: (...given: any[]) => void): void;
  off(event: string, act: (...given: any[]) => void): void;
  widget_manager?: any;
}

interface Said {
  id: string;
  done?: number;
  total?: number;
  result?: unknown;
  error?: string;
}

interface Question {
  hear(said: Said, bytes: DataView[]): void;
}

export const GONE =
  "Python does not answer: the notebook's kernel is gone. This network stays alive; run the cell again to ask Python.";
export const SILENT =
  "Python has not answered yet: the notebook's kernel is busy, or gone. This network stays alive; try again.";
const LOOK = 500; // milliseconds between two looks at the kernel
const PATIENCE = 20_000; // with a kernel whose state nobody tells
const DEAD = ["dead", "terminating", "restarting", "autorestarting"];

/** Whether the kernel is gone; undefined where the notebook does not say. */
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
  private readonly open = new Map<string, Question>();
  private readonly listen = (said: Said, bytes: DataView[]) => this.open.get(said?.id)?.hear(said, bytes);
  private asked = 0;

  constructor(
    private readonly model: Model,
    private readonly gone = isGone,
  ) {
    model.on("msg:custom", this.listen);
  }

  close(): void {
    this.model.off("msg:custom", this.listen);
  }

  /** Send a message; false where there is nobody any more. */
  private tell(message: unknown): boolean {
    try {
      this.model.send(message);
      return true;
    } catch {
      return false;
    }
  }

  /** Ask Python; the answer is its JSON, or its bytes. */
  ask<T>(what: string, about: unknown = null, progress?: Progress, signal?: AbortSignal): Promise<T> {
    const id = `${Date.now()}.${this.asked++}.${Math.random()}`; // of all views of this widget
    const sent = performance.now();
    let heard = false;
    return new Promise<T>((resolve, reject) => {
      const end = (act: () => void) => {
        this.open.delete(id);
        clearInterval(looking);
        signal?.removeEventListener("abort", leave);
        act();
      };
      const leave = () => {
        this.tell({ id, cancel: true });
        end(() => reject(signal!.reason));
      };
      const look = async () => {
        const gone = await this.gone(this.model);
        if (!this.open.has(id)) return;
        if (gone) end(() => reject(new Unreachable(GONE)));
        else if (gone === undefined && !heard && performance.now() - sent > PATIENCE)
          end(() => reject(new Unreachable(SILENT)));
      };
      const looking = setInterval(look, LOOK);
      this.open.set(id, {
        hear(said, bytes) {
          heard = true;
          if (said.error !== undefined) end(() => reject(new Error(said.error)));
          else if ("result" in said) end(() => resolve((bytes?.length ? buffer(bytes[0]) : said.result) as T));
          else progress?.(said.done!, said.total!);
        },
      });
      signal?.addEventListener("abort", leave);
      progress?.(0, 0);
      if (signal?.aborted) leave();
      else if (!this.tell({ id, ask: what, about })) end(() => reject(new Unreachable(GONE)));
    });
  }
}

function buffer(view: DataView): ArrayBuffer {
  return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer;
}

/** All of the page's questions, put to the kernel. */
export function kernelApi(kernel: Kernel): Needed & Python {
  return {
    about: () => kernel.ask("about"),
    pictures: (grid) => kernel.ask("pictures", grid),
    sheet: (architecture, recipe, batch) => kernel.ask("sheet", { architecture, recipe, batch }),
    starts: async (architecture, first_seed, count) =>
      (await kernel.ask<{ starts: number[][] }>("starts", { architecture, first_seed, count })).starts,
    recording: (experiment) => kernel.ask("recording", experiment),
    check: (experiment) => kernel.ask("check", experiment),
    columns: (name, text) => kernel.ask("columns", { name, text }),
    table: (choice) => kernel.ask("table", choice),
    population: (question, progress, signal) => kernel.ask("population", question, progress, signal),
    story: (asked, progress, signal) => kernel.ask("story", asked, progress, signal),
    learner: () => kernel.ask("learner"),
    rung: (key, networks, progress, signal) => kernel.ask("rung", { key, networks }, progress, signal),
    bayes: async (pictures, world, signal) =>
      (await kernel.ask<{ answers: number[][] }>("bayes", { pictures, world }, undefined, signal)).answers,
  };
}
