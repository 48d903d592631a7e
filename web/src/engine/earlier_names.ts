/** Names that earlier versions wrote into files and addresses. */

const NAMES: Record<string, string> = {
  answers: "target_names",
  final: "final_fraction",
  free: "unbounded",
  hold: "hold_fraction",
  start: "init",
};
const VALUES: Record<string, string> = { given: "external", hold: "hold_then_decay" };

/** Return a described record with today's names of its fields and choices. */
export function withPresentNames<T extends object | null | undefined>(data: T): T {
  if (data === null || data === undefined) return data;
  const renamed = Object.entries(data).map(([name, value]) => [
    NAMES[name] ?? name,
    typeof value === "string" ? (VALUES[value] ?? value) : value,
  ]);
  return Object.fromEntries(renamed) as T;
}
