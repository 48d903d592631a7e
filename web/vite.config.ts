import { readFileSync } from "node:fs";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { elementary } from "./elementary.ts";

const HERE = /["'`]@styles@["'`]/;
/** The tests that need a document. */
const IN_BROWSER = ["views/**/*", "host/*", "display/download", "mount"].map((name) => `tests/${name}.test.ts`);

/** Build the laboratory as one file, `lab.js`, with its styles as the text of `virtual:styles`. */
function oneFile(): Plugin {
  return {
    name: "one-file",
    resolveId: (id) => (id === "virtual:styles" ? "\0styles" : null),
    load(id) {
      const text = this.environment.mode === "build" ? "@styles@" : ""; // the development server adds the styles
      return id === "\0styles" ? `export default "${text}"` : null;
    },
    generateBundle(_, bundle) {
      let styles = "";
      for (const [name, file] of Object.entries(bundle)) {
        if (file.type !== "asset" || !name.endsWith(".css")) continue;
        styles += file.source;
        delete bundle[name];
      }
      for (const file of Object.values(bundle))
        if (file.type === "chunk") file.code = file.code.replace(HERE, () => JSON.stringify(styles));
      const page = readFileSync("index.html", "utf8").replace("/src/lab.ts", "./lab.js");
      this.emitFile({ type: "asset", fileName: "index.html", source: page });
    },
  };
}

export default defineConfig({
  plugins: [svelte(), elementary(), oneFile()],
  base: "./",
  build: {
    outDir: "../src/tinynet/page",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: "src/lab.ts",
      preserveEntrySignatures: "strict",
      checks: { bundlerTimings: false }, // a slow machine is no fault of the page
      output: { entryFileNames: "lab.js" },
    },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8765" } },
  test: {
    projects: [
      { extends: true, test: { name: "node", include: ["tests/**/*.test.ts"], exclude: IN_BROWSER } },
      {
        extends: true,
        resolve: { conditions: ["browser"] }, // Svelte for the browser, not for the server
        test: {
          name: "browser",
          include: IN_BROWSER,
          environment: "jsdom",
          testTimeout: 20_000,
          setupFiles: ["@testing-library/svelte/vitest", "tests/browser_setup.ts"],
        },
      },
    ],
  },
});
