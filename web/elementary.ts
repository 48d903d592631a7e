/** Serve `virtual:elementary`: the functions of src/tinynet/numerics/elementary.py, translated to JavaScript. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { normalizePath, type Plugin } from "vite";

const here = (path: string) => normalizePath(fileURLToPath(new URL(path, import.meta.url)));
const SOURCE = here("../src/tinynet/numerics/elementary.py");
const PRIMITIVES = here("./src/engine/primitives.ts");
const SHARED_SYNTAX = /\w+(?:\.\d+)?(?:e-\d+)?|==|[-+(),<>]|[*/](?![*/])| /g; // the same in Python and JavaScript

/** Translate elementary.py to a JavaScript module. Throws with the line number of an unknown statement. */
export function translate(python: string): string {
  const bare = python.replace(/^ *"""[^]*?"""$/gm, (text) => text.replace(/.+/g, "")).replace(/ *#.*$/gm, "");
  const lines: string[] = [];
  let [statement, first, inside] = ["", 0, false];
  bare.split("\n").forEach((line, k, { length }) => {
    if (statement === "") first = k + 1;
    statement += statement && line.trim() ? ` ${line.trim()}` : line;
    const open = statement.split("(").length > statement.split(")").length; // continues in the next line
    if (statement === "" || (open && k < length - 1)) return;
    const js = translateStatement(statement, inside);
    if (js === null) throw new Error(`elementary.py, line ${first}: JavaScript has no such statement: ${statement}`);
    inside = statement.startsWith("def ") || (inside && !statement.startsWith("    return "));
    lines.push(js);
    statement = "";
  });
  return lines.join("\n");
}

/** Translate one statement, joined to one line. Return null if it is unknown. */
function translateStatement(statement: string, inside: boolean): string | null {
  const read = (form: RegExp) => form.exec(statement)?.slice(1) ?? [];
  const [names] = read(/^from tinynet\.numerics\.primitives import ([\w, ]+)$/);
  if (names && !inside) return `import { ${names} } from ${JSON.stringify(PRIMITIVES)};`;
  const [name, parameters] = read(/^def (\w+)\(((?: ?\w+: float,?)+) ?\) -> float:$/);
  if (name && !inside) return `export function ${name}(${parameters.replaceAll(": float", "")}) {`;
  const [indent, cell, formula] = read(/^( {4})?(?:(\w+) =|return) (.+)$/);
  if (!formula || !(indent || cell) || Boolean(indent) !== inside) return null;
  if (formula.replace(SHARED_SYNTAX, "") !== "" || /\w \w|\($/.test(formula)) return null;
  return cell ? `const ${cell} = ${formula};` : `return ${formula}; }`;
}

export function elementary(): Plugin {
  return {
    name: "elementary",
    resolveId: (id) => (id === "virtual:elementary" ? "\0elementary" : null),
    load(id) {
      if (id !== "\0elementary") return null;
      this.addWatchFile(SOURCE);
      return translate(readFileSync(SOURCE, "utf8"));
    },
  };
}
