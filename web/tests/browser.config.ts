/** Build browser.ts as the page is built. */

import { defineConfig } from "vite";
import { elementary } from "../elementary.ts";

export default defineConfig({
  plugins: [elementary()],
  publicDir: false,
  build: {
    target: "es2022",
    modulePreload: false,
    rolldownOptions: { input: "tests/browser.ts", output: { entryFileNames: "browser.js" } },
  },
});
