/** `virtual:elementary`: the functions of src/tinynet/elementary.py, printed as JavaScript. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { normalizePath, type Plugin } from "vite";

const here = (path: string) => normalizePath(fileURLToPath(new URL(path, import.meta.url)));
const SOURCE = here("../src/tinynet/elementary.py");
const PRIMITIVES = here("./src/core/primitives.ts");
const FORMULA = /^(?:\w+(?:\.\d+)?(?:e-\d+)?|==|[-+(),<>]|[*/](?![*/])| )+$/; // what Python and JavaScript read alike

/** Print elementary.py as a module. A statement that is not understood is an error with the number of its line. */
export function printed(python: string): string {
  const bare = python.replace(/^ *"""[^]*?"""$/gm, (text) => text.replace(/.+/g, "")).replace(/ *#.*$/gm, "");
  const lines: string[] = [];
  let [statement, first, inside] = ["", 0, false];
  bare.split("\n").forEach((line, k) => {
    if (statement === "") first = k + 1;
    statement += statement && line.trim() ? ` ${line.trim()}` : line;
    if (statement.trim() === "" || statement.split("(").length > statement.split(")").length) return;
    const js = translated(statement, inside);
    if (js === null) throw new Error(`elementary.py, line ${first}: JavaScript has no such statement: ${statement}`);
    inside = statement.startsWith("def ") || (inside && !statement.startsWith("    return "));
    lines.push(js);
    statement = "";
  });
  return lines.join("\n");
}

function translated(statement: string, inside: boolean): string | null {
  const read = (form: RegExp) => form.exec(statement)?.slice(1);
  const [names] = read(/^from tinynet\.primitives import ([\w, ]+)$/) ?? [];
  if (names) return inside ? null : `import { ${names} } from ${JSON.stringify(PRIMITIVES)};`;
  const [name, parameters] = read(/^def (\w+)\(((?:\s*\w+: float,?)+)\s*\) -> float:$/) ?? [];
  if (name) return inside ? null : `export function ${name}(${parameters.replaceAll(": float", "")}) {`;
  const [indent, cell, formula] = read(/^( {4})?(?:(\w+) =|return) (.+)$/) ?? [];
  if (!formula || !FORMULA.test(formula) || Boolean(indent) !== inside || !(indent || cell)) return null;
  return cell ? `const ${cell} = ${formula};` : `return ${formula}; }`;
}

export function elementary(): Plugin {
  return {
    name: "elementary",
    resolveId: (id) => (id === "virtual:elementary" ? "\0elementary" : null),
    load(id) {
      if (id !== "\0elementary") return null;
      this.addWatchFile(SOURCE);
      return printed(readFileSync(SOURCE, "utf8"));
    },
  };
}
