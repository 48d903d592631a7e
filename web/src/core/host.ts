/** Where the page lives: its one way to its surroundings, besides the `Api` that answers it. */

export type Theme = "auto" | "light" | "dark";

export interface Host {
  /** The state that the page begins with, as an address; "" is the plain start. */
  read(): string;
  /** Keep the address of the present state. */
  write(address: string): void;
  /** Act whenever somebody else has changed the address; what is returned ends it. */
  follow?(act: () => void): () => void;
  /** Hand an address on; the sentence that comes back is shown. Without it the page has no Share. */
  share?(address: string): Promise<string>;
  /** Be told where the page stands: after how many nudges, and which cell is open. */
  moved?(step: number, cell: string): void;
  theme: { read(): Theme; write(theme: Theme): void };
  alone: boolean; // in its document, so that it hears all keys and takes all files that are dropped
  saves: boolean; // whether there is a Save
  opens: boolean; // and an Open
}

/** An element among others: it has no address and keeps its theme to itself. */
export const guest: Host = {
  read: () => "",
  write: () => {},
  theme: { read: () => "auto", write: () => {} },
  alone: false,
  saves: true,
  opens: true,
};

let written = "";

function write(address: string): void {
  written = address;
  if (location.hash !== address) possibly(() => history.replaceState(null, "", location.pathname + address));
}

/** A document in a sandbox may have no history or storage; what would be kept there is let go. */
function possibly<T>(act: () => T): T | null {
  try {
    return act();
  } catch {
    return null;
  }
}

async function share(address: string): Promise<string> {
  write(address);
  try {
    await navigator.clipboard.writeText(location.href);
    return "The link is copied.";
  } catch {
    return "The link is in the address bar.";
  }
}

/** A page of its own, which owns its document. */
export const browser: Host = {
  read: () => location.hash,
  write,
  follow(act) {
    const changed = () => location.hash !== written && act();
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  },
  share: location.protocol.startsWith("http") ? share : undefined, // a file's address leads nobody else to it
  theme: {
    read: () => (possibly(() => localStorage.getItem("theme")) ?? "auto") as Theme,
    write: (theme) => void possibly(() => localStorage.setItem("theme", theme)),
  },
  alone: true,
  saves: true,
  opens: true,
};
