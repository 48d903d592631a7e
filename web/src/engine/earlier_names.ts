/** Names that earlier versions wrote into files and addresses. */

const NAMES: Record<string, string> = {
  answers: "target_names",
  final: "final_fraction",
  free: "unbounded",
  hold: "hold_fraction",
  start: "init",
};
const STATE_NAMES: Record<string, string> = { own: "custom", stop: "phase" };
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

/** Return the seed in the description of a recording. Earlier versions wrote the seed only into the text `origin`. */
export function initialSeed({ seed, origin }: { seed?: number; origin?: string }): number | null {
  const earlier = /^seed (\d+)$/.exec(origin ?? "");
  return seed ?? (earlier && Number(earlier[1]));
}

/** Return the fields of an address with today's names, also those of its roots and branches. */
export function stateWithPresentNames(data: any): any {
  if (typeof data !== "object" || data === null) return data;
  const renamed = Object.entries<any>(data).map(([name, value]) => {
    if (["architecture", "recipe", "pictures", "heldOut"].includes(name)) return [name, withPresentNames(value)];
    if (["others", "branches"].includes(name) && Array.isArray(value)) return [name, value.map(stateWithPresentNames)];
    return [STATE_NAMES[name] ?? name, value];
  });
  return Object.fromEntries(renamed);
}
