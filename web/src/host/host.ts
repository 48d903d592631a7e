/** The environment of the page: address, theme, keys and files. */

export type Theme = "auto" | "light" | "dark";

export interface Host {
  /** Return the address of the first state; "" is the default state. */
  read(): string;
  /** Store the address of the current state. */
  write(address: string): void;
  /** Call `act` when the address changes from outside. Return a function that stops it. */
  follow?(act: () => void): () => void;
  /** Share an address and return a message to show. Without this method the page has no Share button. */
  share?(address: string): Promise<string>;
  /** Receive the current step and the open cell. */
  moved?(step: number, cell: string): void;
  theme: { read(): Theme; write(theme: Theme): void };
  alone: boolean; // the page owns its document, and handles all keys and all dropped files
  saves: boolean; // show the Save button
  opens: boolean; // show the Open button
}

/** The host of an element in another page. It has no address, and its theme is independent. */
export const guest: Host = {
  read: () => "",
  write: () => {},
  theme: { read: () => "auto", write: () => {} },
  alone: false,
  saves: true,
  opens: true,
};

let stored = "";

function write(address: string): void {
  stored = address;
  if (location.hash !== address)
    tryOrNull(() => history.replaceState(null, "", location.pathname + location.search + address));
}

/** Return null if the document has no history or storage, as in a sandbox. */
function tryOrNull<T>(act: () => T): T | null {
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

/** The host of a page that owns its document. */
export const browser: Host = {
  read: () => location.hash,
  write,
  follow(act) {
    const changed = () => location.hash !== stored && act();
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  },
  share: location.protocol.startsWith("http") ? share : undefined, // the address of a local file cannot be shared
  theme: {
    read: () => (tryOrNull(() => localStorage.getItem("theme")) ?? "auto") as Theme,
    write: (theme) => void tryOrNull(() => localStorage.setItem("theme", theme)),
  },
  alone: true,
  saves: true,
  opens: true,
};
