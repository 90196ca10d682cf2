import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin, type UserConfig } from 'vite'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const shared = {
  root: here('./client'),
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
} satisfies UserConfig

/** The browser's half: `client/` becomes `dist/`, which the server hands out as it is. */
const pages: UserConfig = {
  ...shared,
  build: {
    outDir: here('./dist'),
    emptyOutDir: true,
    target: 'es2023',
    // Fonts stay files: as data URLs they would be fetched again by every page that changes its style sheet.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
  },
}

/** `--mode export`: the page of an exported deck as one script and one style sheet, fonts and all, which the export puts into a file. */
const exported: UserConfig = {
  ...shared,
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [oneFormatOfEachFont()],
  // Larger than all the rest: it comes as a script of its own, and only where a deck has diagrams.
  resolve: { alias: { mermaid: here('./client/slides/mermaid-beside.ts') } },
  build: {
    outDir: here('./dist/export'),
    emptyOutDir: true,
    target: 'es2023',
    lib: { entry: here('./client/export.ts'), formats: ['iife'], name: 'deckhand', fileName: () => 'export.js', cssFileName: 'export' },
  },
}

/** Every browser that can run the page reads WOFF2; both formats would double the file. */
function oneFormatOfEachFont(): Plugin {
  return {
    name: 'one-format-of-each-font',
    enforce: 'post',
    generateBundle: (_, bundle) => {
      for (const file of Object.values(bundle))
        if (file.type === 'asset' && file.fileName.endsWith('.css'))
          file.source = file.source.toString().replace(/,\s*url\(data:font\/woff;base64,[^)]*\)\s*format\("woff"\)/g, '')
    },
  }
}

export default defineConfig(({ mode }) => (mode === 'export' ? exported : pages))
