/** Keyboard shortcuts of the page. */

import type { Lab } from "../state/lab.svelte";

const SHORTCUTS: Record<string, (lab: Lab) => void> = {
  ArrowLeft: ({ playback }) => playback.stepBy(-1),
  ArrowRight: ({ playback }) => playback.stepBy(1),
  PageUp: ({ playback, run }) => playback.stepBy(-run!.perEpoch),
  PageDown: ({ playback, run }) => playback.stepBy(run!.perEpoch),
  Home: ({ playback }) => playback.rewind(),
  End: ({ playback }) => playback.goto(Infinity),
  ",": ({ playback }) => playback.stepByPhase(-1),
  ".": ({ playback }) => playback.stepByPhase(1),
  " ": ({ playback }) => playback.toggle(),
  b: (lab) => void lab.branch({}),
};

/** Run the shortcut of a key, unless the focused element uses the key. */
export function handleKey(event: KeyboardEvent, lab: Lab): void {
  const target = event.composedPath()[0] as HTMLElement; // also inside a shadow root
  const shortcut = SHORTCUTS[event.key];
  if (!shortcut || !lab.ready || event.ctrlKey || event.metaKey || event.altKey || usesKey(target, event.key)) return;
  event.preventDefault();
  shortcut(lab);
}

function usesKey(target: HTMLElement, key: string): boolean {
  if (target.closest("input, select, textarea")) return true;
  if (key === " ") return target.closest("button, summary, [role=button]") !== null;
  const around = target.closest(".scroll");
  return key.startsWith("Arrow") && around !== null && around.scrollWidth > around.clientWidth;
}
