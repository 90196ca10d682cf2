import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** The browser's half: `client/` becomes `dist/`, which the server hands out as it is. */
export default defineConfig({
  root: here('./client'),
  base: '/',
  build: {
    outDir: here('./dist'),
    emptyOutDir: true,
    target: 'es2023',
    // Fonts stay files: as data URLs they would be fetched again by every page that changes its style sheet.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
})
