// How the page is made: one script, one style sheet, no inline code (the server's Content-Security-Policy forbids it), and beside
// each file its .br and .gz, so that the station never compresses anything while it measures.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const out = "../../build/web";

function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    closeBundle() {
      for (const name of readdirSync(out, { recursive: true, encoding: "utf8" })) {
        if (!/\.(html|js|css|svg|json)$/.test(name)) continue;
        const bytes = readFileSync(join(out, name));
        writeFileSync(join(out, `${name}.gz`), gzipSync(bytes, { level: 9 }));
        writeFileSync(join(out, `${name}.br`), brotliCompressSync(bytes));
      }
    },
  };
}

export default defineConfig({
  base: "./",
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    outDir: out,
    emptyOutDir: true,
    target: "chrome74",
    cssTarget: "chrome74",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // `npm run dev` beside a running station; its address, where it is another one: CONSOLE=http://127.0.0.1:8080
  server: { proxy: { "/api": process.env.CONSOLE ?? "http://127.0.0.1:8080" } },
  plugins: [precompress()],
});
