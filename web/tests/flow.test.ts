/** Check the imports of the page: no circle between files, and no import from a later folder. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const SRC = fileURLToPath(new URL("../src", import.meta.url));
/** The folders of src. Each imports only from itself and from earlier folders. */
const FOLDERS = [
  "types.ts", "engine", "display", "api", "host", "state",
  "views/parts", "views/panels", "views/learner", "views", "mount.ts", "widget.ts", "lab.ts",
]; // prettier-ignore

type Graph = Map<string, string[]>;

/** Return the paths that a source imports: of values and types, static and dynamic. */
function importsOf(name: string, source: string): string[] {
  const scripts = name.endsWith(".svelte") ? [...source.matchAll(/<script[^>]*>([^]*?)<\/script>/g)] : [[, source]];
  return scripts.flatMap(([, script]) =>
    ts.preProcessFile(script!, true, true).importedFiles.map((one) => one.fileName),
  );
}

/** Return the files that each file imports. Packages and virtual modules are omitted. */
function graphOf(sources: Record<string, string>): Graph {
  const find = (path: string) =>
    [path, `${path}.ts`].find((file) => file in sources) ?? (path.endsWith(".css") ? null : path);
  return new Map(
    Object.entries(sources).map(([name, source]) => {
      const paths = importsOf(name, source).filter((path) => path.startsWith("."));
      const files = paths.map((path) => find(posix.join(posix.dirname(name), path)));
      return [name, files.filter((file): file is string => file !== null && file !== name)]; // a recursive component imports itself
    }),
  );
}

/** Return a circle of imports, or null. */
function circleIn(graph: Graph): string[] | null {
  const done = new Set<string>();
  const visit = (file: string, path: string[]): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return null;
    for (const next of graph.get(file) ?? []) {
      const circle = visit(next, [...path, file]);
      if (circle) return circle;
    }
    done.add(file);
    return null;
  };
  for (const file of graph.keys()) {
    const circle = visit(file, []);
    if (circle) return circle;
  }
  return null;
}

const folderOf = (file: string): number =>
  FOLDERS.indexOf(FOLDERS.includes(file) ? file : dirname(file).replaceAll("\\", "/"));

/** Return the imports from a later folder. */
const upwardIn = (graph: Graph): string[] =>
  [...graph].flatMap(([file, imported]) =>
    imported.filter((other) => folderOf(other) > folderOf(file)).map((other) => `${file} imports ${other}`),
  );

const names = readdirSync(SRC, { recursive: true, encoding: "utf-8" }).map((name) => name.replaceAll("\\", "/"));
const sources = Object.fromEntries(
  names
    .filter((name) => /(?<!\.d)\.(ts|svelte)$/.test(name))
    .map((name) => [name, readFileSync(join(SRC, name), "utf-8")]),
);
const graph = graphOf(sources);

describe("the page's imports", () => {
  it("point to existing files, and every file is imported", () => {
    const imported = [...graph.values()].flat();
    expect(imported.filter((file) => !graph.has(file))).toEqual([]);
    const unused = [...graph.keys()].filter((file) => !imported.includes(file)).sort();
    expect(unused).toEqual(["engine/primitives.ts", "lab.ts"]); // elementary.ts imports the first one
  });
  it("have no circle", () => expect(circleIn(graph)).toBeNull());
  it("point to the same folder or an earlier one", () => {
    expect([...graph.keys()].filter((file) => folderOf(file) < 0)).toEqual([]);
    expect(upwardIn(graph)).toEqual([]);
  });
  it("do not occur in types.ts", () => expect(graph.get("types.ts")).toEqual([]));
});

describe("the check of imports", () => {
  const broken = graphOf({
    "engine/a.ts": 'import { b } from "./b";\nimport "../app.css";\nimport { mount } from "svelte";',
    "engine/b.ts": 'const later = () => import("./c");',
    "engine/c.ts": 'export { a } from "./a";\nimport type { S } from "../state/s";',
    "state/s.ts": "",
    "views/V.svelte":
      '<script module lang="ts">\n  import V from "./V.svelte";\n  import { s } from "../state/s";\n</script>\n<p>import x from "./x"</p>',
  });
  it("finds imports of values and types, re-exports and dynamic imports", () => {
    expect([...broken.values()]).toEqual([["engine/b.ts"], ["engine/c.ts"], ["engine/a.ts", "state/s.ts"], [], ["state/s.ts"]]); // prettier-ignore
  });
  it("finds a circle and an import from a later folder", () => {
    expect(circleIn(broken)).toEqual(["engine/a.ts", "engine/b.ts", "engine/c.ts", "engine/a.ts"]);
    expect(upwardIn(broken)).toEqual(["engine/c.ts imports state/s.ts"]);
  });
});
